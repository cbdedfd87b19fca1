// How well a projection's integers stand for its weights, in figures that need no data.
#include <algorithm>
#include <cmath>

#include "algorithms/Quantizer.h"

namespace rheo {

// `unit`: stored integer steps for one float unit.
void Quantizer::measureFidelity(Part& part, double unit) const {
  if (options_.fidelity == nullptr) return;
  const Connections<double>& wanted = part.effective.values;
  ProjectionFidelity& found = part.fidelity;
  found.name = part.fixed.name;
  found.bits = part.fixed.weightBits;
  std::vector<double> drift;  // of each row: what its weights' errors add up to, as a share of its weights
  for (std::int64_t row = 0; row < wanted.rows(); ++row) {
    double sum = 0, size = 0;
    for (std::int64_t k = wanted.firstOf(row); k < wanted.firstOf(row + 1); ++k) {
      const double weight = wanted.value(k) * unit;
      if (weight == 0) continue;
      const std::int32_t held = part.fixed.weights.value(k);
      const double miss = held - weight;
      ++found.weights;
      found.vanished += held == 0;
      found.clipped += std::abs(miss) > part.effective.format.step();
      found.signal += weight * weight;
      found.error += miss * miss;
      sum += miss;
      size += std::abs(weight);
    }
    if (size > 0) drift.push_back(std::abs(sum) / size);
  }
  if (drift.empty()) return;
  const auto middle = drift.begin() + static_cast<std::ptrdiff_t>(drift.size() / 2);
  std::nth_element(drift.begin(), middle, drift.end());
  found.drift = *middle;
}

}  // namespace rheo
