// What a file leaves unsaid about discrete time. Inferred where there is evidence, else a default; each
// choice becomes an assumption. SPEC F1 to F3, F5, F11, F19 to F22, F25.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "models/Model.h"
#include "network/Checks.h"

namespace rheo::network {

namespace {

// Gains r dt / tau_mem and w_in dt / tau_syn count as 1 within this, so that float32 rounding in the file
// does not hide the evidence.
constexpr double kGainTolerance = 1e-4;

struct Evidence {
  double dt = 0;             // 0: none
  std::int64_t neurons = 0;  // that agree
  std::string conflict;      // why there is none although current-based neurons exist
};

// The decimal number with the fewest digits within the tolerance: 1.00000024e-4 is 1e-4.
double shortest(double value) {
  for (int digits = 1; digits < 17; ++digits) {
    const std::string text = fmt::format("{:.{}e}", value, digits - 1);
    double rounded = 0;  // what stays where the rounded number leaves the range of double
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    if (std::abs(rounded - value) <= 1e-6 * value) return rounded;
  }
  return value;
}

// dt such that both gains of every current-based neuron are 1. One gain alone is no evidence: r = 1 is a
// common default that would give dt = tau.
Evidence inferDt(const Network& network) {
  Evidence evidence;
  for (const Node& node : network.nodes) {
    if (node.kind != "CubaLIF" && node.kind != "CubaLI") continue;
    const auto& tauSyn = node.parameters.at("tau_syn").values;
    const auto& tauMem = node.parameters.at("tau_mem").values;
    const auto& r = node.parameters.at("r").values;
    const auto& gain = node.parameters.at("w_in").values;
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (evidence.dt == 0) evidence.dt = tauMem[i] / r[i];
      const double dt = evidence.dt;
      const double membrane = r[i] * dt / tauMem[i], synapse = gain[i] * dt / tauSyn[i];
      if (!(dt > 0) || !(std::abs(membrane - 1) <= kGainTolerance) ||
          !(std::abs(synapse - 1) <= kGainTolerance)) {
        evidence.conflict = fmt::format(
            "with dt = {} s, neuron {} of '{}' has r dt / tau_mem = {:.6g}, w_in dt / tau_syn = {:.6g}",
            numberText(dt), i, node.name, membrane, synapse);
        evidence.dt = 0;
        return evidence;
      }
      ++evidence.neurons;
    }
  }
  if (evidence.dt > 0) evidence.dt = shortest(evidence.dt);
  return evidence;
}

// The set that `--as` names, if it names one; false where there is none of that name.
bool lookUp(const std::string& name, const FrameworkConventions*& framework, Report& report) {
  framework = findFramework(name);
  if (framework || name.empty()) return true;
  std::vector<std::string_view> names;
  for (const FrameworkConventions& known : frameworks()) names.push_back(known.name);
  report.add(
      "R0211", "", fmt::format("no set of conventions is called '{}'", name.substr(0, 64)),
      fmt::format("--as takes {}; for others give the conventions one by one", fmt::join(names, ", ")));
  return false;
}

// A single option beats the set.
void pinOthers(const Conventions& set, ConventionOptions& options) {
  for (const ConventionRow& row : conventionRows())
    if (!row.pinnedIn(options)) row.pinIn(options, row.valueIn(set));
}

void decideDt(Network& network, const ConventionOptions& given, const ConventionOptions& options,
              Report& report) {
  const Evidence evidence = inferDt(network);
  Assumption assumption{kDtAssumption, "", "", "--dt SECONDS", false};
  double& dt = network.conventions.dt;
  if (options.dt) {
    dt = *options.dt;
    if (!std::isfinite(dt) || !(dt > 0)) {
      Diagnostic& d =
          report.add("R0211", "", fmt::format("dt is {} s; it has to be a positive number", dt), "--dt 1e-4");
      d.value = dt;
      d.limit = 0;
      return;
    }
    assumption.why = given.dt ? "given" : fmt::format("part of --as {}", given.framework);
    if (evidence.dt > 0 && std::abs(dt / evidence.dt - 1) > kGainTolerance) {
      assumption.why += fmt::format("; the gains of {} current-based neurons speak for {} s",
                                    evidence.neurons, numberText(evidence.dt));
      assumption.warning = true;
    }
  } else if (evidence.dt > 0) {
    dt = evidence.dt;
    assumption.why = fmt::format(
        "r dt / tau_mem = 1 and w_in dt / tau_syn = 1 in all {} current-based neurons (within {:g})",
        evidence.neurons, kGainTolerance);
  } else {
    dt = Conventions().dt;
    assumption.why = evidence.conflict.empty()
                         ? "default: nothing in the file tells dt"
                         : "default: the neurons' gains do not agree on one dt: " + evidence.conflict;
    assumption.warning = true;
  }
  assumption.value = numberText(dt) + " s";
  network.assumptions.push_back(std::move(assumption));
}

// Forward Euler leaves the stable region where dt > 2 tau and overshoots where dt > tau.
void warnCoarseStep(Network& network) {
  if (network.conventions.discretization != Discretization::Euler) return;
  for (const Node& node : network.nodes) {
    for (const char* name : {"tau", "tau_mem", "tau_syn"}) {
      const auto found = node.parameters.find(name);
      if (!node.stateful() || found == node.parameters.end()) continue;
      const double least = *std::min_element(found->second.values.begin(), found->second.values.end());
      if (network.conventions.dt <= least * (1 + kGainTolerance)) continue;
      network.assumptions.push_back(
          {kCoarseStep,
           fmt::format("dt / {} = {:.6g} in '{}'", name, network.conventions.dt / least, node.name),
           "above 1 forward Euler overshoots; dt may be wrong",
           "--dt SECONDS or --discretization exponential", true});
    }
  }
}

// A convention from the options, else its default; said where something depends on it.
void decide(Network& network, const ConventionRow& row, const ConventionUses& uses,
            const ConventionOptions& given, const ConventionOptions& withFramework) {
  const std::optional<int> value = row.pinnedIn(withFramework);
  const bool pinned = row.pinnedIn(given).has_value();
  if (value) row.setIn(network.conventions, *value);
  Assumption assumption{row.title(), std::string(row.text(network.conventions)),
                        fmt::format("default: {}", row.whyDefault), row.option(), false};
  if (value) assumption.why = pinned ? "given" : fmt::format("part of --as {}", given.framework);
  if (row.distinct(uses).size() == 1) {
    if (!pinned) return;
    assumption = {row.title(), "not used",
                  uses.onlyExact() ? "every neuron of this network is given as integers"
                                   : "nothing in this network depends on it",
                  fmt::format("leave {} out", row.option()), true};
  } else if (row.name == "reset" && !value) {
    assumption.why += uses.resetPotentials ? "; the file has a v_reset that is not zero"
                                           : "; v_reset is zero in every neuron";
    assumption.warning = !uses.resetPotentials;
  }
  network.assumptions.push_back(std::move(assumption));
}

// Nodes that the framework's own reader would refuse.
void tellUnread(Network& network, const FrameworkConventions& framework) {
  std::vector<std::string> unread;
  for (const Node& node : network.nodes)
    if (node.kind != "Input" && node.kind != "Output" &&
        std::find(framework.kinds.begin(), framework.kinds.end(), node.kind) == framework.kinds.end())
      unread.push_back(fmt::format("'{}' ({})", node.name, node.kind));
  if (framework.kinds.empty() || unread.empty()) return;
  network.assumptions.push_back(
      {kUnread, fmt::format("{}", fmt::join(unread, ", ")),
       fmt::format("the reader of {} takes no such nodes; here they step by its conventions", framework.name),
       "leave --as out", true});
}

// A spike into an exact node counts 1.
void refuseDiracSpikes(const Network& network, Report& report) {
  if (network.conventions.spikes != SpikeUnit::Dirac) return;
  for (const Node& node : network.nodes)
    if (node.exact())
      report.add("R0211", node.name,
                 fmt::format("'{}' is given as integers and takes spikes of 1, not of 1/dt", node.name),
                 "--spikes unit");
}

// SPEC F19: how often a threshold fits into a potential has a meaning where it is positive.
void refuseManySpikes(const Network& network, Report& report) {
  if (network.conventions.spikesPerStep != SpikesPerStep::Many) return;
  for (const Node& node : network.nodes) {
    const auto threshold = node.parameters.find("v_threshold");
    if (node.exact() || threshold == node.parameters.end()) continue;
    const auto& values = threshold->second.values;
    const auto low = std::find_if(values.begin(), values.end(), [](double v) { return !(v > 0); });
    if (low == values.end()) continue;
    Diagnostic& d = report.add("R0211", node.name,
                               fmt::format("several spikes in a step count thresholds, and v_threshold of "
                                           "neuron {} of '{}' is {}",
                                           low - values.begin(), node.name, numberText(*low)),
                               "--spikes-per-step one");
    d.value = *low;
    d.limit = 0;
  }
}

}  // namespace

