// What a network of integers does not use or cannot do, although it fits: neurons that never fire or always,
// parts that no input reaches or no output reads.
#pragma once

#include <vector>

#include "algorithms/Net.h"
#include "algorithms/RangeProof.h"
#include "support/Error.h"

namespace rheo {

// ranges: what proveRanges says of the net. Warnings R0340 to R0343; notes R0344, R0345.
std::vector<Diagnostic> examine(const FixedNet& net, const std::vector<PopulationRange>& ranges);

}  // namespace rheo
