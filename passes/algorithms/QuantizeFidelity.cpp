// How well a projection's integers stand for its weights, in figures that need no data.
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "algorithms/Quantizer.h"

namespace rheo {

void Quantizer::measureFidelity(Part& part, double scale) const {
  if (options_.fidelity == nullptr) return;
  const Connections<double>& wanted = part.effective.values;
  ProjectionFidelity found;
  found.name = part.fixed.name;
  found.bits = part.fixed.weightBits;
  for (const WeightFormat& format : part.rowFormats) found.bits = std::min(found.bits, format.bits);
  std::vector<double> drift;  // of each row: what its weights' errors add up to, as a share of its weights
  for (std::int64_t row = 0; row < wanted.rows(); ++row) {
    const double unit = storedUnit(scale, part.exponentOf(row));
    const double weighed = std::ldexp(1.0, part.exponentOf(row) - part.effective.exponent);  // all alike
    const int step = part.formatOf(row).step();
    const std::span<const double> values = wanted.row(row);
    const std::int32_t* const weights = std::as_const(part.fixed.weights).row(row).data();
    double signal = found.signal, error = found.error, sum = 0, size = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double weight = values[i] * unit;
      if (weight == 0) continue;
      const double miss = weights[i] - weight;
      ++found.weights;
      found.vanished += weights[i] == 0;
      found.clipped += std::abs(miss) > step;
      signal += weight * weight * weighed * weighed;
      error += miss * miss * weighed * weighed;
      sum += miss;
      size += std::abs(weight);
    }
    found.signal = signal;
    found.error = error;
    if (size > 0) drift.push_back(std::abs(sum) / size);
  }
  if (!drift.empty()) {
    const auto middle = drift.begin() + static_cast<std::ptrdiff_t>(drift.size() / 2);
    std::nth_element(drift.begin(), middle, drift.end());
    found.drift = *middle;
  }
  part.fidelity = std::move(found);
}

}  // namespace rheo
