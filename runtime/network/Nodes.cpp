// Checks of single nodes and edges: names, kinds, parameters, ends.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "fixed/Arithmetic.h"
#include "models/Model.h"
#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "network/Delays.h"
#include "support/Text.h"

namespace rheo::network {

namespace {

struct Need {
  std::string_view name;
  bool required;
  bool positive;
  std::string_view unit;
  const models::FixedParameter* whole = nullptr;  // whole numbers within its range
  std::string remedy = {};                        // where they are none
};

// The largest magnitude of what an Input hands on, where it is more than spikes. SPEC W8 bounds it.
constexpr models::FixedParameter kPayload{"payload", 1, fixed::kInputBound, 1, "", "", ""};

// SPEC F18.
constexpr models::FixedParameter kDelay{"delay", 0, kMaxDelay, 0, "", "", ""};
constexpr const char* kDelayRemedy = "delays are counted in steps";

// What a node with a window may say along an axis. SPEC F15 to F17.
constexpr models::FixedParameter kLength{"length", 1, static_cast<std::int32_t>(kMaxStep), 1, "", "", ""};
constexpr models::FixedParameter kPadding{"padding", 0, static_cast<std::int32_t>(kMaxStep), 0, "", "", ""};
constexpr models::FixedParameter kCount{"count", 1, static_cast<std::int32_t>(kMaxNeurons), 1, "", "", ""};

std::vector<Need> parametersOfWindow(const std::string& kind) {
  const std::string remedy = "these are numbers of elements: correct the node";
  std::vector<Need> needs{{"stride", false, false, "", &kLength, remedy},
                          {"padding", false, false, "", &kPadding, remedy}};
  if (isPool(kind)) {
    needs.push_back({"kernel_size", true, false, "", &kLength, remedy});
    return needs;
  }
  needs.insert(needs.end(), {{"weight", true, false, "1"},
                             {"bias", false, false, "1"},
                             {"dilation", false, false, "", &kLength, remedy},
                             {"groups", false, false, "", &kCount, remedy},
                             {"input_shape", false, false, "", &kCount, remedy},
                             {"delay", false, false, "", &kDelay, kDelayRemedy}});
  return needs;
}

// What a node of this kind may hold.
std::vector<Need> parametersOf(const std::string& kind) {
  if (kind == "Input")
    return {{"shape", false, true, ""},
            {"payload", false, true, "", &kPayload, "give the largest magnitude of its messages"}};
  if (kind == "Output") return {{"shape", false, true, ""}};
  if (kind == "Affine" || kind == "Linear") {
    std::vector<Need> needs{{"weight", true, false, "1"}, {"delay", false, false, "", &kDelay, kDelayRemedy}};
    if (kind == "Affine") needs.push_back({"bias", true, false, "1"});
    return needs;
  }
  if (hasWindow(kind)) return parametersOfWindow(kind);
  if (kind == "Scale") return {{"scale", true, false, "1"}};
  if (kind == "Delay") return {{"delay", true, false, "s"}};
  if (kind == "Flatten") {
    return {{"start_dim", false, false, ""}, {"end_dim", false, false, ""}, {"input_type", false, false, ""}};
  }
  std::vector<Need> needs;
  const auto [model, exact, floatParameters] = models::findNodeModel(kind);
  if (exact) {
    for (const models::FixedParameter& p : model->fixedParameters)
      needs.push_back(
          {p.name, false, false, p.unit, &p,
           fmt::format("'{}' is an exact node: its parameters are the integers of a chip's step", kind)});
  }
  for (const models::FloatParameter& p : floatParameters)
    needs.push_back({p.name, p.need == models::FloatParameter::Need::Required,
                     p.range == models::FloatParameter::Range::Positive, p.unit});
  return needs;
}

void checkKind(const Node& node, Report& report) {
  const auto kinds = supportedKinds();
  const std::string list = fmt::format("supported kinds: {}", fmt::join(kinds, ", "));
  const std::string shown = node.kind.substr(0, 64);
  const std::vector<std::string> near = nearestNames(shown, {kinds.begin(), kinds.end()}, 1);
  report.add("R0201", node.name,
             fmt::format("unknown kind of node '{}'{}", shown,
                         near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])),
             list);
}

