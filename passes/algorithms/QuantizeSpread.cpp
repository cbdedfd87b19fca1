// How many times finer than scale_v says each neuron of a population counts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/Quantizer.h"

namespace rheo {

// By powers of two, so that weights on a common grid stay on it, and by few, since the potential loses that
// much of its room. The weights into a neuron with a long time constant are small beside those of others, and
// would have few steps left. Empty where all count alike.
std::vector<double> Quantizer::spreadOf(const FloatPopulation& source, const Dynamics& dynamics,
                                        const PopulationSettings& pins, const std::vector<Part*>& parts,
                                        double scale) {
  constexpr double kMostSpread = 4;
  // What others read of a potential is in one unit; and what is pinned was meant for one.
  bool alike = !dynamics.spiking() || pins.scaleV || !pins.registers.empty();
  // What lies beyond a percentile of a row would lie beyond another one.
  alike = alike || options_.method.rule == ScaleMethod::Rule::Percentile;
  // A potential that does not fade has no bound, and needs its room.
  alike = alike || std::count(dynamics.lossV.begin(), dynamics.lossV.end(), 0) > 0;
  for (const Part* part : parts) alike = alike || part->effective.exponentPinned;
  if (alike) return {};
  std::vector<double> spread = roomAbove(dynamics, PartsOfOneFormat(parts).all(), limitsOf(source), scale);
  for (double& value : spread) value = std::exp2(std::floor(std::log2(std::min(value, kMostSpread))));
  const bool none = std::all_of(spread.begin(), spread.end(), [](double value) { return value == 1; });
  return none ? std::vector<double>{} : spread;
}

bool Quantizer::checkSpread(const FloatPopulation& source, const PopulationSettings& pins,
                            const std::vector<Part*>& parts) {
  if (pins.spreadV.empty()) return true;
  const std::string where = "populations." + source.name + ".spread_v";
  const std::string remedy = "print fresh settings with `rheobase quant`, or leave 'spread_v' out";
  if (!pins.scaleV) {
    pinError(where,
             fmt::format("'spread_v' of '{}' says multiples of a 'scale_v' that is not there", source.name),
             remedy);
    return false;
  }
  if (static_cast<std::int64_t>(pins.spreadV.size()) != source.size) {
    pinError(where,
             fmt::format("'spread_v' of '{}' has {} values for {} neurons", source.name, pins.spreadV.size(),
                         source.size),
             remedy);
    return false;
  }
  for (const Part* part : parts) {
    const Connections<double>& values = part->effective.values;
    const std::int64_t neurons = values.wiring.targets() / values.rows();
    for (std::int64_t n = 0; n < source.size; ++n) {
      if (pins.spreadV[static_cast<std::size_t>(n)] ==
          pins.spreadV[static_cast<std::size_t>(n - n % neurons)])
        continue;
      pinError(where,
               fmt::format("'spread_v' differs between neurons of '{}' that share the kernel of '{}'",
                           source.name, part->fixed.name),
               remedy);
      return false;
    }
  }
  return true;
}

// The same population with a unit of its own for each neuron.
void Quantizer::spreadOut(Dynamics& dynamics, const std::vector<Part*>& parts,
                          const std::vector<double>& spread) {
  for (std::vector<double>* values :
       {&dynamics.unitU, &dynamics.threshold, &dynamics.reset, &dynamics.biasDrive})
    for (std::size_t n = 0; n < values->size(); ++n) (*values)[n] *= spread[n];
  for (Part* part : parts) {
    Connections<double>& values = part->effective.values;
    const std::int64_t neurons = values.wiring.targets() / values.rows();
    for (std::int64_t row = 0; row < values.rows(); ++row)
      for (double& value : values.row(row)) value *= spread[static_cast<std::size_t>(row * neurons)];
    part->effective.findLargest();
  }
}

}  // namespace rheo
