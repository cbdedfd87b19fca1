// The table of fault kinds.
#include "faults/Kinds.h"

#include <array>

namespace rheo::faults {
namespace {

#define RHEO_BITS(name, field, what)                                                                 \
  KindInfo{name "-flip",                                                                             \
           Mechanism::MemoryBit,                                                                     \
           FieldClass::field,                                                                        \
           BitFault::Flip,                                                                           \
           Manner::None,                                                                             \
           {},                                                                                       \
           0,                                                                                        \
           "one bit of " what " is inverted"},                                                       \
      KindInfo{name "-stuck-0",                                                                      \
               Mechanism::MemoryBit,                                                                 \
               FieldClass::field,                                                                    \
               BitFault::Stuck0,                                                                     \
               Manner::None,                                                                         \
               {},                                                                                   \
               0,                                                                                    \
               "one bit of " what " always reads 0"},                                                \
      KindInfo {                                                                                     \
    name "-stuck-1", Mechanism::MemoryBit, FieldClass::field, BitFault::Stuck1, Manner::None, {}, 0, \
        "one bit of " what " always reads 1"                                                         \
  }

constexpr std::array kKinds{
    RHEO_BITS("weight", Weight, "a stored weight"),
    RHEO_BITS("delay", Delay, "the delay of a synapse or axon"),
    RHEO_BITS("target", Target, "the index by which a synapse finds its neuron"),
    RHEO_BITS("exponent", Exponent, "the exponent that the weights of a synapse format share"),
    RHEO_BITS("format", Format, "a synapse format: field widths, sign mode, list kind, kernel geometry"),
    RHEO_BITS("axon", Axon,
              "an input axon: where its synapse lists lie, how long and how many they are, their format"),
    RHEO_BITS("route", Route,
              "a route: the core, axon and atom that a message is sent to, or a neuron's range of routes"),
    RHEO_BITS("threshold", Threshold, "a neuron's threshold register"),
    RHEO_BITS("decay", Decay, "a neuron's decay registers, of current or potential"),
    RHEO_BITS("bias", Bias, "a neuron's bias registers, mantissa or exponent"),
    RHEO_BITS("reset", Reset, "a neuron's reset value, or the reset mode of a profile"),
    RHEO_BITS("register", Register, "any other register of a neuron or profile"),
    RHEO_BITS("constant", Constant, "a constant of a neuron program"),
    KindInfo{"state-flip",
             Mechanism::StateBit,
             FieldClass::None,
             BitFault::Flip,
             Manner::None,
             {},
             0,
             "one bit of a neuron's current, potential or other state is inverted after one step"},
    KindInfo{"state-stuck-0",
             Mechanism::StateBit,
             FieldClass::None,
             BitFault::Stuck0,
             Manner::None,
             {},
             0,
             "one bit of a state reads 0 from one step on"},
    KindInfo{"state-stuck-1",
             Mechanism::StateBit,
             FieldClass::None,
             BitFault::Stuck1,
             Manner::None,
             {},
             0,
             "one bit of a state reads 1 from one step on"},
    KindInfo{"neuron-dead",
             Mechanism::Neuron,
             FieldClass::None,
             BitFault::Flip,
             Manner::Dead,
             {},
             0,
             "a neuron never sends; its states stay 0"},
    KindInfo{"neuron-firing",
             Mechanism::Neuron,
             FieldClass::None,
             BitFault::Flip,
             Manner::Firing,
             {},
             0,
             "a neuron sends a spike in every step"},
    KindInfo{"core-dead",
             Mechanism::Core,
             FieldClass::None,
             BitFault::Flip,
             Manner::Dead,
             {},
             0,
             "all neurons of a core are dead"},
    KindInfo{"core-firing",
             Mechanism::Core,
             FieldClass::None,
             BitFault::Flip,
             Manner::Firing,
             {},
             0,
             "all neurons of a core send a spike in every step"},
    KindInfo{"spike-lost",
             Mechanism::Message,
             FieldClass::None,
             BitFault::Flip,
             Manner::Lost,
             {},
             0,
             "one spike reaches none of its targets"},
    KindInfo{"spike-doubled",
             Mechanism::Message,
             FieldClass::None,
             BitFault::Flip,
             Manner::Doubled,
             {},
             0,
             "one spike arrives twice in the same step"},
    KindInfo{"spike-late", Mechanism::Message, FieldClass::None, BitFault::Flip, Manner::Late, "steps", 1,
             "one spike arrives later by so many steps"},
    KindInfo{"spike-misdelivered",
             Mechanism::Message,
             FieldClass::None,
             BitFault::Flip,
             Manner::Misdelivered,
             {},
             0,
             "one spike arrives at the axon behind the one that its first route names"},
    KindInfo{"message-loss", Mechanism::MessageLoss, FieldClass::None, BitFault::Flip, Manner::Lost,
             "probability", 1e-3, "every message of inputs and neurons is lost with this probability"},
    KindInfo{"input-noise", Mechanism::Input, FieldClass::None, BitFault::Flip, Manner::Noise, "probability",
             1e-3, "a silent channel sends a spike with this probability, in each step"},
    KindInfo{"input-deletion", Mechanism::Input, FieldClass::None, BitFault::Flip, Manner::Deletion,
             "probability", 1e-2, "an input spike is deleted with this probability"},
    KindInfo{
        "input-jitter", Mechanism::Input, FieldClass::None, BitFault::Flip, Manner::Jitter, "steps", 1,
        "every input spike moves by up to so many steps, either way, uniformly; where two meet one is lost"},
    KindInfo{"channel-dead",
             Mechanism::Channel,
             FieldClass::None,
             BitFault::Flip,
             Manner::Dead,
             {},
             0,
             "a channel of the input never sends"},
    KindInfo{"channel-firing",
             Mechanism::Channel,
             FieldClass::None,
             BitFault::Flip,
             Manner::Firing,
             {},
             0,
             "a channel of the input sends a spike in every step of the data"},
    KindInfo{"weight-mismatch", Mechanism::Device, FieldClass::None, BitFault::Flip, Manner::WeightMismatch,
             "relative deviation", 0.1,
             "every stored weight of an analog array is off by a factor of its own, normal about 1"},
    KindInfo{"threshold-mismatch", Mechanism::Device, FieldClass::None, BitFault::Flip,
             Manner::ThresholdMismatch, "relative deviation", 0.05,
             "every neuron's threshold is off by a factor of its own, normal about 1"},
    KindInfo{"weight-programming", Mechanism::Device, FieldClass::None, BitFault::Flip, Manner::Programming,
             "times", 1,
             "phase-change memory: conductances after programming, so many times the published deviation"},
    KindInfo{"weight-drift", Mechanism::Device, FieldClass::None, BitFault::Flip, Manner::Drift, "seconds",
             86400, "phase-change memory: programmed, and drifted for so many seconds"},
    KindInfo{"weight-read-noise", Mechanism::Device, FieldClass::None, BitFault::Flip, Manner::ReadNoise,
             "seconds", 86400,
             "phase-change memory: programmed, drifted for so many seconds, and read with 1/f noise, anew "
             "for each sample"},
};
#undef RHEO_BITS

}  // namespace

std::span<const KindInfo> allKinds() { return kKinds; }

const KindInfo* findKind(std::string_view name) {
  for (const KindInfo& kind : kKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

FieldClass fieldClass(std::string_view memory, std::string_view field) {
  if (memory == "constant") return FieldClass::Constant;
  if (memory == "route") return FieldClass::Route;
  if (memory == "axon") return field == "delay" ? FieldClass::Delay : FieldClass::Axon;
  if (memory == "format") return field == "exponent" ? FieldClass::Exponent : FieldClass::Format;
  if (field == "vth") return FieldClass::Threshold;
  if (field == "du" || field == "dv") return FieldClass::Decay;
  if (field == "bias_mantissa" || field == "bias_exponent") return FieldClass::Bias;
  if (field == "reset_mode" || field == "reset_value") return FieldClass::Reset;
  if (field == "route_first" || field == "route_count") return FieldClass::Route;
  return FieldClass::Register;
}

}  // namespace rheo::faults
