// Shape inference: what the file leaves out follows from weights, parameters and neighbours. SPEC F7 to F10,
// F15 to F17, F23, F24.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "models/Model.h"
#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "network/Delays.h"

namespace rheo::network {

namespace {

using Shape = std::vector<std::int64_t>;

Shape valuesAsShape(const Tensor& tensor) { return Shape(tensor.values.begin(), tensor.values.end()); }

// The numpy rule: aligned at the last dimension, a dimension of 1 stretches.
std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1) return std::nullopt;
    result[result.size() - 1 - i] = std::max(left, right);
  }
  return result;
}

// Repeats a parameter along the dimensions of 1, so that it has one value per neuron.
void expand(Tensor& tensor, const Shape& shape) {
  const std::int64_t size = boundedSize(shape);
  if (tensor.size() == size) {
    tensor.shape = shape;
    return;
  }
  std::vector<double> values(size);
  for (std::int64_t flat = 0; flat < size; ++flat) {
    std::int64_t rest = flat, source = 0, stride = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int64_t position = rest % shape[shape.size() - 1 - i];
      rest /= shape[shape.size() - 1 - i];
      if (i >= tensor.shape.size()) continue;
      const std::int64_t own = tensor.shape[tensor.shape.size() - 1 - i];
      source += (own == 1 ? 0 : position) * stride;
      stride *= own;
    }
    values[flat] = tensor.values[source];
  }
  tensor.values = std::move(values);
  tensor.shape = shape;
}

// How many sums each neuron takes; 1 of every other node.
std::int64_t portsOf(const Node& node) {
  const models::ModelTable* model = models::findNodeModel(node.kind).model;
  return model ? model->portCount() : 1;
}

// What neurons of that shape take: their ports are the last dimension.
Shape withPorts(const Node& node, Shape shape) {
  if (portsOf(node) > 1) shape.push_back(portsOf(node));
  return shape;
}

// The last two dimensions as one: what a matrix of a row for each port of each neuron hands on.
Shape joined(Shape shape) {
  const std::int64_t last = shape.back();
  shape.pop_back();
  shape.back() *= last;
  return shape;
}

// The neurons behind what a node hands on to them, ports in a dimension of their own or in the last one.
Shape withoutPorts(const Node& node, Shape shape) {
  const std::int64_t ports = portsOf(node);
  if (ports == 1) return shape;
  if (shape.size() > 1 && shape.back() == ports)
    shape.pop_back();
  else
    shape.back() = std::max<std::int64_t>(shape.back() / ports, 1);
  return shape;
}

class Inference {
 public:
  Inference(Network& network, Report& report) : network_(network), report_(report) {}

  void run() {
    for (Node& node : network_.nodes) declare(node);
    if (report_.failed()) return;
    propagate();
    if (report_.failed()) return;
    for (const Node& node : network_.nodes) checkKnown(node);
    if (report_.failed()) return;
    for (const Edge& edge : network_.edges) checkEdge(edge);
    checkExpanded();
    if (report_.failed()) return;
    for (Node& node : network_.nodes) {
      if (isElementwise(node)) expandParameters(node);
    }
  }

 private:
  // What a node says about its own shapes.
  void declare(Node& node) {
    if (node.kind == "Input" || node.kind == "Output") {
      if (const auto shape = node.parameters.find("shape"); shape != node.parameters.end()) {
        node.inputShape = node.outputShape = valuesAsShape(shape->second);
        if (node.inputShape.empty()) node.inputShape = node.outputShape = {1};
      } else if (node.inputShape.empty()) {
        node.inputShape = node.outputShape;
      } else {
        node.outputShape = node.inputShape;
      }
    } else if (node.kind == "Linear" || node.kind == "Affine") {
      declareMatrix(node);
    } else if (hasWindow(node.kind)) {
      const std::size_t before = report_.count();
      declareWindow(node, report_);
      if (report_.count() == before && node.parameters.contains("delay")) checkDelay(node, report_);
    } else if (node.kind == "Flatten") {
      const auto type = node.parameters.find("input_type");
      if (type != node.parameters.end()) node.inputShape = valuesAsShape(type->second);
      flatten(node);
    } else {
      declareElementwise(node);
    }
  }

