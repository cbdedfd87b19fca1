// The table of conventions.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "network/Conventions.h"
#include "support/Names.h"

namespace rheo {

namespace {

using Uses = ConventionUses;

// The accessors of a row: both structs call the field alike.
template <auto Field, auto Pinned>
constexpr ConventionRow row(std::string_view name, std::span<const std::string_view> values,
                            std::string_view meaning, std::string_view whyDefault,
                            bool (*differs)(int value, const Uses& uses), bool rounding = false) {
  using Value = std::remove_cvref_t<decltype(std::declval<Conventions>().*Field)>;
  return {name,
          values,
          meaning,
          whyDefault,
          differs,
          rounding,
          [](const Conventions& conventions) { return static_cast<int>(conventions.*Field); },
          [](Conventions& conventions, int value) { conventions.*Field = static_cast<Value>(value); },
          [](const ConventionOptions& options) {
            return options.*Pinned ? std::optional(static_cast<int>(*(options.*Pinned))) : std::nullopt;
          },
          [](ConventionOptions& options, int value) { options.*Pinned = static_cast<Value>(value); }};
}

constexpr std::array<std::string_view, 7> kResets{"zero",          "v_reset",   "subtract", "subtract-late",
                                                  "subtract-next", "zero-next", "none"};
constexpr std::array<std::string_view, 2> kDiscretizations{"euler", "exponential"};
constexpr std::array<std::string_view, 2> kSpikeUnits{"unit", "dirac"};
constexpr std::array<std::string_view, 2> kFeedforwardDelays{"0", "1"};
constexpr std::array<std::string_view, 2> kRecurrentDelays{"1", "2"};
constexpr std::array<std::string_view, 2> kCurrents{"new", "old"};
constexpr std::array<std::string_view, 2> kFirings{"above", "reached"};
constexpr std::array<std::string_view, 2> kSpikesPerStep{"one", "many"};
constexpr std::array<std::string_view, 2> kClamps{"none", "threshold"};
constexpr std::array<std::string_view, 2> kUpdates{"difference", "decay"};
constexpr std::array<std::string_view, 2> kIntegrations{"step", "second"};

constexpr std::array kRows{
    row<&Conventions::reset, &ConventionOptions::reset>(
        "reset", kResets, "What a spike does to the membrane potential.",
        "the format does not say how a reset works",
        [](int value, const Uses& uses) {
          return value == static_cast<int>(Reset::ToVReset) ? uses.resetPotentials : uses.spiking;
        }),
    row<&Conventions::discretization, &ConventionOptions::discretization>(
        "discretization", kDiscretizations, "How a differential equation becomes a step.",
        "what most frameworks do; the format gives differential equations",
        [](int, const Uses& uses) { return uses.timeConstants; }),
    row<&Conventions::spikes, &ConventionOptions::spikes>(
        "spikes", kSpikeUnits, "What a spike is: 1, or 1/dt.",
        "a spike adds its weight once; the format does not fix its amplitude",
        [](int, const Uses& uses) { return uses.realNeurons && !uses.exactNeurons; }),
    row<&Conventions::feedforwardDelay, &ConventionOptions::feedforwardDelay>(
        "feedforward_delay", kFeedforwardDelays,
        "Steps from an input or a neuron to the next neurons: none, or one as in Lava.",
        "what PyTorch frameworks do; the format does not say when a spike arrives",
        [](int, const Uses& uses) { return uses.hops; }),
    row<&Conventions::recurrentDelay, &ConventionOptions::recurrentDelay>(
        "recurrent_delay", kRecurrentDelays, "Steps that an edge which closes a cycle takes.",
        "what every framework does that we know", [](int, const Uses& uses) { return uses.loops; }),
    row<&Conventions::current, &ConventionOptions::current>(
        "current", kCurrents, "The synaptic current that a membrane sees: after its step, or before it.",
        "what Norse, snnTorch and Loihi do", [](int, const Uses& uses) { return uses.currents; }),
    row<&Conventions::firing, &ConventionOptions::firing>(
        "firing", kFirings, "When a neuron spikes: above its threshold, or once it is reached.",
        "the format's own documents say: above", [](int, const Uses& uses) { return uses.spiking; }),
    row<&Conventions::spikesPerStep, &ConventionOptions::spikesPerStep>(
        "spikes_per_step", kSpikesPerStep,
        "Spikes of a neuron in a step: one at most, or one for each threshold in its potential.",
        "what every framework but Sinabs and Rockpool does",
        [](int, const Uses& uses) { return uses.spiking && uses.positiveThresholds; }),
    row<&Conventions::clamp, &ConventionOptions::clamp>(
        "clamp", kClamps, "The least potential of an IF neuron: any, or minus its threshold.",
        "what every framework but Sinabs does", [](int, const Uses& uses) { return uses.clampable; }),
    row<&Conventions::integration, &ConventionOptions::integration>(
        "integration", kIntegrations, "What IF and I add in a step: r times their input, or that times dt.",
        "what most frameworks do; the equation would ask for dt",
        [](int, const Uses& uses) { return uses.integrators; }),
    row<&Conventions::update, &ConventionOptions::update>(
        "update", kUpdates,
        "How a leak is computed: v + k(v_leak - v + ri), or (1 - k)v + k(v_leak + ri); equal but for "
        "rounding.",
        "what Norse and Nengo do", [](int, const Uses& uses) { return uses.timeConstants; }, true),
};

std::string replaced(std::string_view name, char other) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', other);
  return text;
}

}  // namespace

std::optional<int> ConventionRow::find(std::string_view value) const {
  return valueNamed<int>(values, value);
}

std::vector<int> ConventionRow::distinct(const ConventionUses& uses) const {
  std::vector<int> found{0};
  for (int value = 1; value < static_cast<int>(values.size()); ++value)
    if (differs(value, uses)) found.push_back(value);
  return found;
}

std::string ConventionRow::title() const { return replaced(name, ' '); }

std::string ConventionRow::flag() const { return "--" + replaced(name, '-'); }

std::string ConventionRow::option() const { return fmt::format("{} {}", flag(), fmt::join(values, "|")); }

std::span<const ConventionRow> conventionRows() { return kRows; }

}  // namespace rheo
