// Which integers a synapse's weight field can mean, and the nearest of them. SPEC W1 to W4, W10.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "algorithms/Net.h"

namespace rheo {

// Beside this number doubles are whole, so that adding it and taking it away rounds, half to even.
// std::nearbyint is a call, and there are many weights.
inline constexpr double kRoundsToWhole = 0x1.8p52;

struct WeightFormat {
  int bits = kMostWeightBits;
  SignMode sign = SignMode::Mixed;
  bool bothSigns = false;  // mixed, as a list for each sign: one bit more than a synapse stores. SPEC W10

  // Distance between neighbouring weights: 2 for 8-bit mixed, 1 for 8-bit one-signed. SPEC W3
  int step() const { return 1 << droppedBits(bits, sign); }
  int least() const { return leastWeight(bothSigns ? SignMode::Inhibitory : sign) / step() * step(); }
  int most() const { return mostWeight(bothSigns ? SignMode::Excitatory : sign) / step() * step(); }
  // The magnitude that both signs reach.
  int reach() const { return sign == SignMode::Inhibitory ? -least() : most(); }
  bool represents(std::int64_t weight) const {
    return weight >= least() && weight <= most() && weight % step() == 0;
  }

  // Nearest weight, half to even, clipped (SPEC W2).
  std::int32_t round(double weight) const {
    const double clipped = std::clamp(weight, double(least()), double(most()));  // both are weights
    const double shares = 1.0 / step();                                          // a power of two
    return (static_cast<std::int32_t>((clipped * shares + kRoundsToWhole) - kRoundsToWhole)) * step();
  }
};

}  // namespace rheo