// SPEC F14.
void checkInteger(const Node& node, const std::string& name, const models::FixedParameter& parameter,
                  const std::string& remedy, const Tensor& tensor, Report& report) {
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const double value = tensor.values[static_cast<std::size_t>(i)];
    if (value == std::floor(value) && value >= parameter.minimum && value <= parameter.maximum) continue;
    Diagnostic& d =
        report.add("R0204", node.name,
                   fmt::format("parameter '{}' is {} at flat index {}; it is a whole number from {} to {}",
                               name, numberText(value), i, parameter.minimum, parameter.maximum),
                   remedy);
    d.value = value;
    d.limit = value < parameter.minimum ? parameter.minimum : parameter.maximum;
    return;
  }
}

void checkTensor(const Node& node, const std::string& name, const Need& need, Tensor& tensor,
                 Report& report) {
  std::int64_t size = 1;
  for (const std::int64_t dimension : tensor.shape) {
    size = dimension < 0 || (dimension > 0 && size > kMaxValues / dimension) ? -1 : size * dimension;
    if (size < 0) break;
  }
  if (size != tensor.size() || size == 0) {
    report.add("R0205", node.name,
               fmt::format("parameter '{}' has shape {} but {} values", name, shapeText(tensor.shape),
                           tensor.size()),
               "store as many values as the shape says, at least one");
    return;
  }
  for (std::int64_t i = 0; i < size; ++i) {
    const double value = tensor.values[i];
    if (!std::isfinite(value)) {
      report.add("R0203", node.name, fmt::format("parameter '{}' is {} at flat index {}", name, value, i),
                 "store finite numbers; training may have diverged");
      return;
    }
    if (need.positive && !(value > 0)) {
      Diagnostic& d = report.add("R0204", node.name,
                                 fmt::format("parameter '{}' is {} at flat index {}; it has to be positive",
                                             name, numberText(value), i),
                                 "a time constant or size of zero or less has no meaning; correct the file");
      d.value = value;
      d.limit = 0;
      return;
    }
  }
  tensor.unit = std::string(need.unit);
  if (need.whole) checkInteger(node, name, *need.whole, need.remedy, tensor, report);
}

void checkParameters(Node& node, std::vector<std::string>& filled, Report& report) {
  const std::vector<Need> needs = parametersOf(node.kind);
  std::vector<std::string_view> names;
  for (const Need& need : needs) names.push_back(need.name);
  for (auto& [name, tensor] : node.parameters) {
    const auto need = std::find_if(needs.begin(), needs.end(), [&](const Need& n) { return n.name == name; });
    if (need == needs.end()) {
      report.add("R0202", node.name, fmt::format("'{}' has no parameter '{}'", node.kind, name.substr(0, 64)),
                 fmt::format("its parameters are: {}", fmt::join(names, ", ")));
      continue;
    }
    checkTensor(node, name, *need, tensor, report);
  }
  for (const Need& need : needs) {
    if (need.required && !node.parameters.contains(std::string(need.name))) {
      report.add("R0202", node.name, fmt::format("'{}' lacks its parameter '{}'", node.kind, need.name),
                 "add it to the node");
    }
  }
  const auto [model, exact, floatParameters] = models::findNodeModel(node.kind);
  if (exact) {
    for (const models::FixedParameter& p : model->fixedParameters)
      node.parameters.try_emplace(
          std::string(p.name),
          Tensor{{}, {static_cast<double>(p.fallback)}, DType::Int64, std::string(p.unit)});
    return;
  }
  for (const models::FloatParameter& p : floatParameters) {
    if (p.need == models::FloatParameter::Need::Required || node.parameters.contains(std::string(p.name)))
      continue;
    node.parameters[std::string(p.name)] = Tensor{{}, {p.fallback}, DType::Float32, std::string(p.unit)};
    filled.push_back(fmt::format("{}.{} = {}", node.name, p.name, numberText(p.fallback)));
  }
}

}  // namespace

std::vector<std::string_view> supportedKinds() {
  std::vector<std::string_view> kinds{"Input",           "Output",    "Affine",   "Linear", "Scale",
                                      "Flatten",         "Conv1d",    "Conv2d",   "Delay",  "Threshold",
                                      "ConvTranspose2d", "SumPool2d", "AvgPool2d"};
  for (const models::ModelTable& model : models::allModels())
    if (!model.nirName.empty()) kinds.push_back(model.nirName);
  for (const models::ModelTable& model : models::allModels()) kinds.push_back(model.name);
  return kinds;
}

