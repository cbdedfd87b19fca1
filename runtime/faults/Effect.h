// What a fault does, as differences from the intact program: the small language into which every kind of
// fault is translated, and the only one that the differential simulation understands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chip/Program.h"
#include "faults/Kinds.h"

namespace rheo::faults {

// Every message of a source brings `weight` more to an input, `delay` steps after the next.
struct SynapseEdit {
  std::int32_t source = 0, input = 0, delay = 0;
  std::int32_t sum = -1;    // a ShiftedSum, or -1: arrives as it is
  std::int32_t weight = 0;  // of the sum; already shifted left where the group's exponent is not negative
};

struct ParameterEdit {
  std::int32_t cell = 0, parameter = 0, value = 0;
};

// After each step from `first` to `last` the bits of a state become ((state & keep) | set) ^ flip, a two's
// complement number of `width` bits. SPEC B4
struct StateEdit {
  std::int32_t cell = 0, state = 0;
  std::int64_t first = 0, last = 0;
  std::uint32_t keep = ~0u, set = 0, flip = 0;
  int width = 24;

  std::int32_t apply(std::int32_t value) const {
    const auto before = static_cast<std::uint32_t>(value);
    const std::uint32_t bits = ((before & keep) | set) ^ flip;
    if (((bits ^ before) << (32 - width)) == 0) return value;  // the current of 2^23 stays one, SPEC N4
    return static_cast<std::int32_t>(bits << (32 - width)) >> (32 - width);
  }
};

// A cell sends this in every step, whatever its state. SPEC B5
struct SendEdit {
  std::int32_t cell = 0, payload = 0;
};

// What happens to the message that a source sends in one step, on one of its routes or on all. SPEC B7, B8
struct MessageEdit {
  enum class What : std::uint8_t { Lost, Doubled, Late, Misdelivered };
  std::int32_t source = 0;
  std::int64_t step = 0;
  What what = What::Lost;
  std::int32_t route = -1;  // -1: all
  std::int32_t by = 0;      // Late: steps
  Route other{};            // Misdelivered: where it arrives instead
};

// What reaches the chip through its inputs: drawn anew for each sample, by Philox. SPEC B6, B11, B12
struct InputEdit {
  enum class What : std::uint8_t { None, Noise, Deletion, Jitter, Silent, Always };
  What what = What::None;
  std::uint64_t seed = 0;
  double rate = 0;            // Noise, Deletion: probability per channel (or spike) and step
  std::int32_t by = 0;        // Jitter: steps, at most, either way
  std::int32_t channel = -1;  // Silent, Always: which
};

// Messages are lost at random, each with this probability, whoever sends them. SPEC B10
struct LossEdit {
  std::uint64_t seed = 0;
  double rate = 0;
};

// Values of a whole chip that are analog on some targets: drawn for a realisation, read noise for each
// sample. SPEC B14, B15
struct DeviceEdit {
  Manner what = Manner::None;
  std::uint64_t seed = 0;
  double amount = 0;
};

struct Effect {
  std::vector<SynapseEdit> synapses;  // sorted by source
  // Sorted by cell.
  std::vector<ParameterEdit> parameters;
  std::vector<StateEdit> states;
  std::vector<SendEdit> sends;
  std::vector<MessageEdit> messages;
  InputEdit input;
  LossEdit loss;
  DeviceEdit device;
  // Where so much changes that nothing is gained by differences: the program to run instead.
  std::shared_ptr<const Program> whole;
  // Why nobody knows what the chip would do: its words no longer mean anything. Empty where they do.
  std::string undefined;

  bool nothing() const {
    return synapses.empty() && parameters.empty() && states.empty() && sends.empty() && messages.empty() &&
           input.what == InputEdit::What::None && loss.rate == 0 && device.what == Manner::None && !whole &&
           undefined.empty();
  }
};

}  // namespace rheo::faults
