// Effects in words.
#include "faults/Describe.h"

#include <fmt/format.h>

#include <vector>

namespace rheo::faults {
namespace {

class Names {
 public:
  explicit Names(const FlatProgram& flat) : flat_(flat), program_(flat.program()) {}

  std::string cell(std::int32_t number) const {
    const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
    return fmt::format("'{}'[{}]", program_.populations[static_cast<std::size_t>(cell.population)].name,
                       cell.neuron);
  }
  std::string source(std::int32_t number) const {
    if (number >= flat_.channels()) return cell(number - flat_.channels());
    const std::size_t input = flat_.inputOfChannel(number);
    return fmt::format("'{}'[{}]", program_.inputs[input].name, number - flat_.channel(input, 0));
  }
  // What a source's spike brings to an input with a delay, in units of its sum.
  std::int64_t weight(const SynapseEdit& edit) const {
    std::int64_t total = 0;
    for (const Route& route : flat_.routes(edit.source))
      flat_.forEachSynapse(
          route, [&](std::int32_t input, std::int32_t delay, std::int32_t weight, std::int32_t sum) {
            if (input == edit.input && delay == edit.delay && sum == edit.sum) total += weight;
          });
    return total;
  }
  std::string synapse(const SynapseEdit& edit) const {
    const std::int64_t before = weight(edit);
    return fmt::format(
        "weight from {} to {}{}: {} becomes {}", source(edit.source), cell(flat_.cellOfInput(edit.input)),
        edit.delay > 0 ? fmt::format(" with delay {}", edit.delay) : "", before, before + edit.weight);
  }
  std::string parameter(const ParameterEdit& edit) const {
    const Cell& target = flat_.cells()[static_cast<std::size_t>(edit.cell)];
    const auto p = static_cast<std::size_t>(edit.parameter);
    return fmt::format("{} of {}: {} becomes {}", target.model->fixedParameters[p].name, cell(edit.cell),
                       target.parameters[p], edit.value);
  }

 private:
  const FlatProgram& flat_;
  const Program& program_;
};

std::string more(std::size_t count) { return count > 1 ? fmt::format(", and {} more", count - 1) : ""; }

}  // namespace

std::string describe(const Fault& fault, const Effect& effect, const FlatProgram& flat,
                     const Memories& memories) {
  const Names names(flat);
  const auto cell = [&] { return names.cell(flat.cellOf(fault.population, fault.neuron)); };
  switch (fault.kind->mechanism) {
    case Mechanism::MemoryBit:
      if (!effect.undefined.empty()) return "its words mean nothing any more: " + effect.undefined;
      if (effect.whole)
        return fmt::format(
            "it changes how synapses in core {} are read: {}",
            flat.program().cores[static_cast<std::size_t>(fault.core)].id,
            fmt::join(memories.nodesOf(fault.core, fault.memory, fault.word, fault.bit), ", "));
      if (!effect.parameters.empty())
        return names.parameter(effect.parameters.front()) + more(effect.parameters.size());
      if (!effect.synapses.empty())
        return names.synapse(effect.synapses.front()) + more(effect.synapses.size());
      return "it changes nothing: the bit has this value, or no neuron reads it";
    case Mechanism::StateBit: {
      const auto& states =
          flat.program().populations[static_cast<std::size_t>(fault.population)].model->states;
      return fmt::format("bit {} of {} of {} {} step {}", fault.bit,
                         states[static_cast<std::size_t>(fault.state)], cell(),
                         fault.kind->bit == BitFault::Flip     ? "inverts after"
                         : fault.kind->bit == BitFault::Stuck0 ? "reads 0 from"
                                                               : "reads 1 from",
                         fault.step);
    }
    case Mechanism::Neuron:
      return cell() + (fault.kind->manner == Manner::Dead ? " never sends" : " sends in every step");
    case Mechanism::Core:
      return fmt::format(
          "core {}: {}", flat.program().cores[static_cast<std::size_t>(fault.core)].id,
          fault.kind->manner == Manner::Dead ? "nothing sends" : "all neurons send in every step");
    case Mechanism::Message:
      return fmt::format("the spike of {} in step {}: {}", cell(), fault.step, fault.kind->summary);
    case Mechanism::MessageLoss:
    case Mechanism::Input:
    case Mechanism::Device:
      return fmt::format("{} (realisation {})", fault.kind->summary, fault.instance);
    case Mechanism::Channel:
      return fmt::format("'{}'[{}] {}", flat.program().inputs[static_cast<std::size_t>(fault.input)].name,
                         fault.channel,
                         fault.kind->manner == Manner::Dead ? "never sends" : "sends in every step");
  }
  return {};
}

}  // namespace rheo::faults
