// The kinds of faults: what can go wrong on a chip, each under the name that users give. SPEC B2 to B15.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rheo::faults {

// What a kind is about, hence which fields its faults have.
enum class Mechanism : std::uint8_t {
  MemoryBit,    // a bit of a stored word: core, memory, word, bit
  StateBit,     // a bit of a state: population, neuron, state, bit, step
  Neuron,       // population, neuron
  Core,         // core
  Message,      // of one source in one step: population, neuron, step
  MessageLoss,  // at random: rate, instance
  Input,        // at random: rate or steps, instance
  Channel,      // of an input: input, channel
  Device        // analog values of a whole chip: amount, instance
};

// Which stored fields a MemoryBit kind hits.
enum class FieldClass : std::uint8_t {
  None,
  Weight,
  Delay,
  Target,
  Exponent,
  Format,
  Axon,
  Route,
  Threshold,
  Decay,
  Bias,
  Reset,
  Register,
  Constant
};

enum class BitFault : std::uint8_t { Flip, Stuck0, Stuck1 };

// What becomes of a thing that is not a bit.
enum class Manner : std::uint8_t {
  None,
  Dead,
  Firing,
  Lost,
  Doubled,
  Late,
  Misdelivered,
  Noise,
  Deletion,
  Jitter,
  WeightMismatch,
  ThresholdMismatch,
  Programming,
  Drift,
  ReadNoise
};

struct KindInfo {
  std::string_view name;  // "weight-flip"
  Mechanism mechanism;
  FieldClass field = FieldClass::None;
  BitFault bit = BitFault::Flip;
  Manner manner = Manner::None;
  std::string_view amount = {};  // what the number behind the name means: "probability"; empty: there is none
  double usual = 0;              // that number where it is left out
  std::string_view summary = {};
};

std::span<const KindInfo> allKinds();
const KindInfo* findKind(std::string_view name);

// Which class a field of a memory belongs to ("neuron", "vth"). SPEC B3
FieldClass fieldClass(std::string_view memory, std::string_view field);

}  // namespace rheo::faults