void checkNodes(Network& network, Report& report) {
  const auto count = static_cast<std::int64_t>(network.nodes.size());
  if (count > kMaxNodes) {
    Diagnostic& d = report.add(
        "R0209", "", fmt::format("the network has {} nodes; at most {} are read", count, kMaxNodes),
        "a node is a layer or population, not a neuron: merge neurons into populations");
    d.value = static_cast<double>(count);
    d.limit = static_cast<double>(kMaxNodes);
    return;
  }
  std::int64_t values = 0;
  std::set<std::string> names;
  std::vector<std::string> filled;
  const auto kinds = supportedKinds();
  for (Node& node : network.nodes) {
    if (node.name.empty()) report.add("R0210", node.origin, "a node has no name", "give every node a name");
    if (!names.insert(node.name).second) {
      report.add("R0210", node.name, fmt::format("two nodes are called '{}'", node.name),
                 "rename one of them");
    }
    if (std::find(kinds.begin(), kinds.end(), node.kind) == kinds.end()) {
      checkKind(node, report);
      continue;
    }
    checkParameters(node, filled, report);
    for (const auto& [name, tensor] : node.parameters) values += tensor.size();
  }
  if (values > kMaxValues) {
    Diagnostic& d = report.add(
        "R0209", "",
        fmt::format("the network has {} parameter values; at most {} are read", values, kMaxValues),
        "split the network");
    d.value = static_cast<double>(values);
    d.limit = static_cast<double>(kMaxValues);
  }
  if (network.inputs().empty()) {
    report.add("R0208", "", "the network has no Input node", "add an Input and connect it");
  }
  if (network.outputs().empty()) {
    report.add("R0208", "", "the network has no Output node", "add an Output and connect a population to it");
  }
  if (!filled.empty()) {
    network.assumptions.push_back(
        {"missing parameters", fmt::format("{}", fmt::join(filled, ", ")),
         "optional parameters that the file leaves out (files of older NIR versions do)",
         "store them in the file", false});
  }
}

void checkEdges(Network& network, Report& report) {
  const auto count = static_cast<std::int64_t>(network.edges.size());
  if (count > kMaxEdges) {
    Diagnostic& d = report.add("R0209", "",
                               fmt::format("the network has {} edges; at most {} are read", count, kMaxEdges),
                               "an edge joins two populations, not two neurons");
    d.value = static_cast<double>(count);
    d.limit = static_cast<double>(kMaxEdges);
    return;
  }
  const int nodes = static_cast<int>(network.nodes.size());
  std::vector<bool> fed(nodes, false);
  for (Edge& edge : network.edges) {
    if (edge.source < 0 || edge.source >= nodes || edge.target < 0 || edge.target >= nodes) {
      report.add("R0206", "",
                 fmt::format("an edge joins nodes {} and {} of {}", edge.source, edge.target, nodes),
                 "edges name nodes of the network");
      continue;
    }
    const Node& source = network.nodes[edge.source];
    const Node& target = network.nodes[edge.target];
    const std::string text = fmt::format("'{}' -> '{}'", source.name, target.name);
    if (source.kind == "Output")
      report.add("R0206", source.name, "edge " + text + " leaves an Output", "remove it");
    if (target.kind == "Input")
      report.add("R0206", target.name, "edge " + text + " enters an Input", "remove it");
    fed[edge.target] = true;
  }
  for (int i = 0; i < nodes; ++i) {
    const Node& node = network.nodes[i];
    if (node.kind == "Output" && !fed[i]) {
      report.add("R0206", node.name, fmt::format("nothing flows into the Output '{}'", node.name),
                 "connect a population to it, or remove it");
    }
  }
  if (report.failed()) return;
  const auto key = [](const Edge& e) { return std::pair(e.source, e.target); };
  std::stable_sort(network.edges.begin(), network.edges.end(),
                   [&](const Edge& a, const Edge& b) { return key(a) < key(b); });
  std::vector<Edge> kept;
  for (const Edge& edge : network.edges) {
    if (kept.empty() || key(kept.back()) != key(edge)) {
      kept.push_back(edge);
      continue;
    }
    network.assumptions.push_back(
        {"repeated edge", "counted once",
         fmt::format("'{}' -> '{}' is listed more than once; NIR's edges are a set",
                     network.nodes[edge.source].name, network.nodes[edge.target].name),
         "list it once, or double the weights", true});
  }
  network.edges = std::move(kept);
}

}  // namespace rheo::network
