// The choice of a population's scale and of its projections' exponents. Used by quantize().
#pragma once

#include <cmath>
#include <vector>

#include "algorithms/Dynamics.h"
#include "algorithms/WeightFormat.h"
#include "fixed/Arithmetic.h"

namespace rheo {

// A projection, or the bias of one, as its target sees it.
struct EffectiveWeights {
  Connections<double> values;  // float units of v that a spike adds in its step
  WeightFormat format;
  double payload = 1;  // the largest |payload| of its sources
  double largest = 0;  // the largest |value|
  bool exponentPinned = false;
  int exponent = 0;

  void findLargest();  // of the values as they are now
};

// Stored integers for one float unit of v.
inline double storedUnit(double scale, int exponent) {
  return scale / (1 << fixed::kAlignBits) / std::ldexp(1.0, exponent);
}

// Those of a population.
using WeightsIn = std::vector<const EffectiveWeights*>;

// What the chip's record says.
struct ScaleLimits {
  std::int64_t mostThreshold = 0;  // of the register vth
  std::int64_t mostReset = 0;      // of the register reset_value, either way
  std::int64_t mostBias = 0;       // of the bias registers, integer units of v
  int leastExponent = 0;
  int mostExponent = 0;
  double largestPotential = 0;  // calibration, float units; 0 if there is none
};

// Integer units of v for one float unit. The largest that keeps the current from wrapping and the threshold
// in its register whatever the input, and that either keeps the potential from saturating or, where that
// would cost weight precision, sums weights without rounding. Within a factor of two, the one with the least
// weight error.
double chooseScale(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits);

// The highest scale that chooseScale looks at.
double highestScale(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits);

// The least exponent at which a weight as large is not clipped.
int fittingExponent(const WeightFormat& format, double largest, double scale);

// Mean squared error of rounding, clipping and flooring the sum, as a share of the mean square of the
// weights.
double weightError(const EffectiveWeights& part, double scale, int exponent);

// How many times finer each neuron alone could count, beside a population's scale, and lose nothing that
// holds at that scale: weights stay within what the chosen exponents reach, sums, thresholds and biases
// within theirs, and a potential that cannot saturate still cannot. At least 1.
std::vector<double> roomAbove(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits,
                              double scale);

// The exponent with the least error at that scale; below 8 bits that may clip the largest weights, and at
// small scales it weighs coarse weights against what a right shift of their sum loses.
int chooseExponent(const EffectiveWeights& part, double scale, const ScaleLimits& limits);

}  // namespace rheo
