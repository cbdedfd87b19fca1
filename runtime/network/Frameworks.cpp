// The named sets of `--as`: how each framework runs a network that it reads from a NIR file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "network/Checks.h"

namespace rheo {

namespace {

void tellReading(Network& network, std::string value, std::string_view meaning) {
  network.assumptions.push_back(
      {network::kReading, std::move(value),
       fmt::format("the framework's own reader does so; the file means {}", meaning), "leave --as out",
       true});
}

// Replaces a parameter of every node of a kind by a function of it and the neuron's index; says so where it
// differs.
void reread(Network& network, std::string_view kind, const std::string& parameter, std::string_view how,
            const std::function<double(const Node& node, double value, std::size_t neuron)>& value) {
  std::vector<std::string> changed;
  for (Node& node : network.nodes) {
    const auto found = node.parameters.find(parameter);
    if (node.kind != kind || found == node.parameters.end()) continue;
    std::vector<double> values = found->second.values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(node, values[i], i);
    if (values == found->second.values) continue;
    found->second.values = std::move(values);
    found->second.dtype = DType::Float64;
    changed.push_back(fmt::format("'{}'", node.name));
  }
  if (changed.empty()) return;
  tellReading(network, fmt::format("'{}' of {} {}", parameter, fmt::join(changed, ", "), how),
              "something else");
}

double one(const Node&, double, std::size_t) { return 1; }

// import_nir: "r" is warned of and ignored where there is no current.
void readAsNorse(Network& network, Conventions&) {
  for (const char* kind : {"LIF", "IF"}) reread(network, kind, "r", "is taken for 1", one);
}

// import_nir: an IF is a Leaky that keeps 0.9 of its potential in a step, with the reset of Leaky's own
// default.
void readAsSnnTorch(Network& network, Conventions& conventions) {
  constexpr double kKept = 0.9;
  std::vector<std::string> changed;
  bool others = false;
  for (Node& node : network.nodes) {
    others |= node.kind == "LIF" || node.kind == "CubaLIF";
    if (node.kind != "IF") continue;
    const std::vector<std::int64_t> shape = node.parameters.at("r").shape;
    const auto all = [&](double value, const char* unit) {
      const auto size = static_cast<std::size_t>(node.outputSize());
      return Tensor{shape, std::vector<double>(size, value), DType::Float64, unit};
    };
    node.kind = "LIF";
    node.parameters["tau"] = all(conventions.dt / (1 - kKept), "s");
    node.parameters["r"] = all(1 / (1 - kKept), "V/A");
    node.parameters["v_leak"] = all(0, "V");
    changed.push_back(fmt::format("'{}'", node.name));
  }
  if (changed.empty()) return;
  if (!others) conventions.reset = Reset::SubtractLate;
  tellReading(network,
              fmt::format("the IF neurons {} keep {} of their potential in a step, and subtract {}",
                          fmt::join(changed, ", "), kKept,
                          others ? "there; here they reset as the others do" : "late"),
              "no leak");
}

// from_nir: time constants count steps, inputs are not scaled.
void readAsSinabs(Network& network, Conventions& conventions) {
  reread(network, "IF", "r", "is taken for 1", one);
  const double dt = conventions.dt;
  for (const char* kind : {"LIF", "LI"}) {
    reread(network, kind, "tau", "is taken for a number of steps",
           [&](const Node&, double tau, std::size_t) { return tau * dt; });
    reread(network, kind, "r", "is taken so that an input adds itself to v",
           [&](const Node& node, double, std::size_t i) {
             return 1 / conventions.share(node.parameters.at("tau").values[i]);
           });
  }
}

}  // namespace

Conventions FrameworkConventions::conventions() const {
  Conventions all;
  for (const ConventionRow& row : conventionRows())
    for (const auto& [name, value] : values)
      if (name == row.name) row.setIn(all, row.find(value).value());
  return all;
}

const FrameworkConventions* findFramework(std::string_view name) {
  const auto found =
      std::find_if(frameworks().begin(), frameworks().end(),
                   [&](const FrameworkConventions& framework) { return framework.name == name; });
  return found == frameworks().end() ? nullptr : &*found;
}

std::span<const FrameworkConventions> frameworks() {
  static const std::array kFrameworks{
      // Norse 1.1, norse.torch.utils.import_nir: dt is an argument; v_reset is dropped.
      FrameworkConventions{"norse",
                           {},
                           {{"reset", "zero"}},
                           {"Affine", "Linear", "Conv2d", "SumPool2d", "Flatten", "IF", "LIF", "CubaLIF"},
                           &readAsNorse},
      // snnTorch 1.0, import_nir: dt is fixed; reset_mechanism="zero", reset_delay=False.
      FrameworkConventions{"snntorch",
                           1e-4,
                           {{"reset", "zero"}, {"update", "decay"}},
                           {"Affine", "Linear", "Conv2d", "AvgPool2d", "Flatten", "IF", "LIF", "CubaLIF"},
                           &readAsSnnTorch},
      // Sinabs 3.1, from_nir: decays exp(-1/tau), MultiSpike, MembraneSubtract; IAF with min_v_mem.
      FrameworkConventions{"sinabs",
                           {},
                           {{"reset", "subtract"},
                            {"discretization", "exponential"},
                            {"firing", "reached"},
                            {"spikes_per_step", "many"},
                            {"clamp", "threshold"},
                            {"update", "decay"}},
                           {"Affine", "Conv1d", "Conv2d", "SumPool2d", "Flatten", "IF", "LI", "LIF"},
                           &readAsSinabs},
      // SpikingJelly 2.0, nir_exchange.import_from_nir: dt is an argument, 1e-4 where it is left out.
      FrameworkConventions{
          "spikingjelly",
          1e-4,
          {{"reset", "v_reset"}, {"firing", "reached"}, {"integration", "second"}},
          {"Affine", "Linear", "Conv1d", "Conv2d", "AvgPool2d", "Flatten", "IF", "LIF", "CubaLIF"}},
      // Lava 0.10, lava.proc.lif: every hop takes a step.
      FrameworkConventions{
          "lava", {}, {{"reset", "zero"}, {"feedforward_delay", "1"}, {"update", "decay"}}, {}},
      // Nengo 4, nengo.LIF: the exact solution over a step.
      FrameworkConventions{"nengo", {}, {{"reset", "zero"}, {"discretization", "exponential"}}, {}},
      // Spyx 0.1, spyx.nn: a neuron tests the potential of the step before, and subtracts then.
      FrameworkConventions{
          "spyx", {}, {{"reset", "subtract-next"}, {"feedforward_delay", "1"}, {"update", "decay"}}, {}},
      // Rockpool 2.7, LIFTorch: decays exp(-dt/tau), several spikes in a step.
      FrameworkConventions{"rockpool",
                           {},
                           {{"reset", "subtract"},
                            {"discretization", "exponential"},
                            {"spikes_per_step", "many"},
                            {"update", "decay"}},
                           {}},
  };
  return kFrameworks;
}

}  // namespace rheo
