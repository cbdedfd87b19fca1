// Parameters, shapes and limits of nodes with a window. SPEC F15 to F17.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "network/Checks.h"
#include "network/ConvolutionNodes.h"

namespace rheo::network {
namespace {

// The weight is the kernel of a convolution, whose outputs come first; a transposed one takes those.
std::int64_t channelsIn(const Node& node) {
  const Tensor& weight = node.parameters.at("weight");
  return isTransposed(node.kind) ? weight.shape[0] : weight.shape[1] * countOf(node, "groups", 0);
}
std::int64_t channelsOut(const Node& node) {
  const Tensor& weight = node.parameters.at("weight");
  return isTransposed(node.kind) ? weight.shape[1] * countOf(node, "groups", 0) : weight.shape[0];
}

// Below 1 where no window fits.
std::int64_t outputExtent(const Node& node, std::size_t i, std::int64_t input) {
  ConvolutionAxis axis = axisOf(node, i);
  (isTransposed(node.kind) ? axis.outputs : axis.inputs) = input;
  return isTransposed(node.kind) ? axis.need() : axis.room();
}

// One value for every axis, or one for each; what is left out takes the fallback.
bool spread(Node& node, const char* name, std::int64_t fallback, Report& report) {
  const std::size_t axes = axesOf(node.kind);
  Tensor& tensor = node.parameters.try_emplace(name, Tensor::count(fallback)).first->second;
  const auto size = static_cast<std::size_t>(tensor.size());
  if (size != 1 && size != axes) {
    report.add("R0205", node.name, fmt::format("'{}' has {} values for {} axes", name, size, axes),
               "store one value, or one for each axis");
    return false;
  }
  if (size == 1) tensor.values.assign(axes, tensor.values[0]);
  tensor.shape = {static_cast<std::int64_t>(axes)};
  tensor.dtype = DType::Int64;
  return true;
}

bool checkGroups(Node& node, Report& report) {
  const Tensor& weight = node.parameters.at("weight");
  Tensor& groups = node.parameters.try_emplace("groups", Tensor::count(1)).first->second;
  if (groups.size() != 1) {
    report.add("R0205", node.name, fmt::format("'groups' has {} values", groups.size()), "store one number");
    return false;
  }
  groups.shape = {};
  groups.dtype = DType::Int64;
  const auto count = static_cast<std::int64_t>(groups.values[0]);
  if (weight.shape[0] % count == 0 && weight.shape[1] <= kMaxNeurons / count) return true;
  report.add("R0205", node.name,
             fmt::format("{} channels and {} in a group do not make {} groups", weight.shape[0],
                         weight.shape[1], count),
             "'groups' divides both numbers of channels");
  return false;
}

bool checkKernel(Node& node, Report& report) {
  const std::size_t axes = axesOf(node.kind);
  const Tensor& weight = node.parameters.at("weight");
  if (weight.shape.size() != 2 + axes) {
    report.add("R0205", node.name,
               fmt::format("'weight' has shape {}; it has to be [{}, {}]", shapeText(weight.shape),
                           isTransposed(node.kind) ? "inputs, outputs / groups" : "outputs, inputs / groups",
                           axes == 1 ? "kernel" : "rows, columns"),
               "channels come first, then the extents of the kernel");
    return false;
  }
  const std::int64_t longest = *std::max_element(weight.shape.begin() + 2, weight.shape.end());
  if (longest <= kMaxStep) return checkGroups(node, report);
  Diagnostic& d = report.add(
      "R0209", node.name,
      fmt::format("the kernel of '{}' is {} long; at most {} are read", node.name, longest, kMaxStep),
      "use a shorter kernel");
  d.value = static_cast<double>(longest);
  d.limit = static_cast<double>(kMaxStep);
  return false;
}

bool checkBias(Node& node, Report& report) {
  const auto found = node.parameters.find("bias");
  if (found == node.parameters.end()) return true;
  Tensor& bias = found->second;
  const std::int64_t channels = channelsOut(node);
  if (bias.size() != 1 && bias.size() != channels) {
    report.add("R0205", node.name, fmt::format("'bias' has {} values for {} channels", bias.size(), channels),
               "store one value per output channel, or a single one for all");
    return false;
  }
  if (bias.size() == 1) bias.values.assign(static_cast<std::size_t>(channels), bias.values[0]);
  bias.shape = {channels};
  return true;
}

// Refuses what would take memory or time without end although every parameter is small by itself.
void checkSize(const Node& node, Report& report) {
  if (boundedSize(node.inputShape) < 0 || boundedSize(node.outputShape) < 0) {
    Diagnostic& d =
        report.add("R0209", node.name,
                   fmt::format("'{}' makes {} of {}; a node has at most {} values", node.name,
                               shapeText(node.outputShape), shapeText(node.inputShape), kMaxNeurons),
                   "use longer strides, less padding or fewer channels");
    d.limit = static_cast<double>(kMaxNeurons);
    return;
  }
  const Convolution convolution = convolutionOf(node);
  if (convolution.windowSize() <= kMaxSynapses / convolution.outputs()) return;
  Diagnostic& d =
      report.add("R0209", node.name,
                 fmt::format("'{}' has {} windows of {} values; at most {} synapses are read", node.name,
                             convolution.outputs(), convolution.windowSize(), kMaxSynapses),
                 "use smaller kernels, longer strides or fewer channels");
  d.limit = static_cast<double>(kMaxSynapses);
}

}  // namespace

void declareWindow(Node& node, Report& report) {
  bool good = true;
  if (isPool(node.kind)) {
    good = spread(node, "kernel_size", 1, report);
    node.parameters.try_emplace("stride", node.parameters.at("kernel_size"));
  } else {
    good = checkKernel(node, report) && checkBias(node, report);
    good = spread(node, "dilation", 1, report) && good;
  }
  good = spread(node, "stride", 1, report) && good;
  good = spread(node, "padding", 0, report) && good;
  // What a node says of its output is inferred anew: nothing else keeps a window within it.
  std::vector<std::int64_t> shape = std::move(node.inputShape);
  node.inputShape.clear();
  node.outputShape.clear();
  if (!good) return;
  if (const auto stored = node.parameters.find("input_shape"); stored != node.parameters.end()) {
    if (!spread(node, "input_shape", 1, report)) return;
    shape = {channelsIn(node)};
    shape.insert(shape.end(), stored->second.values.begin(), stored->second.values.end());
  }
  if (!shape.empty()) takeInputShape(node, shape, report);
}

void takeInputShape(Node& node, const std::vector<std::int64_t>& given, Report& report) {
  const std::size_t axes = axesOf(node.kind);
  const std::int64_t channels = isPool(node.kind) ? 0 : channelsIn(node);  // 0: any number
  std::vector<std::int64_t> shape = given;
  while (shape.size() > 1 + axes && shape.front() == 1) shape.erase(shape.begin());  // a batch dimension
  if (shape.size() == axes && channels <= 1) shape.insert(shape.begin(), 1);
  node.inputShape = shape;
  const auto fits = [](std::int64_t extent) { return extent >= 1 && extent <= kMaxNeurons; };
  if (shape.size() != 1 + axes || (channels > 0 && shape[0] != channels) ||
      !std::all_of(shape.begin(), shape.end(), fits)) {
    report.add("R0205", node.name,
               fmt::format("'{}' receives {}; it takes [{}, {}]", node.name, shapeText(given),
                           channels > 0 ? std::to_string(channels) : "channels",
                           axes == 1 ? "length" : "rows, columns"),
               "channels come first; correct the weights, 'groups' or what comes before");
    return;
  }
  std::vector<std::int64_t> out{channels > 0 ? channelsOut(node) : shape[0]};
  for (std::size_t i = 0; i < axes; ++i) {
    out.push_back(outputExtent(node, i, shape[1 + i]));
    if (out.back() >= 1) continue;
    report.add("R0205", node.name,
               fmt::format("'{}' leaves no output along axis {}: its windows do not fit into {} values",
                           node.name, i, shape[1 + i]),
               "use a shorter kernel, another padding or a larger input");
    return;
  }
  node.outputShape = out;
  checkSize(node, report);
}

}  // namespace rheo::network
