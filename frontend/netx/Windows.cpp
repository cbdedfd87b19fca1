// Kernels of convolutions and pools.
#include <fmt/format.h>

#include <algorithm>

#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "netx/Weights.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

Tensor counts(const Shape& values) {
  return Tensor{{static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, DType::Int64, ""};
}

bool isPooling(const std::string& type) { return type == "pool" || type == "unpool"; }

// What a layer says about its windows. A pool has one for each channel.
struct Sizes {
  std::int64_t inputs = 0, outputs = 0, groups = 0;
  Shape kernel, stride, padding, dilation;
};

Expected<Sizes> readSizes(const Fields& layer, bool pool, std::int64_t channels) {
  Sizes sizes{channels, channels, channels, {}, {}, {}, {}};
  for (const auto& [field, least, to] : {std::tuple{"kernelSize", 1, &sizes.kernel},
                                         {"stride", 1, &sizes.stride},
                                         {"padding", 0, &sizes.padding},
                                         {"dilation", 1, &sizes.dilation}}) {
    Expected<Shape> values = layer.pair(field, least, network::kMaxStep);
    if (!values) return std::move(values).error();
    *to = *std::move(values);
  }
  if (pool) return sizes;
  for (const auto& [field, to] :
       {std::pair{"inChannels", &sizes.inputs}, {"outChannels", &sizes.outputs}, {"groups", &sizes.groups}}) {
    Expected<std::int64_t> value = layer.count(field);
    if (!value) return std::move(value).error();
    *to = *value;
  }
  if (sizes.inputs % sizes.groups == 0 && sizes.outputs % sizes.groups == 0) return sizes;
  return layer.error("R0113", "groups",
                     fmt::format("{} input and {} output channels do not fall into {} groups", sizes.inputs,
                                 sizes.outputs, sizes.groups),
                     "export the network again");
}

// SLAYER pools a tensor of one channel, the channels below each other, to which it adds, at the end of an
// axis of n values with a kernel of k, n mod k zeros. Returns how many; of the rows, channels stay apart only
// where they are as long as some windows.
Expected<Shape> zerosAtTheEnd(const Fields& layer, const std::string& type, const Shape& input,
                              const Sizes& sizes) {
  Shape added{0, 0};
  if (type == "pool") added = {input[1] % sizes.kernel[0], input[2] % sizes.kernel[1]};
  const bool whole = sizes.stride[0] == sizes.kernel[0] && sizes.padding[0] == 0 && sizes.dilation[0] == 1;
  if (!whole || (type == "pool" && (input[1] + added[0]) % sizes.kernel[0] != 0))
    return layer.error(
        "R0112", "kernelSize",
        fmt::format("windows over {} rows, of {} with stride {}, padding {} and dilation {}, mix channels",
                    input[1], sizes.kernel[0], sizes.stride[0], sizes.padding[0], sizes.dilation[0]),
        "pool rows without padding and dilation, by a stride equal to the kernel");
  if (added[1] > 0 && (sizes.padding[1] != 0 || sizes.dilation[1] != 1))
    return layer.error("R0112", "padding", "padding or dilation beside what an odd number of columns adds",
                       "pool without them");
  return added;
}

// The pool's window for every channel. Zeros before its weights, and as much padding, add to the end of an
// axis.
Expected<Tensor> repeated(const Fields& layer, const std::string& type, const Shape& input,
                          const Tensor& weight, Sizes& sizes) {
  Expected<Shape> added = zerosAtTheEnd(layer, type, input, sizes);
  if (!added) return std::move(added).error();
  const std::int64_t rows = sizes.kernel[0] + (*added)[0], columns = sizes.kernel[1] + (*added)[1];
  Tensor kernel{{input[0], 1, rows, columns}, {}, DType::Int64, ""};
  if (network::boundedSize(kernel.shape) < 0)
    return layer.error("R0113", "kernelSize", "the windows are too large", "pool over smaller ones");
  for (std::int64_t channel = 0; channel < input[0]; ++channel)
    for (std::int64_t r = -(*added)[0]; r < sizes.kernel[0]; ++r)
      for (std::int64_t c = -(*added)[1]; c < sizes.kernel[1]; ++c)
        kernel.values.push_back(
            r < 0 || c < 0 ? 0 : weight.values[static_cast<std::size_t>(r * sizes.kernel[1] + c)]);
  for (std::size_t i = 0; i < 2; ++i) sizes.padding[i] += (*added)[i];
  return kernel;
}

}  // namespace

