// What neurons of a group do not notice, on one sample.
#pragma once

#include "faults/Baseline.h"
#include "faults/CascadePlan.h"
#include "sim/vector/AlignedVector.h"

namespace rheo::faults {

// How much a change of 1 in what arrives weighs, by the step in which it arrives: `weights` [steps][width of
// the group]. Changes of which |change| * weight add up to less than this leave a neuron's train as it is.
// Empty where nothing is known to go unnoticed. No weight is below 2^-16 (what may wrap: 2^6 of 2^22), so
// fewer than 2^16 changes add up, and rounding takes at most 2^-25 from each sum.
inline constexpr float kUnnoticed = 0.998F;  // 1, less what sums of floats lose
void weighChanges(const CascadePlan& plan, const CellGroup& group, const Baseline& run,
                  vector::AlignedVector<float>& weights);

}  // namespace rheo::faults
