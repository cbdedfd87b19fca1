// Other ways to choose a population's scale and its projections' exponents than chooseScale's, for those who
// ask: by the largest weight, by a percentile of the weights, by the squared error of the weights alone.
#pragma once

#include <string>
#include <vector>

#include "algorithms/Scales.h"
#include "support/Error.h"

namespace rheo {

struct ScaleMethod {
  enum class Rule { Auto, Maximum, Percentile, SquaredError };
  Rule rule = Rule::Auto;
  double percentile = 100;  // of the magnitudes of the weights that are not 0
};

// "auto", "max", "percentile:P" with 0 < P <= 100, "mse". Errors: R0690.
Expected<ScaleMethod> parseScaleMethod(const std::string& text);

// As chooseScale, within the same bounds. Maximum and Percentile: the scale at which the anchor of the
// projection with the most weights, its largest weight or the percentile of them, is the end of the weights'
// range; what is beyond an anchor is clipped. SquaredError: the scale and the exponents with the least
// squared error of the weights, clipped ones included. Auto: chooseScale.
double scaleBy(const ScaleMethod& method, const Dynamics& dynamics, const WeightsIn& parts,
               const ScaleLimits& limits);

// The exponent of a projection at that scale.
int exponentBy(const ScaleMethod& method, const EffectiveWeights& part, double scale,
               const ScaleLimits& limits);

}  // namespace rheo
