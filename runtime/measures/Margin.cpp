// Histograms of distances to the threshold: the bins of a float are its exponent and the first bits of its
// mantissa.
#include "measures/Margin.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "support/Parallel.h"

namespace rheo::measures {
namespace {

constexpr int kShift = 19;                              // leaves 4 bits of the mantissa
constexpr std::int32_t kFirst = ((127 - 60) << 4) - 1;  // the bin before that of 2^-60
constexpr std::int64_t kCellsPerThread = 1 << 18;

void addSample(const Potentials& p, std::int64_t sample, std::span<const std::int32_t> threshold,
               std::span<const float> inverse, std::int32_t step, Margins& found) {
  std::int64_t at = (sample * p.allSteps + p.first) * p.neurons;
  for (std::int64_t t = 0; t < p.steps; ++t) {
    for (std::int64_t n = 0; n < p.neurons; ++n, ++at) {
      if (p.spikes[at] != 0) {
        ++found.spikes;
        continue;
      }
      const std::int64_t distance = std::abs(static_cast<std::int64_t>(p.v[at]) - threshold[n]);
      const auto real = static_cast<float>(distance);
      ++found.cells;
      found.within += distance <= step;
      found.distance.add(real);
      if (inverse[n] != 0) found.relative.add(real * inverse[n]);
    }
  }
}

}  // namespace

void LogHistogram::add(float value) {
  const auto bin = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(value) >> kShift) - kFirst;
  ++counts[std::clamp(bin, 0, kBins - 1)];
}

void LogHistogram::add(const LogHistogram& other) {
  for (int bin = 0; bin < kBins; ++bin) counts[bin] += other.counts[bin];
}

std::int64_t LogHistogram::total() const {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

double LogHistogram::quantile(double share) const {
  const auto rank = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(total())));
  std::int64_t seen = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    seen += counts[bin];
    if (counts[bin] == 0 || seen < rank) continue;
    if (bin == 0) return 0;
    const auto edge = [](int b) {
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(b + kFirst) << kShift));
    };
    return 0.5 * (edge(bin) + edge(bin + 1));
  }
  return 0;
}

Margins marginsOf(const Potentials& potentials, std::span<const std::int32_t> threshold, std::int32_t step,
                  int threads) {
  std::vector<float> inverse;
  for (const std::int32_t value : threshold)
    inverse.push_back(value == 0 ? 0 : 1 / std::abs(static_cast<float>(value)));
  const std::int64_t cells = potentials.samples * potentials.steps * potentials.neurons;
  const int count = static_cast<int>(std::min<std::int64_t>(threadsWorth(cells, kCellsPerThread, threads),
                                                            std::max<std::int64_t>(potentials.samples, 1)));
  std::vector<Margins> parts(count);
  inParallel(count, parts.size(), [&](std::size_t part) {
    for (auto sample = static_cast<std::int64_t>(part); sample < potentials.samples; sample += count)
      addSample(potentials, sample, threshold, inverse, step, parts[part]);
  });
  Margins sum;
  for (const Margins& part : parts) {
    sum.distance.add(part.distance), sum.relative.add(part.relative);
    sum.within += part.within, sum.cells += part.cells, sum.spikes += part.spikes;
  }
  return sum;
}

}  // namespace rheo::measures
