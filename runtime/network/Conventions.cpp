// What a file leaves unsaid about discrete time: dt, reset, discretization, spike unit. Inferred where there
// is evidence, else a default; each choice becomes an assumption. SPEC F1 to F3, F11.
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

std::string_view text(Reset reset) {
  switch (reset) {
    case Reset::Zero:
      return "zero";
    case Reset::ToVReset:
      return "v_reset";
    case Reset::Subtract:
      return "subtract";
    case Reset::SubtractLate:
      return "subtract-late";
  }
  return "";
}
std::string_view text(Discretization d) { return d == Discretization::Euler ? "euler" : "exponential"; }
std::string_view text(SpikeUnit unit) { return unit == SpikeUnit::Unit ? "unit" : "dirac"; }

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
               "--as takes norse or snntorch; for others give --dt, --reset, --discretization and --spikes");
    return false;
  }
  set.discretization = Discretization::Euler;
  set.spikes = SpikeUnit::Unit;
  // A single option beats the set.
  if (!options.dt) options.dt = set.dt;
  if (!options.reset) options.reset = set.reset;
  if (!options.discretization) options.discretization = set.discretization;
  if (!options.spikes) options.spikes = set.spikes;
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

void decideReset(Network& network, const ConventionOptions& options) {
  bool spiking = false, nonzero = false;
  for (const Node& node : network.nodes) {
    if (!node.spiking() || node.exact()) continue;
    spiking = true;
    const auto& values = node.parameters.at("v_reset").values;
    nonzero |= std::any_of(values.begin(), values.end(), [](double v) { return v != 0; });
  }
  network.conventions.reset = options.reset.value_or(Reset::ToVReset);
  if (!spiking) return;
  std::string why =
      options.reset ? "given"
      : nonzero
          ? "default: the file has a v_reset that is not zero; the format does not say how a reset works"
          : "default: the format does not say how a reset works; v_reset is zero in every neuron";
  network.assumptions.push_back({"reset", std::string(text(network.conventions.reset)), std::move(why),
                                 "--reset zero|v_reset|subtract|subtract-late", !options.reset && !nonzero});
}

// SPEC F14: the step is given in integers; what options say about real numbers has nothing to act on.
void decideExact(Network& network, const ConventionOptions& options, Report& report) {
  if (options.dt) decideDt(network, options, report);
  const auto unused = [&](bool given, const char* what, const char* flag) {
    if (given)
      network.assumptions.push_back({what, "not used", "every neuron of this network is given as integers",
                                     fmt::format("leave {} out", flag), true});
  };
  unused(options.reset.has_value(), "reset", "--reset");
  unused(options.discretization.has_value(), "discretization", "--discretization");
  unused(options.spikes.has_value(), "spikes", "--spikes");
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
  const std::string source = given.framework.empty() ? "given" : "given, or part of --as " + given.framework;
  if (isExactOnly(network)) return decideExact(network, options, report);
  decideDt(network, options, report);
  decideReset(network, options);
  network.conventions.discretization = options.discretization.value_or(Discretization::Euler);
  network.assumptions.push_back(
      {"discretization", std::string(text(network.conventions.discretization)),
       options.discretization ? source
                              : "default: what most frameworks do; the format gives differential equations",
       "--discretization euler|exponential", false});
  network.conventions.spikes = options.spikes.value_or(SpikeUnit::Unit);
  network.assumptions.push_back(
      {"spikes", std::string(text(network.conventions.spikes)),
       options.spikes ? source
                      : "default: a spike adds its weight once; the format does not fix its amplitude",
       "--spikes unit|dirac", false});
  warnCoarseStep(network);
  refuseDiracSpikes(network, report);
}

}  // namespace rheo::network
