// How much a change of what a neuron receives can matter later: a bound for any neuron whose step.h moves
// states by leaks and sums, found by reading that step once more. What it cannot bound, it says so.
#pragma once

#include <cstdint>
#include <vector>

#include "models/Model.h"

namespace rheo::faults {

// Two runs of a neuron that have sent the same so far, and of whose sums some differ, by d(s) in step s.
// Whatever is compared in step t is then apart by at most sum of |d(s)| gain[t - s], and `slack`; a current
// that may wrap by at most largest |d(s)| added up, times wrapGain, and wrapSlack.
struct Response {
  static constexpr std::int64_t kWindow = 64;  // steps
  bool bounded = false;                        // false: nothing of this holds
  bool clears = false;                         // a spike ends all differences
  std::vector<float> gain;                     // [at most kWindow]
  float tail = 0;                              // the largest of all later ones
  float slack = 0;                             // roundings
  float wrapGain = 0, wrapSlack = 0;
};

// Of a neuron with these parameters [kMaxParameters], for runs of so many steps.
Response responseOf(const models::ModelTable& model, const std::int32_t* parameters, std::int64_t steps);

}  // namespace rheo::faults