Expected<Node> readWindow(Fields& layer, const std::string& type, const std::string& name,
                          const Shape& shape) {
  const bool pool = isPooling(type), transposed = type == "convT" || type == "unpool";
  if (shape.size() != 3)
    return layer.error("R0113", "type",
                       fmt::format("a layer of type {} follows one of shape {}", hdf5::quoteName(type),
                                   network::shapeText(shape)),
                       "it takes [channels, rows, columns]");
  Expected<Sizes> sizes = readSizes(layer, pool, shape[0]);
  if (!sizes) return std::move(sizes).error();
  Expected<Tensor> weight = readWeights(layer, "weight");
  if (!weight) return std::move(weight).error();
  Shape wanted = pool         ? Shape{1, 1}
                 : transposed ? Shape{sizes->inputs, sizes->outputs / sizes->groups}
                              : Shape{sizes->outputs, sizes->inputs / sizes->groups};
  wanted.insert(wanted.end(), sizes->kernel.begin(), sizes->kernel.end());
  if (weight->shape.size() == 5 && weight->shape.back() == 1)
    weight->shape.pop_back();  // SLAYER's axis of time
  if (weight->shape != wanted)
    return wrongShape(
        layer, "weight", weight->shape, wanted,
        "kernels are [outChannels, inChannels / groups, rows, columns]; of convT, inputs come first");
  if (pool) weight = repeated(layer, type, shape, *weight, *sizes);
  if (!weight) return std::move(weight).error();
  Node node{name + ".weight", transposed ? "ConvTranspose2d" : "Conv2d", {}, {}, {}, layer.place()};
  node.parameters = {{"weight", *std::move(weight)},
                     {"stride", counts(sizes->stride)},
                     {"padding", counts(sizes->padding)},
                     {"dilation", counts(sizes->dilation)},
                     {"groups", Tensor::count(sizes->groups)}};
  network::Report report(layer.file());
  network::declareWindow(node, report);
  if (!report.failed()) network::takeInputShape(node, shape, report);
  if (report.failed()) return report.take();
  Status delayed = transposed ? refuseDelays(layer, "transposed convolutions")
                              : addDelay(layer, sizes->outputs, sizes->inputs, node);
  if (!delayed) return std::move(delayed).error();
  return node;
}

Node passOn(const std::string& name, const Shape& shape, const std::string& place) {
  const bool channels = shape.size() == 3;
  const std::int64_t groups = channels ? shape[0] : 1;
  Node node{name, channels ? "Conv2d" : "Conv1d", {}, {}, {}, place};
  const std::vector<double> ones(static_cast<std::size_t>(groups), 1.0);
  node.parameters["weight"] =
      Tensor{channels ? Shape{groups, 1, 1, 1} : Shape{1, 1, 1}, ones, DType::Int64, ""};
  node.parameters["groups"] = Tensor::count(groups);
  return node;
}

Node average(const std::string& name, std::int64_t size, std::int64_t groups, const std::string& place) {
  const std::int64_t part = size / groups;
  const std::vector<double> share(static_cast<std::size_t>(part), 1.0 / static_cast<double>(part));
  Node node{name, "Conv1d", {}, {}, {}, place};
  node.parameters["weight"] = Tensor{{1, 1, part}, share, DType::Float64, ""};
  node.parameters["stride"] = counts({part});
  return node;
}

}  // namespace rheo::netx