  void declareMatrix(Node& node) {
    const Tensor& weight = node.parameters.at("weight");
    if (weight.shape.size() != 2) {
      report_.add(
          "R0205", node.name,
          fmt::format("'weight' has shape {}; it has to be [outputs, inputs]", shapeText(weight.shape)),
          "store a matrix; a batch of matrices is several nodes");
      return;
    }
    node.inputShape = {weight.shape[1]};
    node.outputShape = {weight.shape[0]};
    checkDelay(node, report_);
    if (node.kind != "Affine") return;
    Tensor& bias = node.parameters.at("bias");
    if (bias.size() != 1 && bias.size() != weight.shape[0]) {
      report_.add("R0205", node.name,
                  fmt::format("'bias' has {} values for {} outputs", bias.size(), weight.shape[0]),
                  "store one value per output, or a single one for all");
      return;
    }
    if (bias.size() == 1) bias.values.assign(weight.shape[0], bias.values[0]);
    bias.shape = {weight.shape[0]};
  }

  // Neurons, Scale and Delay: the shape that all parameters share; unknown while all of them are single
  // values.
  void declareElementwise(Node& node) {
    Shape shape;
    for (const auto& [name, tensor] : node.parameters) {
      const auto common = broadcast(shape, tensor.shape);
      if (!common) {
        report_.add("R0205", node.name,
                    fmt::format("parameter '{}' has shape {}, others have {}", name, shapeText(tensor.shape),
                                shapeText(shape)),
                    "give every parameter the node's shape, or a single value");
        return;
      }
      shape = *common;
    }
    // A few short parameters, each long in a dimension of its own, make a shape without bound.
    const std::int64_t size = boundedSize(shape);
    if (size < 0) {
      reportSize(node, shape);
    } else if (size > 1) {
      node.outputShape = shape;
    }
    if (!node.outputShape.empty()) node.inputShape = withPorts(node, node.outputShape);
  }

  void flatten(Node& node) {
    if (node.inputShape.empty()) return;
    const auto rank = static_cast<std::int64_t>(node.inputShape.size());
    const auto dimension = [&](const char* name, std::int64_t fallback) {
      const auto found = node.parameters.find(name);
      double value = found == node.parameters.end() ? static_cast<double>(fallback) : found->second.values[0];
      value = std::clamp(value, -1e6, 1e6);
      const auto index = static_cast<std::int64_t>(value);
      return index < 0 ? index + rank : index;
    };
    std::int64_t start = dimension("start_dim", 1), end = dimension("end_dim", -1);
    if (rank == 1) start = end = 0;  // nothing to flatten, whatever batch dimension the exporter counted
    if (start < 0 || end >= rank || start > end) {
      report_.add("R0205", node.name,
                  fmt::format("dimensions {} to {} of an input of shape {} cannot be flattened", start, end,
                              shapeText(node.inputShape)),
                  "NIR counts dimensions without the batch; correct start_dim and end_dim");
      return;
    }
    Shape out(node.inputShape.begin(), node.inputShape.begin() + start);
    std::int64_t joined = 1;
    for (std::int64_t i = start; i <= end; ++i) {
      const std::int64_t d = node.inputShape[i];
      if (d <= 0 || joined > kMaxNeurons / d) return;  // reported as a size by checkKnown
      joined *= d;
    }
    out.push_back(joined);
    out.insert(out.end(), node.inputShape.begin() + end + 1, node.inputShape.end());
    node.outputShape = out;
  }

