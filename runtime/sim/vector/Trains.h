// One neuron, many lives: the spike trains that one neuron sends under many small changes of its input, a
// change for each lane. The inner loop of fault campaigns on weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fixed/Profile.h"
#include "models/Model.h"

namespace rheo::vector {

// Bits of step t lie in word t / 32, at t % 32.
constexpr std::int64_t trainWords(std::int64_t steps) { return (steps + 31) / 32; }
constexpr std::int32_t sentIn(std::span<const std::uint32_t> train, std::int64_t step) {
  return static_cast<std::int32_t>(train[static_cast<std::size_t>(step / 32)] >> (step % 32) & 1);
}

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

// The same neuron in other company: each lane is a scenario in which what arrives differs in its own way.
struct ScenarioCall {
  std::int64_t first = 0, steps = 0;     // steps [first, steps) are run
  std::int64_t lanes = 0;                // a multiple of kPadding, and the distance between steps
  const std::int32_t* input = nullptr;   // [steps]: what arrives in the intact run
  const std::int32_t* change = nullptr;  // [steps][lanes]: what is added
  const std::int32_t* parameters = nullptr;
  const std::int32_t* states = nullptr;  // [kMaxStates], of the intact run before the first step
  std::uint32_t* sent = nullptr;  // out: [trainWords][lanes]; bits before `first` are 0. Spiking models
  // Others: of one state, in the steps [from, to), what it lies above the intact run, and how far off it is.
  std::int64_t from = 0, to = 0;
  int state = 0;
  const std::int32_t* intact = nullptr;  // [steps]
  std::int64_t* sum = nullptr;           // out: [lanes]
  std::int64_t* distance = nullptr;      // out: [lanes]
};
using ScenarioFunction = void (*)(const ScenarioCall& call);

// nullptr for models that send payloads, receive in more than one place, or have states of more than 24 bits.
ScenarioFunction scenarioFunction(const models::ModelTable& model, CurrentOverflow rule);

// nullptr for models that send no spikes, or payloads, or receive in more than one place.
TrainFunction trainFunction(const models::ModelTable& model, CurrentOverflow rule);

}  // namespace rheo::vector
