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

// The accessors of a row: both structs call the field alike.
template <auto Field, auto Pinned>
constexpr ConventionRow row(std::string_view name, std::span<const std::string_view> values,
                            std::string_view meaning, std::string_view whyDefault, bool ofExact = false) {
  using Value = std::remove_cvref_t<decltype(std::declval<Conventions>().*Field)>;
  return {name,
          values,
          meaning,
          whyDefault,
          ofExact,
          [](const Conventions& conventions) { return static_cast<int>(conventions.*Field); },
          [](Conventions& conventions, int value) { conventions.*Field = static_cast<Value>(value); },
          [](const ConventionOptions& options) {
            return options.*Pinned ? std::optional(static_cast<int>(*(options.*Pinned))) : std::nullopt;
          },
          [](ConventionOptions& options, int value) { options.*Pinned = static_cast<Value>(value); }};
}

constexpr std::array<std::string_view, 4> kResets{"zero", "v_reset", "subtract", "subtract-late"};
constexpr std::array<std::string_view, 2> kDiscretizations{"euler", "exponential"};
constexpr std::array<std::string_view, 2> kSpikeUnits{"unit", "dirac"};
constexpr std::array<std::string_view, 2> kFeedforwardDelays{"0", "1"};

constexpr std::array kRows{
    row<&Conventions::reset, &ConventionOptions::reset>("reset", kResets,
                                                        "What a spike does to the membrane potential.",
                                                        "the format does not say how a reset works"),
    row<&Conventions::discretization, &ConventionOptions::discretization>(
        "discretization", kDiscretizations, "How a differential equation becomes a step.",
        "what most frameworks do; the format gives differential equations"),
    row<&Conventions::spikes, &ConventionOptions::spikes>(
        "spikes", kSpikeUnits, "What a spike is: 1, or 1/dt.",
        "a spike adds its weight once; the format does not fix its amplitude"),
    row<&Conventions::feedforwardDelay, &ConventionOptions::feedforwardDelay>(
        "feedforward_delay", kFeedforwardDelays,
        "Steps from an input or a neuron to the next neurons: none, or one as in Lava.",
        "what PyTorch frameworks do; the format does not say when a spike arrives", true),
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

std::string ConventionRow::title() const { return replaced(name, ' '); }

std::string ConventionRow::flag() const { return "--" + replaced(name, '-'); }

std::string ConventionRow::option() const { return fmt::format("{} {}", flag(), fmt::join(values, "|")); }

std::span<const ConventionRow> conventionRows() { return kRows; }

}  // namespace rheo
