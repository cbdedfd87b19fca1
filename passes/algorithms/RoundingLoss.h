// What rounding to a weight format loses at many scales at once. Used by the choice of scales.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algorithms/WeightFormat.h"

namespace rheo {

struct RoundingLoss {
  double error = 0;  // sum of squares of what rounding and clipping change
  double power = 0;  // sum of squares
};

// Of every `stride`th value times each of the units, in stored weights. Sums run over the values in order,
// each unit's by itself: a unit's loss does not depend on what else is asked for.
std::vector<RoundingLoss> roundingLosses(std::span<const double> values, std::int64_t stride,
                                         const WeightFormat& format, std::span<const double> units);

}  // namespace rheo