void decideConventions(Network& network, const ConventionOptions& given, Report& report) {
  ConventionOptions options = given;
  const FrameworkConventions* framework = nullptr;
  if (!lookUp(given.framework, framework, report)) return;
  if (framework && !options.dt) options.dt = framework->dt;
  // SPEC F14: the step is given in integers; what options say about real numbers has nothing to act on.
  ConventionUses uses = usesOf(network);
  const bool timed = std::any_of(network.nodes.begin(), network.nodes.end(),
                                 [](const Node& node) { return node.kind == "Delay"; });  // SPEC F23
  if (!uses.onlyExact() || timed || options.dt) decideDt(network, given, options, report);
  if (framework) {
    Conventions set = framework->conventions();
    set.dt = network.conventions.dt;
    if (framework->read) {
      std::vector<Node> asInFile = network.nodes;
      const std::size_t told = network.assumptions.size();
      framework->read(network, set);
      if (network.assumptions.size() > told) network.asInFile = std::move(asInFile);
      uses = usesOf(network);
    }
    tellUnread(network, *framework);
    pinOthers(set, options);
  }
  for (const ConventionRow& row : conventionRows()) decide(network, row, uses, given, options);
  if (uses.onlyExact()) return;
  warnCoarseStep(network);
  refuseDiracSpikes(network, report);
  refuseManySpikes(network, report);
}

