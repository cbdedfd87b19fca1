// What a file leaves unsaid about discrete time. Inferred where there is evidence, else a default; each
// choice becomes an assumption. SPEC F1 to F3, F5, F11.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "network/Checks.h"

namespace rheo::network {

namespace {

constexpr double kDefaultDt = 1e-4;
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

// The named sets of `--as`; what they leave open stays open.
bool addFramework(ConventionOptions& options, Report& report) {
  const std::string& name = options.framework;
  if (name.empty()) return true;
  ConventionOptions set;
  if (name == "norse") {
    set.reset = Reset::Zero;  // Norse has no v_reset
  } else if (name == "snntorch") {
    set.dt = kDefaultDt;  // snnTorch's NIR reader fixes it
  } else {
    report.add("R0211", "", fmt::format("no set of conventions is called '{}'", name.substr(0, 64)),
               "--as takes norse or snntorch; for others give the conventions one by one");
    return false;
  }
  set.discretization = Discretization::Euler;
  set.spikes = SpikeUnit::Unit;
  set.feedforwardDelay = FeedforwardDelay::None;
  // A single option beats the set.
  if (!options.dt) options.dt = set.dt;
  for (const ConventionRow& row : conventionRows())
    if (const std::optional<int> value = row.pinnedIn(set); value && !row.pinnedIn(options))
      row.pinIn(options, *value);
  return true;
}

void decideDt(Network& network, const ConventionOptions& options, Report& report) {
  const Evidence evidence = inferDt(network);
  Assumption assumption{"dt", "", "", "--dt SECONDS", false};
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
    assumption.why = "given";
    if (evidence.dt > 0 && std::abs(dt / evidence.dt - 1) > kGainTolerance) {
      assumption.why = fmt::format("given; the gains of {} current-based neurons speak for {} s",
                                   evidence.neurons, numberText(evidence.dt));
      assumption.warning = true;
    }
  } else if (evidence.dt > 0) {
    dt = evidence.dt;
    assumption.why = fmt::format(
        "r dt / tau_mem = 1 and w_in dt / tau_syn = 1 in all {} current-based neurons (within {:g})",
        evidence.neurons, kGainTolerance);
  } else {
    dt = kDefaultDt;
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
          {"coarse step",
           fmt::format("dt / {} = {:.6g} in '{}'", name, network.conventions.dt / least, node.name),
           "above 1 forward Euler overshoots; dt may be wrong",
           "--dt SECONDS or --discretization exponential", true});
    }
  }
}

struct Resets {
  bool spiking = false, nonzero = false;  // neurons that spike; a v_reset that is not 0
};

Resets resetsOf(const Network& network) {
  Resets found;
  for (const Node& node : network.nodes) {
    if (!node.spiking() || node.exact()) continue;
    const auto reset = node.parameters.find("v_reset");
    if (reset == node.parameters.end()) continue;  // SPEC F24
    found.spiking = true;
    const auto& values = reset->second.values;
    found.nonzero |= std::any_of(values.begin(), values.end(), [](double v) { return v != 0; });
  }
  return found;
}

// A convention from the options, else its default.
void decide(Network& network, const ConventionRow& row, const ConventionOptions& given,
            const ConventionOptions& withFramework) {
  const std::optional<int> value = row.pinnedIn(withFramework);
  if (value) row.setIn(network.conventions, *value);
  Assumption assumption{row.title(), std::string(row.text(network.conventions)),
                        fmt::format("default: {}", row.whyDefault), row.option(), false};
  if (value) assumption.why = row.pinnedIn(given) ? "given" : fmt::format("part of --as {}", given.framework);
  if (row.name == "reset") {
    const Resets resets = resetsOf(network);
    if (!resets.spiking) return;
    if (!value) {
      assumption.why +=
          resets.nonzero ? "; the file has a v_reset that is not zero" : "; v_reset is zero in every neuron";
      assumption.warning = !resets.nonzero;
    }
  }
  network.assumptions.push_back(std::move(assumption));
}

bool isExactOnly(const Network& network) {
  bool any = false, all = true;
  for (const Node& node : network.nodes) {
    any |= node.stateful();
    all &= !node.stateful() || node.exact();
  }
  return any && all;
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

}  // namespace

void decideConventions(Network& network, const ConventionOptions& given, Report& report) {
  ConventionOptions options = given;
  if (!addFramework(options, report)) return;
  // SPEC F14: the step is given in integers; what options say about real numbers has nothing to act on.
  const bool exact = isExactOnly(network);
  const bool timed = std::any_of(network.nodes.begin(), network.nodes.end(),
                                 [](const Node& node) { return node.kind == "Delay"; });  // SPEC F23
  if (!exact || timed || options.dt) decideDt(network, options, report);
  for (const ConventionRow& row : conventionRows()) {
    if (!exact || row.ofExact) {
      decide(network, row, given, options);
    } else if (row.pinnedIn(options)) {
      network.assumptions.push_back({row.title(), "not used",
                                     "every neuron of this network is given as integers",
                                     fmt::format("leave {} out", row.option()), true});
    }
  }
  if (exact) return;
  warnCoarseStep(network);
  refuseDiracSpikes(network, report);
}

}  // namespace rheo::network
