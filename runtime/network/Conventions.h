// How continuous parameters become a step, as data. SPEC F1 to F5, F11, F19 to F22, F25. A convention is a
// field of Conventions and of ConventionOptions and a row of the table; options, dumps, the IR, Python's
// parameters and the search for a recording's conventions follow from the row.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/FloatRules.h"

namespace rheo {

struct Network;

using models::Clamp;
using models::Firing;
using models::Reset;
using models::SpikesPerStep;
using models::Update;
enum class Discretization : std::uint8_t { Euler, Exponential };
enum class SpikeUnit : std::uint8_t { Unit, Dirac };
enum class FeedforwardDelay : std::uint8_t { None, OneStep };
enum class RecurrentDelay : std::uint8_t { OneStep, TwoSteps };
enum class CurrentOrder : std::uint8_t { New, Old };
enum class Integration : std::uint8_t { Step, Second };

struct Conventions {
  double dt = 1e-4;  // seconds
  Reset reset = Reset::ToVReset;
  Discretization discretization = Discretization::Euler;
  SpikeUnit spikes = SpikeUnit::Unit;
  FeedforwardDelay feedforwardDelay = FeedforwardDelay::None;
  RecurrentDelay recurrentDelay = RecurrentDelay::OneStep;
  CurrentOrder current = CurrentOrder::New;
  Firing firing = Firing::Above;
  SpikesPerStep spikesPerStep = SpikesPerStep::One;
  Clamp clamp = Clamp::None;
  Integration integration = Integration::Step;
  Update update = Update::Difference;

  models::FloatRules rules() const { return {reset, firing, spikesPerStep, clamp, update}; }

  // The share of its distance that a state with a time constant moves in a step, and what stays of the
  // distance, in an arithmetic T. SPEC F2, F3.
  template <class T = double>
  T share(double tau) const {
    if (discretization == Discretization::Exponential) return static_cast<T>(-std::expm1(-dt / tau));
    return static_cast<T>(dt) / static_cast<T>(tau);
  }
  template <class T = double>
  T kept(double tau) const {
    if (discretization == Discretization::Exponential) return static_cast<T>(std::exp(-dt / tau));
    return T(1) - share<T>(tau);
  }
  // Whether a membrane without a time constant adds r dt times its input, not r times. SPEC F11, F22.
  bool perSecond() const { return spikes == SpikeUnit::Dirac || integration == Integration::Second; }
  // What a spike is worth. SPEC F11.
  double spikeValue() const { return spikes == SpikeUnit::Dirac ? 1 / dt : 1; }
};

// What the user pinned; absent means: infer, else default.
struct ConventionOptions {
  std::optional<double> dt;
  std::optional<Reset> reset;
  std::optional<Discretization> discretization;
  std::optional<SpikeUnit> spikes;
  std::optional<FeedforwardDelay> feedforwardDelay;
  std::optional<RecurrentDelay> recurrentDelay;
  std::optional<CurrentOrder> current;
  std::optional<Firing> firing;
  std::optional<SpikesPerStep> spikesPerStep;
  std::optional<Clamp> clamp;
  std::optional<Integration> integration;
  std::optional<Update> update;
  std::string framework;  // "--as": a named set
};

// What of a network conventions act on.
struct ConventionUses {
  bool exactNeurons = false;  // neurons that are given as integers (SPEC F14)
  bool realNeurons = false;   // others; what follows is about these
  bool spiking = false;
  bool positiveThresholds = true;
  bool resetPotentials = false;  // a v_reset that is not 0
  bool timeConstants = false;
  bool currents = false;     // CubaLIF, CubaLI
  bool integrators = false;  // IF, I
  bool clampable = false;    // IF
  bool hops = false;         // an input or a neuron leads to a neuron
  bool loops = false;        // an edge closes a cycle

  bool onlyExact() const { return exactNeurons && !realNeurons; }
};

ConventionUses usesOf(const Network& network);

// A convention that is one of several words; dt, a number, has no row.
struct ConventionRow {
  std::string_view name;                     // "feedforward_delay"; on the command line --feedforward-delay
  std::span<const std::string_view> values;  // in the order of the enumeration
  std::string_view meaning;                  // a sentence for --help
  std::string_view whyDefault;               // why the default is what it is
  // Whether a network can step otherwise under a value, not the first, than under the ones before it.
  bool (*differs)(int value, const ConventionUses& uses);
  bool rounding;  // values differ by nothing but rounding: a recording's spikes hardly tell them apart

  int (*valueIn)(const Conventions& conventions);
  void (*setIn)(Conventions& conventions, int value);
  std::optional<int> (*pinnedIn)(const ConventionOptions& options);
  void (*pinIn)(ConventionOptions& options, int value);

  std::string_view text(const Conventions& conventions) const { return values[valueIn(conventions)]; }
  std::optional<int> find(std::string_view value) const;
  // The values under which a network can step differently, the first one included; one: nothing depends on
  // it.
  std::vector<int> distinct(const ConventionUses& uses) const;
  std::string title() const;   // "feedforward delay"
  std::string flag() const;    // "--feedforward-delay"
  std::string option() const;  // "--feedforward-delay 0|1"
};

std::span<const ConventionRow> conventionRows();

// The conventions by which a framework runs a network that it read from a NIR file: what `--as` means.
struct FrameworkConventions {
  std::string_view name;
  std::optional<double> dt;                                           // where the framework fixes it
  std::vector<std::pair<std::string_view, std::string_view>> values;  // of rows, by name; others: the default
  std::vector<std::string_view>
      kinds;  // of nodes that its reader takes, beside ports; empty where we do not know
  // What its reader makes of the parameters, where that is not what the file means; told as assumptions. May
  // be null.
  void (*read)(Network& network, Conventions& conventions) = nullptr;

  Conventions conventions() const;  // but for dt
};

std::span<const FrameworkConventions> frameworks();
const FrameworkConventions* findFramework(std::string_view name);

}  // namespace rheo