bool followsFromConventions(const Assumption& assumption) {
  const std::string_view what = assumption.what;
  return what == kCoarseStep || what == kRecurrentEdges || what == kDelays;
}

bool isAboutFramework(const Assumption& assumption) {
  return assumption.what == kReading || assumption.what == kUnread;
}

bool isAboutConventions(const Assumption& assumption) {
  const auto rows = conventionRows();
  return assumption.what == kDtAssumption || followsFromConventions(assumption) ||
         std::any_of(rows.begin(), rows.end(),
                     [&](const ConventionRow& row) { return row.title() == assumption.what; });
}

}  // namespace rheo::network

namespace rheo {

ConventionUses usesOf(const Network& network) {
  ConventionUses uses;
  for (const Node& node : network.nodes) {
    uses.exactNeurons |= node.exact();
    if (!node.stateful() || node.exact()) continue;
    const auto has = [&](const char* name) { return node.parameters.contains(name); };
    const bool leaky =
        !models::membraneTimeConstant(models::findNodeModel(node.kind).floatParameters).empty();
    uses.realNeurons = true;
    if (has("threshold")) continue;  // SPEC F24: nothing else acts on it
    uses.timeConstants |= leaky;
    uses.currents |= node.currentBased();
    uses.integrators |= !leaky;
    uses.clampable |= !leaky && node.spiking();
    uses.spiking |= node.spiking();
    if (!has("v_reset")) continue;
    const auto& thresholds = node.parameters.at("v_threshold").values;
    uses.positiveThresholds &=
        std::all_of(thresholds.begin(), thresholds.end(), [](double v) { return v > 0; });
    const auto& resets = node.parameters.at("v_reset").values;
    uses.resetPotentials |= std::any_of(resets.begin(), resets.end(), [](double v) { return v != 0; });
  }
  const std::vector<bool> hops = network::hops(network);
  uses.hops = std::find(hops.begin(), hops.end(), true) != hops.end();
  uses.loops = !network::closingEdges(network).empty();
  return uses;
}

}  // namespace rheo
