// From a node's parameters to the geometry of its convolution.
#include "network/ConvolutionNodes.h"

namespace rheo {

bool isPool(std::string_view kind) { return kind == "SumPool2d" || kind == "AvgPool2d"; }
bool isTransposed(std::string_view kind) { return kind == "ConvTranspose2d"; }
bool hasWindow(std::string_view kind) {
  return kind == "Conv1d" || kind == "Conv2d" || isTransposed(kind) || isPool(kind);
}

namespace network {

std::size_t axesOf(std::string_view kind) { return kind == "Conv1d" ? 1 : 2; }

std::int64_t countOf(const Node& node, const char* parameter, std::size_t i) {
  return static_cast<std::int64_t>(node.parameters.at(parameter).values[i]);
}

ConvolutionAxis axisOf(const Node& node, std::size_t axis) {
  const bool pool = isPool(node.kind);
  ConvolutionAxis made;
  made.kernel = pool ? countOf(node, "kernel_size", axis) : node.parameters.at("weight").shape[2 + axis];
  made.stride = countOf(node, "stride", axis);
  made.padding = countOf(node, "padding", axis);
  made.dilation = pool ? 1 : countOf(node, "dilation", axis);
  return made;
}

}  // namespace network

Convolution convolutionOf(const Node& node) {
  const bool transposed = isTransposed(node.kind);
  const std::vector<std::int64_t>& in = transposed ? node.outputShape : node.inputShape;
  const std::vector<std::int64_t>& out = transposed ? node.inputShape : node.outputShape;
  const auto along = [&](std::size_t axis) {
    ConvolutionAxis made = network::axisOf(node, axis);
    made.inputs = in[1 + axis];
    made.outputs = out[1 + axis];
    return made;
  };
  const std::int64_t groups = isPool(node.kind) ? in[0] : network::countOf(node, "groups", 0);
  Convolution convolution{in[0], out[0], groups, {}, {}};
  const std::size_t axes = network::axesOf(node.kind);
  if (axes == 2) convolution.rows = along(0);
  convolution.columns = along(axes - 1);
  return convolution;
}

std::vector<double> kernelOf(const Node& node, const Convolution& convolution) {
  if (!isPool(node.kind)) return node.parameters.at("weight").values;
  const auto size = static_cast<double>(convolution.rows.kernel * convolution.columns.kernel);
  return std::vector<double>(static_cast<std::size_t>(convolution.kernelSize()),
                             node.kind == "AvgPool2d" ? 1 / size : 1);
}

}  // namespace rheo
