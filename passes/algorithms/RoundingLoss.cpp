// Lanes are units, not values: each keeps the order of its sum.
#include "algorithms/RoundingLoss.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "algorithms/WeightLoops.h"
#include "algorithms/WideVectors.h"

namespace rheo {
namespace {

using Lanes = std::array<double, kLanes>;

// What WeightFormat::round does, without its way through integers: the same number, since steps are powers of
// two.
RHEO_WIDE_VECTORS void addLosses(std::span<const double> values, std::int64_t stride, double least,
                                 double most, double step, const Lanes& units, Lanes& errors, Lanes& powers) {
  const double roundsToSteps = kRoundsToWhole * step;
  WideDouble unit, error{}, power{};
  std::memcpy(&unit, units.data(), sizeof(unit));
  const WideDouble lowest = WideDouble{} + least, highest = WideDouble{} + most;
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(stride)) {
    const WideDouble wanted = values[i] * unit;
    const WideDouble above = wanted < lowest ? lowest : wanted;
    const WideDouble clipped = above > highest ? highest : above;
    const WideDouble miss = ((clipped + roundsToSteps) - roundsToSteps) - wanted;
    error += miss * miss;
    power += wanted * wanted;
  }
  std::memcpy(errors.data(), &error, sizeof(error));
  std::memcpy(powers.data(), &power, sizeof(power));
}

// The same where no value is clipped.
RHEO_WIDE_VECTORS void addRoundingLosses(std::span<const double> values, std::int64_t stride, double step,
                                         const Lanes& units, Lanes& errors, Lanes& powers) {
  const double roundsToSteps = kRoundsToWhole * step;
  WideDouble unit, error{}, power{};
  std::memcpy(&unit, units.data(), sizeof(unit));
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(stride)) {
    const WideDouble wanted = values[i] * unit;
    const WideDouble miss = ((wanted + roundsToSteps) - roundsToSteps) - wanted;
    error += miss * miss;
    power += wanted * wanted;
  }
  std::memcpy(errors.data(), &error, sizeof(error));
  std::memcpy(powers.data(), &power, sizeof(power));
}

}  // namespace

std::vector<RoundingLoss> roundingLosses(std::span<const double> values, std::int64_t stride,
                                         const WeightFormat& format, std::span<const double> units) {
  std::vector<RoundingLoss> losses(units.size());
  const LeastAndMost ends = leastAndMost(values);
  for (std::size_t first = 0; first < units.size(); first += kLanes) {
    const std::size_t count = std::min(kLanes, units.size() - first);
    Lanes some{}, errors{}, powers{};
    std::copy_n(units.begin() + static_cast<std::ptrdiff_t>(first), count, some.begin());
    const double largest = *std::max_element(some.begin(), some.end());
    if (ends.least * largest >= format.least() && ends.most * largest <= format.most())
      addRoundingLosses(values, stride, format.step(), some, errors, powers);
    else
      addLosses(values, stride, format.least(), format.most(), format.step(), some, errors, powers);
    for (std::size_t lane = 0; lane < count; ++lane) losses[first + lane] = {errors[lane], powers[lane]};
  }
  return losses;
}

}  // namespace rheo
