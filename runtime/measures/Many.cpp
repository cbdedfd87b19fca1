// Measures by name, and of many pairs of trains at once.
#include <algorithm>
#include <array>
#include <cstring>

#include "measures/Measures.h"
#include "support/Parallel.h"

namespace rheo::measures {
namespace {

using O = const Options&;
constexpr std::array kMeasures{
    Measure{"victor_purpura", [](Train a, Train b, O o) { return victorPurpura(a, b, o.cost); }, 0, false},
    Measure{"van_rossum", [](Train a, Train b, O o) { return vanRossum(a, b, o.tau); }, 0, false},
    Measure{"isi_distance", [](Train a, Train b, O o) { return isiDistance(a, b, o.window); }, 0, true},
    Measure{"spike_distance", [](Train a, Train b, O o) { return spikeDistance(a, b, o.window); }, 0, true},
    Measure{"spike_synchronisation",
            [](Train a, Train b, O o) { return spikeSynchronisation(a, b, o.window); }, 1, true},
    Measure{"coincidence", [](Train a, Train b, O o) { return coincidence(a, b, o.within); }, 1, false},
    Measure{"hamming", [](Train a, Train b, O) { return hamming(a, b); }, 0, false},
};

constexpr std::int64_t kShare = 1 << 16;  // cells or spikes that are worth a thread
constexpr std::int64_t kBlock = 64;       // neurons that are turned into trains together

using Times = std::array<std::vector<double>, kBlock>;

// The spikes of `count` neurons from `first` on, in one sample; reads 8 cells at a time where all are 0.
void trainsOf(const Raster& raster, std::int64_t sample, std::int64_t first, std::int64_t count, double dt,
              Times& times) {
  for (std::vector<double>& train : times) train.clear();
  const std::uint8_t* row = raster.cells.data() + sample * raster.steps * raster.neurons + first;
  for (std::int64_t t = 0; t < raster.steps; ++t, row += raster.neurons) {
    for (std::int64_t k = 0; k < count; ++k) {
      std::uint64_t eight = 1;
      if (k + 8 <= count) std::memcpy(&eight, row + k, 8);
      if (eight == 0)
        k += 7;
      else if (row[k])
        times[k].push_back(static_cast<double>(t) * dt);
    }
  }
}

bool equalTrains(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

std::span<const Measure> allMeasures() { return kMeasures; }

const Measure* findMeasure(std::string_view name) {
  const auto found =
      std::find_if(kMeasures.begin(), kMeasures.end(), [&](const Measure& m) { return m.name == name; });
  return found == kMeasures.end() ? nullptr : &*found;
}

void ofTrains(const Measure& measure, const Trains& a, const Trains& b, const Options& options, int threads,
              std::span<double> result) {
  const auto work = static_cast<std::int64_t>(a.times.size() + b.times.size());
  inParallel(threadsFor(work, kShare, threads), result.size(),
             [&](std::size_t i) { result[i] = measure.of(a[i], b[i], options); });
}

std::vector<std::vector<double>> ofRasters(std::span<const Measure* const> measures, const Raster& a,
                                           const Raster& b, double dt, Options options, int threads) {
  options.window = {0, static_cast<double>(a.steps) * dt};
  std::vector<std::vector<double>> result;
  for (const Measure* measure : measures) result.emplace_back(a.samples * a.neurons, measure->same);
  const std::int64_t blocks = (a.neurons + kBlock - 1) / kBlock;
  const auto cells = static_cast<std::int64_t>(a.cells.size());
  inParallel(threadsFor(cells, kShare, threads), a.samples * blocks, [&](std::size_t task) {
    const std::int64_t sample = static_cast<std::int64_t>(task) / blocks;
    const std::int64_t first = static_cast<std::int64_t>(task) % blocks * kBlock;
    const std::int64_t count = std::min(kBlock, a.neurons - first);
    thread_local Times left, right;
    trainsOf(a, sample, first, count, dt, left);
    trainsOf(b, sample, first, count, dt, right);
    for (std::int64_t k = 0; k < count; ++k) {
      if (equalTrains(left[k], right[k])) continue;
      for (std::size_t m = 0; m < measures.size(); ++m)
        result[m][sample * a.neurons + first + k] = measures[m]->of(left[k], right[k], options);
    }
  });
  return result;
}

}  // namespace rheo::measures
