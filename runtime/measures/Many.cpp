// Measures by name, and of many pairs of trains at once.
#include <algorithm>
#include <array>

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
constexpr std::int64_t kBlock = 64;       // neurons that are looked at together

// The spikes of one neuron in one sample.
void trainOf(const Raster& raster, std::int64_t sample, std::int64_t neuron, double dt,
             std::vector<double>& times) {
  times.clear();
  const std::uint8_t* cell = raster.cells.data() + sample * raster.steps * raster.neurons + neuron;
  for (std::int64_t t = 0; t < raster.steps; ++t, cell += raster.neurons)
    if (*cell) times.push_back(static_cast<double>(t) * dt);
}

// Which of `count` neurons from `first` on differ in one sample.
void differing(const Raster& a, const Raster& b, std::int64_t sample, std::int64_t first, std::int64_t count,
               std::array<std::uint8_t, kBlock>& differs) {
  differs.fill(0);
  const std::int64_t at = sample * a.steps * a.neurons + first;
  const std::uint8_t *left = a.cells.data() + at, *right = b.cells.data() + at;
  for (std::int64_t t = 0; t < a.steps; ++t, left += a.neurons, right += a.neurons)
    for (std::int64_t k = 0; k < count; ++k) differs[k] |= left[k] ^ right[k];
}

}  // namespace

std::span<const Measure> allMeasures() { return kMeasures; }

const Measure* findMeasure(std::string_view name) {
  const auto found =
      std::find_if(kMeasures.begin(), kMeasures.end(), [&](const Measure& m) { return m.name == name; });
  return found == kMeasures.end() ? nullptr : &*found;
}

void ofTrains(const Measure& measure, const Trains& a, const Trains& b, const Options& options, int threads,
              std::span<double> result, const std::atomic<bool>* cancel) {
  const auto work = static_cast<std::int64_t>(a.times.size() + b.times.size());
  inParallel(threadsWorth(work, kShare, threads), result.size(), [&](std::size_t i) {
    if (!cancel || !*cancel) result[i] = measure.of(a[i], b[i], options);
  });
}

std::vector<std::vector<double>> ofRasters(std::span<const Measure* const> measures, const Raster& a,
                                           const Raster& b, double dt, Options options, int threads,
                                           const std::atomic<bool>* cancel) {
  options.window = {0, static_cast<double>(a.steps) * dt};
  std::vector<std::vector<double>> result;
  for (const Measure* measure : measures) result.emplace_back(a.samples * a.neurons, measure->same);
  const std::int64_t blocks = (a.neurons + kBlock - 1) / kBlock;
  const auto cells = static_cast<std::int64_t>(a.cells.size());
  inParallel(threadsWorth(cells, kShare, threads), a.samples * blocks, [&](std::size_t task) {
    if (cancel && *cancel) return;
    const std::int64_t sample = static_cast<std::int64_t>(task) / blocks;
    const std::int64_t first = static_cast<std::int64_t>(task) % blocks * kBlock;
    const std::int64_t count = std::min(kBlock, a.neurons - first);
    std::array<std::uint8_t, kBlock> differs;
    differing(a, b, sample, first, count, differs);
    std::vector<double> left, right;
    for (std::int64_t k = 0; k < count; ++k) {
      if (!differs[k]) continue;
      trainOf(a, sample, first + k, dt, left);
      trainOf(b, sample, first + k, dt, right);
      for (std::size_t m = 0; m < measures.size(); ++m)
        result[m][sample * a.neurons + first + k] = measures[m]->of(left, right, options);
    }
  });
  return result;
}

}  // namespace rheo::measures
