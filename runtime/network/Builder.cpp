// Builds a network from arrays.
#include "network/Builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/Model.h"
#include "network/Checks.h"

namespace rheo {

namespace {

// An Output for every population that feeds no other one.
void addOutputs(Network& network) {
  std::vector<bool> read(network.nodes.size(), false);
  for (const Edge& edge : network.edges) {
    // A population that feeds only itself is still read by nobody else.
    bool itself = false;
    for (const Edge& next : network.edges) itself |= next.source == edge.target && next.target == edge.source;
    if (!itself) read[edge.source] = true;
  }
  std::vector<int> unread;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    if (network.nodes[i].stateful() && !read[i]) unread.push_back(i);
  }
  for (const int source : unread) {
    Node node;
    node.kind = "Output";
    node.name = unread.size() == 1 ? "output" : network.nodes[source].name + "_output";
    network.edges.push_back({source, static_cast<int>(network.nodes.size()), 0});
    network.nodes.push_back(std::move(node));
  }
}

}  // namespace

Builder::Builder(std::string name, ConventionOptions options) : options_(std::move(options)) {
  network_.name = std::move(name);
}

Builder& Builder::input(const std::string& name, Shape shape) {
  Node node;
  node.name = name;
  node.kind = "Input";
  node.parameters["shape"] = Tensor{{static_cast<std::int64_t>(shape.size())},
                                    std::vector<double>(shape.begin(), shape.end()),
                                    DType::Int64,
                                    ""};
  network_.nodes.push_back(std::move(node));
  return *this;
}

Builder& Builder::output(const std::string& name, const std::string& source) {
  Node node;
  node.name = name;
  node.kind = "Output";
  network_.nodes.push_back(std::move(node));
  return connect(source, name);
}

Builder& Builder::lif(const std::string& name, Shape shape, const LifParameters& p) {
  return neurons("LIF", name, shape,
                 {{"tau", p.tau},
                  {"r", p.r},
                  {"v_leak", p.vLeak},
                  {"v_threshold", p.vThreshold},
                  {"v_reset", p.vReset}});
}

Builder& Builder::li(const std::string& name, Shape shape, const LiParameters& p) {
  return neurons("LI", name, shape, {{"tau", p.tau}, {"r", p.r}, {"v_leak", p.vLeak}});
}

Builder& Builder::cubaLif(const std::string& name, Shape shape, const CubaLifParameters& p) {
  return neurons("CubaLIF", name, shape,
                 {{"tau_syn", p.tauSyn},
                  {"tau_mem", p.tauMem},
                  {"r", p.r},
                  {"v_leak", p.vLeak},
                  {"w_in", p.inputWeight},
                  {"v_threshold", p.vThreshold},
                  {"v_reset", p.vReset}});
}

Builder& Builder::cubaLi(const std::string& name, Shape shape, const CubaLiParameters& p) {
  return neurons("CubaLI", name, shape,
                 {{"tau_syn", p.tauSyn},
                  {"tau_mem", p.tauMem},
                  {"r", p.r},
                  {"v_leak", p.vLeak},
                  {"w_in", p.inputWeight}});
}

Builder& Builder::integrateAndFire(const std::string& name, Shape shape,
                                   const IntegrateAndFireParameters& p) {
  return neurons("IF", name, shape, {{"r", p.r}, {"v_threshold", p.vThreshold}, {"v_reset", p.vReset}});
}

Builder& Builder::integrator(const std::string& name, Shape shape, std::vector<double> r) {
  return neurons("I", name, shape, {{"r", std::move(r)}});
}

Builder& Builder::threshold(const std::string& name, Shape shape, std::vector<double> threshold) {
  return neurons("Threshold", name, shape, {{"threshold", std::move(threshold)}});
}

Builder& Builder::delay(const std::string& name, Shape shape, std::vector<double> seconds) {
  return elements("Delay", name, shape, {{"delay", std::move(seconds)}});
}

Builder& Builder::neurons(const std::string& kind, const std::string& name, const Shape& shape,
                          const std::map<std::string, std::vector<double>>& parameters) {
  return elements(kind, name, shape, parameters);
}

Builder& Builder::elements(const std::string& kind, const std::string& name, const Shape& shape,
                           const std::map<std::string, std::vector<double>>& parameters) {
  Node node;
  node.name = name;
  node.kind = kind;
  node.inputShape = node.outputShape = shape;
  for (const auto& [key, values] : parameters) {
    // A single value keeps shape [] and spreads; anything else has to fill the population.
    node.parameters[key] = Tensor{values.size() == 1 ? Shape{} : shape, values, DType::Float64, ""};
  }
  network_.nodes.push_back(std::move(node));
  return *this;
}

Builder& Builder::connect(const std::string& source, const std::string& target, std::vector<double> weights,
                          std::vector<double> biases) {
  connections_.push_back({source, target, true, std::move(weights), std::move(biases)});
  return *this;
}

Builder& Builder::connect(const std::string& source, const std::string& target) {
  connections_.push_back({source, target, false, {}, {}});
  return *this;
}

Expected<Network> Builder::build() const {
  Network network = network_;
  network::Report report("");
  for (const Connection& connection : connections_) {
    const int source = network.find(connection.source), target = network.find(connection.target);
    if (source < 0 || target < 0) {
      report.add("R0206", source < 0 ? connection.source : connection.target,
                 fmt::format("connection '{}' -> '{}': there is no node '{}'", connection.source,
                             connection.target, source < 0 ? connection.source : connection.target),
                 "add the node, or correct its name");
      continue;
    }
    if (!connection.weighted) {
      network.edges.push_back({source, target, 0});
      continue;
    }
    // 0 where it is not known; finishNetwork then reports the weights' shape.
    const auto sizeOf = [&](int node) -> std::int64_t {
      const Node& n = network.nodes[node];
      const auto declared = n.parameters.find("shape");
      if (declared != n.parameters.end()) {
        const auto& values = declared->second.values;
        return std::max<std::int64_t>(network::boundedSize(Shape(values.begin(), values.end())), 0);
      }
      return n.outputShape.empty() ? 0 : std::max<std::int64_t>(network::boundedSize(n.outputShape), 0);
    };
    const std::int64_t sources = sizeOf(source);
    std::int64_t targets = sizeOf(target);
    if (const auto model = models::findNodeModel(network.nodes[target].kind).model)
      targets = model->inputsOf(targets);
    if (network.nodes[target].kind == "Output" && sources > 0) {
      targets = static_cast<std::int64_t>(connection.weights.size()) / sources;
    }
    Node matrix;
    matrix.name = fmt::format("{}_to_{}", connection.source, connection.target);
    for (int n = 2; network.find(matrix.name) >= 0; ++n) {
      matrix.name = fmt::format("{}_to_{}_{}", connection.source, connection.target, n);
    }
    matrix.kind = connection.biases.empty() ? "Linear" : "Affine";
    matrix.parameters["weight"] = Tensor{{targets, sources}, connection.weights, DType::Float64, ""};
    if (!connection.biases.empty()) {
      matrix.parameters["bias"] = Tensor{
          {static_cast<std::int64_t>(connection.biases.size())}, connection.biases, DType::Float64, ""};
    }
    const int node = static_cast<int>(network.nodes.size());
    network.nodes.push_back(std::move(matrix));
    network.edges.push_back({source, node, 0});
    network.edges.push_back({node, target, 0});
  }
  if (report.failed()) return report.take();
  if (network.outputs().empty()) addOutputs(network);
  return finishNetwork(std::move(network), options_, "");
}

}  // namespace rheo
