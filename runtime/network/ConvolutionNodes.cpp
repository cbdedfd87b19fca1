// From a node's parameters to the geometry of its convolution.
#include "network/ConvolutionNodes.h"

namespace rheo {
namespace {

std::int64_t entry(const Node& node, const char* name, std::size_t i) {
  return static_cast<std::int64_t>(node.parameters.at(name).values[i]);
}

// Along axis i of two shapes [channels, extents...].
ConvolutionAxis axisOf(const Node& node, std::size_t i, std::int64_t inputs, std::int64_t outputs) {
  ConvolutionAxis axis;
  axis.inputs = inputs;
  axis.outputs = outputs;
  axis.stride = entry(node, "stride", i);
  axis.padding = entry(node, "padding", i);
  if (isPool(node.kind)) {
    axis.kernel = entry(node, "kernel_size", i);
  } else {
    axis.kernel = node.parameters.at("weight").shape[2 + i];
    axis.dilation = entry(node, "dilation", i);
  }
  return axis;
}

Convolution between(const Node& node, const std::vector<std::int64_t>& in,
                    const std::vector<std::int64_t>& out) {
  Convolution convolution{in[0], out[0], isPool(node.kind) ? in[0] : entry(node, "groups", 0), {}, {}};
  const std::size_t axes = in.size() - 1;
  if (axes == 2) convolution.rows = axisOf(node, 0, in[1], out[1]);
  convolution.columns = axisOf(node, axes - 1, in[axes], out[axes]);
  return convolution;
}

}  // namespace

bool isPool(std::string_view kind) { return kind == "SumPool2d" || kind == "AvgPool2d"; }
bool hasWindow(std::string_view kind) {
  return kind == "Conv1d" || kind == "Conv2d" || kind == "ConvTranspose2d" || isPool(kind);
}

std::optional<Convolution> convolutionOf(const Node& node) {
  if (!hasWindow(node.kind) || node.kind == "ConvTranspose2d") return std::nullopt;
  return between(node, node.inputShape, node.outputShape);
}

std::optional<Convolution> transposedConvolutionOf(const Node& node) {
  if (node.kind != "ConvTranspose2d") return std::nullopt;
  return between(node, node.outputShape, node.inputShape);
}

std::vector<double> kernelOf(const Node& node, const Convolution& convolution) {
  if (!isPool(node.kind)) return node.parameters.at("weight").values;
  const auto size = static_cast<double>(convolution.rows.kernel * convolution.columns.kernel);
  return std::vector<double>(static_cast<std::size_t>(convolution.kernelSize()),
                             node.kind == "AvgPool2d" ? 1 / size : 1);
}

}  // namespace rheo
