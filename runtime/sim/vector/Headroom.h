// How much what arrives at a neuron may change before it fires otherwise: the inner loops of fault campaigns
// that leave out every neuron for which a change is too small.
#pragma once

#include <cstdint>

#include "fixed/Profile.h"
#include "models/Model.h"

namespace rheo::vector {

// Neighbouring neurons of one model; arrays of them are padded to kPadding.
struct WatchCall {
  std::int64_t steps = 0, count = 0;
  const std::int32_t* input = nullptr;  // what arrives: input[step * inputStride + neuron]
  std::int64_t inputStride = 0;
  const std::int32_t* parameters = nullptr;  // [of the model][padded count]
  const float* slack = nullptr;              // [padded count]
  float* sensitivity = nullptr;              // out: [steps][padded count]
  float* largest = nullptr;                  // out: [padded count]: the largest current, before it wraps
};
// Runs the neurons from states of zero. Sensitivity: 1 over what the compared value may be off, less `slack`,
// without another outcome; kAnything where it may not be off at all. Negative in steps with a spike.
using WatchFunction = void (*)(const WatchCall& call);
inline constexpr float kAnything = 1e30f;

// nullptr for models without spikes, with payloads or several inputs, and for microcode.
WatchFunction watchFunction(const models::ModelTable& model, CurrentOverflow rule);

// What an arrival that differs by 1 weighs, by the step in which it arrives: where the weights of all that
// arrive otherwise add up to less than 1, the neuron sends the same.
struct WeighCall {
  std::int64_t steps = 0, count = 0, window = 0;
  const float* sensitivity = nullptr;  // [steps][padded count]
  const float* gain = nullptr;         // [window][padded count]
  const float* tail = nullptr;         // [padded count]: of all steps behind the window
  const float* least = nullptr;        // [padded count]: no weight is less
  bool clears = false;                 // nothing lasts longer than to the next spike
  float* latest = nullptr;             // room: [steps + 1][padded count]
  float* weight = nullptr;             // out: [steps][padded count]
};

struct HeadroomKernels {
  void (*weigh)(const WeighCall& call);
  // sum[i] += |change[i]| * weight[i]
  void (*addWeighted)(const std::int32_t* change, const float* weight, std::int64_t count, float* sum);
  // The indices of those that are at least `limit`; returns how many. `found` has room for `count` and one
  // vector more.
  std::int64_t (*atLeast)(const float* sum, std::int64_t count, float limit, std::int32_t* found);
};
const HeadroomKernels& headroomKernels();

}  // namespace rheo::vector
