// What a neuron model is made of. Each folder of runtime/models declares one `ModelTable` and one
// step.h; everything else (dialect op, verifier, importers' names, registers, docs) is derived.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace rheo::models {

inline constexpr int kMaxStates = 4;
inline constexpr int kMaxParameters = 8;
inline constexpr int kMaxPorts = 2;

// An integer that the chip holds for a neuron, in the order in which step.h indexes it.
struct FixedParameter {
  std::string_view name;  // "decay_v": the field name in the image's registers
  std::int32_t minimum;   // as step.h sees it
  std::int32_t maximum;
  std::int32_t fallback;      // where the image has no such register
  std::string_view unit;      // "1/4096", "v"
  std::string_view lavaName;  // "dv"; empty where Lava has none
  std::string_view meaning;
  std::string_view slayerName = {};  // of lava-dl's files: "vDecay"; empty where they have none
};

// The same parameter where Lava calls it otherwise.
constexpr FixedParameter inLava(FixedParameter parameter, std::string_view lavaName) {
  parameter.lavaName = lavaName;
  return parameter;
}

// A parameter of the float model, as NIR names it.
struct FloatParameter {
  std::string_view name;  // "tau_mem"
  std::string_view unit;  // "s"
  enum class Need : std::uint8_t { Required, Optional } need;
  double fallback;  // where a file leaves an optional one out
  enum class Range : std::uint8_t { Any, Positive } range;
  std::string_view meaning;
};

// The one of them by which the membrane decays: "tau", "tau_mem"; empty where the membrane keeps everything.
std::string_view membraneTimeConstant(std::span<const FloatParameter> parameters);

// Most models receive one sum in a step.
inline constexpr std::array<std::string_view, 1> kOnePort{"in"};

struct ModelTable {
  std::string_view name;          // "cuba_lif": folder, register value, spk op mnemonic
  std::string_view nirName = {};  // "CubaLIF": the NIR primitive it realises; empty where NIR has none
  std::string_view summary;
  std::uint8_t opcode;                              // stored in images; never reused
  bool spiking;                                     // sends messages
  std::span<const std::string_view> states;         // "u", "v": integer states, in step.h order
  std::span<const FixedParameter> fixedParameters;  // in step.h order
  std::span<const FloatParameter> floatParameters = {};
  // A message carries a payload of 32 bits, not only the fact of a spike. SPEC N18
  bool graded = false;
  // Runs as a program of the chip: its parameters are constants of the core, under their own names. SPEC I9
  bool microcode = false;
  // Where a neuron receives, in the order in which step.h indexes them. SPEC T1
  std::span<const std::string_view> ports = kOnePort;
  std::string_view slayerName = {};  // "CUBA": what lava-dl's files call it

  constexpr std::int64_t portCount() const { return static_cast<std::int64_t>(ports.size()); }
  // The sums that so many neurons receive in a step: rows of the projections into them, neuron by neuron.
  constexpr std::int64_t inputsOf(std::int64_t neurons) const { return neurons * portCount(); }
};

// All models, in order of their folders' names (generated from the folders).
std::span<const ModelTable> allModels();
const ModelTable* findModel(std::string_view name);

// The model behind the kind of a network's node. The name of a NIR primitive ("CubaLIF") means its float
// parameters; the model's own name ("cuba_lif") means an exact node: the integers of a chip's step, SPEC F14.
// A "Threshold" is a lif that keeps nothing, with a parameter of its own. SPEC F24.
struct NodeModel {
  const ModelTable* model = nullptr;  // null: the node is no neuron
  bool exact = false;
  std::span<const FloatParameter> floatParameters = {};  // of the node; none where it is exact
};
NodeModel findNodeModel(std::string_view kind);
const ModelTable* findModelByOpcode(std::uint8_t opcode);

}  // namespace rheo::models
