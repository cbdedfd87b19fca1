// One neuron, many lives: the spike trains that one neuron sends under many small changes of its input, a
// change for each lane. The inner loop of fault campaigns on weights.
#pragma once

#include <cstdint>

#include "fixed/Profile.h"
#include "models/Model.h"

namespace rheo::vector {

// Bits of step t lie in word t / 32, at t % 32.
constexpr std::int64_t trainWords(std::int64_t steps) { return (steps + 31) / 32; }

struct TrainCall {
  std::int64_t steps = 0;
  std::int64_t lanes = 0;                    // a multiple of kPadding
  std::int64_t stride = 0;                   // between the words of a lane, at least `lanes`
  const std::int32_t* input = nullptr;       // [steps]: what arrives without a change
  const std::int32_t* change = nullptr;      // [lanes]: what is added
  const std::uint32_t* when = nullptr;       // [trainWords][stride]: in which steps
  const std::int32_t* parameters = nullptr;  // [kMaxParameters], of the neuron
  std::uint32_t* sent = nullptr;             // out: [trainWords][stride]
};
// From states of zero. SPEC T3.
using TrainFunction = void (*)(const TrainCall& call);

// nullptr for models that send no spikes, or payloads, or receive in more than one place.
TrainFunction trainFunction(const models::ModelTable& model, CurrentOverflow rule);

}  // namespace rheo::vector