  // One shape becomes known per successful visit, so this ends.
  void propagate() {
    const auto learn = [&](Node& node, const Shape& shape) {
      if (!node.inputShape.empty() || shape.empty()) return false;
      if (node.kind == "Flatten") {
        node.inputShape = shape;
        flatten(node);
        return true;
      }
      if (hasWindow(node.kind)) {
        takeInputShape(node, shape, report_);
        return true;
      }
      node.outputShape = withoutPorts(node, shape);
      node.inputShape = withPorts(node, node.outputShape);
      return true;
    };
    const auto learnBackwards = [&](Node& node, const Shape& shape) {
      if (!node.inputShape.empty() || shape.empty() || node.kind == "Flatten") return false;
      node.outputShape = shape;
      node.inputShape = withPorts(node, shape);
      return true;
    };
    for (bool changed = true; changed && !report_.failed();) {
      changed = false;
      for (const Edge& edge : network_.edges) {
        changed |= learn(network_.nodes[edge.target], network_.nodes[edge.source].outputShape);
      }
      if (changed) continue;
      for (const Edge& edge : network_.edges) {  // backwards only where nothing comes from the front
        // Many inputs give nodes with a window the same output.
        if (!hasWindow(network_.nodes[edge.source].kind))
          changed |= learnBackwards(network_.nodes[edge.source], network_.nodes[edge.target].inputShape);
      }
    }
    for (Node& node : network_.nodes) {  // single-valued neurons that no neighbour sizes
      if (node.inputShape.empty() && isElementwise(node)) {
        node.outputShape = {1};
        node.inputShape = withPorts(node, node.outputShape);
      }
    }
  }

  void checkKnown(const Node& node) {
    for (const Shape* shape : {&node.inputShape, &node.outputShape}) {
      if (shape->empty()) {
        report_.add("R0214", node.name, fmt::format("the shape of '{}' cannot be inferred", node.name),
                    "store its shape, or connect it to a node of known shape");
        return;
      }
      if (boundedSize(*shape) < 0) return reportSize(node, *shape);
    }
  }

  void reportSize(const Node& node, const Shape& shape) {
    Diagnostic& d =
        report_.add("R0209", node.name,
                    fmt::format("'{}' has shape {}; dimensions are positive and a node has at most {} values",
                                node.name, shapeText(shape), kMaxNeurons),
                    "correct the shape");
    d.limit = static_cast<double>(kMaxNeurons);
  }

  // A single value in the file becomes one for each neuron: counted before memory is asked for.
  void checkExpanded() {
    std::int64_t values = 0;
    for (const Node& node : network_.nodes)
      for (const auto& [name, tensor] : node.parameters)
        values += isElementwise(node) ? node.outputSize() : tensor.size();
    if (values <= kMaxValues) return;
    Diagnostic& d = report_.add(
        "R0209", "",
        fmt::format("with one value for each neuron the network has {} parameter values; at most {} are held",
                    values, kMaxValues),
        "split the network");
    d.value = static_cast<double>(values);
    d.limit = static_cast<double>(kMaxValues);
  }

  // One value of each parameter for one element.
  static bool isElementwise(const Node& node) {
    return node.stateful() || node.kind == "Scale" || node.kind == "Delay";
  }

  void checkEdge(const Edge& edge) {
    const Node& source = network_.nodes[edge.source];
    const Node& target = network_.nodes[edge.target];
    if (sameShape(source.outputShape, target.inputShape)) return;
    // What a matrix makes enters neurons of any shape, in C order.
    const bool matrix = source.kind == "Linear" || source.kind == "Affine";
    if (matrix && target.stateful() && source.outputShape.size() == 1 &&
        source.outputSize() == target.inputSize())
      return;
    if (portsOf(target) > 1 && sameShape(source.outputShape, joined(target.inputShape))) return;
    report_.add("R0205", target.name,
                fmt::format("'{}' hands on {} but '{}' takes {}", source.name, shapeText(source.outputShape),
                            target.name, shapeText(target.inputShape)),
                "shapes along an edge have to agree; a Flatten or a Linear in between can change them");
  }

  void expandParameters(Node& node) {
    for (auto& [name, tensor] : node.parameters) {
      if (tensor.size() == 1) {
        tensor.values.assign(static_cast<std::size_t>(node.outputSize()), tensor.values[0]);
        tensor.shape = node.outputShape;
      } else {
        expand(tensor, node.outputShape);
      }
    }
  }

  Network& network_;
  Report& report_;
};

}  // namespace

void inferShapes(Network& network, Report& report) { Inference(network, report).run(); }

}  // namespace rheo::network
