// How continuous parameters become a step, as data. SPEC F1 to F5, F11. A convention is a field of
// Conventions and of ConventionOptions and a row of the table; options, dumps, the IR and Python's parameters
// follow from the row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rheo {

enum class Reset : std::uint8_t { Zero, ToVReset, Subtract, SubtractLate };
enum class Discretization : std::uint8_t { Euler, Exponential };
enum class SpikeUnit : std::uint8_t { Unit, Dirac };
enum class FeedforwardDelay : std::uint8_t { None, OneStep };

struct Conventions {
  double dt = 1e-4;  // seconds
  Reset reset = Reset::ToVReset;
  Discretization discretization = Discretization::Euler;
  SpikeUnit spikes = SpikeUnit::Unit;
  FeedforwardDelay feedforwardDelay = FeedforwardDelay::None;
};

// What the user pinned; absent means: infer, else default.
struct ConventionOptions {
  std::optional<double> dt;
  std::optional<Reset> reset;
  std::optional<Discretization> discretization;
  std::optional<SpikeUnit> spikes;
  std::optional<FeedforwardDelay> feedforwardDelay;
  std::string framework;  // "--as": a named set
};

// A convention that is one of several words; dt, a number, has no row.
struct ConventionRow {
  std::string_view name;                     // "feedforward_delay"; on the command line --feedforward-delay
  std::span<const std::string_view> values;  // in the order of the enumeration
  std::string_view meaning;                  // a sentence for --help
  std::string_view whyDefault;               // why the default is what it is
  bool ofExact;                              // acts on neurons that are given as integers, too. SPEC F14

  int (*valueIn)(const Conventions& conventions);
  void (*setIn)(Conventions& conventions, int value);
  std::optional<int> (*pinnedIn)(const ConventionOptions& options);
  void (*pinIn)(ConventionOptions& options, int value);

  std::string_view text(const Conventions& conventions) const { return values[valueIn(conventions)]; }
  std::optional<int> find(std::string_view value) const;
  std::string title() const;   // "feedforward delay"
  std::string flag() const;    // "--feedforward-delay"
  std::string option() const;  // "--feedforward-delay 0|1"
};

std::span<const ConventionRow> conventionRows();

}  // namespace rheo
