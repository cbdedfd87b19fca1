// Matrices and kernels.
#include "netx/Weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chip/SignMode.h"
#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "network/Delays.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int32_t kLeastWeight = leastWeight(SignMode::Mixed);
constexpr std::int32_t kMostWeight = mostWeight(SignMode::Excitatory);

Tensor counts(std::vector<std::int64_t> values) {
  return Tensor{{static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, DType::Int64, ""};
}

Expected<Tensor> readIntegers(Fields& layer, const std::string& field) {
  if (const hdf5::Tree* found = layer.group().child(field);
      found != nullptr && found->kind == hdf5::Tree::Kind::Group)
    return layer.error("R0112", field, "complex synapses are not supported",
                       "export a layer with real weights");
  Expected<Tensor> weight = layer.array(field);
  if (!weight) return weight;
  for (std::size_t i = 0; i < weight->values.size(); ++i)
    if (weight->values[i] != std::floor(weight->values[i]) || weight->values[i] < kLeastWeight ||
        weight->values[i] > kMostWeight)
      return layer.error("R0113", field,
                         fmt::format("'{}' is {} at flat index {}; weights are whole numbers from {} to {}",
                                     field, weight->values[i], i, kLeastWeight, kMostWeight),
                         "export with lava-dl's quantization, in steps of 2");
  weight->dtype = DType::Int64;
  return weight;
}

Error wrongShape(const Fields& layer, const std::string& field, const Shape& found, const Shape& wanted,
                 std::string remedy) {
  return layer.error("R0113", field,
                     fmt::format("'{}' has shape {}, the layer needs {}", field, network::shapeText(found),
                                 network::shapeText(wanted)),
                     std::move(remedy));
}

// Adds what the field 'delay' says to a node whose weights are [outputs, inputs, ...]: one number, one for
// each output (what SLAYER exports: the delay of a neuron's spikes, which its incoming synapses take here as
// in NetX), one for each input, or one for each weight of a matrix.
Status addDelay(Fields& layer, std::int64_t outputs, std::int64_t inputs, Node& node) {
  if (!layer.has("delay")) return ok();
  Expected<Tensor> delay = layer.array("delay");
  if (!delay) return std::move(delay).error();
  for (const double steps : delay->values)
    if (steps != std::floor(steps) || steps < 0 || steps > kMaxDelay)
      return layer.error(
          "R0113", "delay",
          fmt::format("'delay' holds {}; delays are whole steps from 0 to {}", steps, kMaxDelay),
          "train with a max_delay of 62");
  if (std::all_of(delay->values.begin(), delay->values.end(), [](double steps) { return steps == 0; }))
    return ok();
  const std::size_t rank = node.parameters.at("weight").shape.size();
  const bool matrix = rank == 2;
  const Shape all{outputs, inputs};
  if (delay->size() == 1) {
    delay->shape = {};
  } else if (delay->shape.size() == 1 && delay->size() == outputs) {
    delay->shape.resize(rank, 1);
  } else if (matrix && delay->shape.size() == 1 && delay->size() == inputs) {
    delay->shape = {1, inputs};
  } else if (!matrix || delay->shape != all) {
    return layer.error("R0113", "delay",
                       fmt::format("'delay' has shape {} for {} outputs and {} inputs",
                                   network::shapeText(delay->shape), outputs, inputs),
                       matrix ? "store one number, one for each output, each input or each weight"
                              : "store one number, or one for each output channel");
  }
  delay->dtype = DType::Int64;
  node.parameters["delay"] = *std::move(delay);
  return ok();
}

// SLAYER pools a tensor [1, channels rows, columns], to which it adds, at the end of an axis of n values with
// a kernel of k, n mod k zeros. Of the rows, channels stay apart only where they are as long as some windows.
Status poolAxes(const Fields& layer, const std::string& type, const Shape& input, const Shape& kernel,
                const Shape& stride, const Shape& padding, const Shape& dilation, Shape& added) {
  const bool apart = stride[0] == kernel[0] && padding[0] == 0 && dilation[0] == 1;
  added = {0, 0};
  if (type == "pool")
    for (std::size_t i = 0; i < 2; ++i) added[i] = input[1 + i] % kernel[i];
  if (apart && (type == "unpool" || (input[1] + added[0]) % kernel[0] == 0)) return ok();
  return layer.error(
      "R0112", "kernelSize",
      fmt::format("windows over {} rows, of {} with stride {}, padding {} and dilation {}, mix channels",
                  input[1], kernel[0], stride[0], padding[0], dilation[0]),
      "pool rows without padding and dilation, by a stride equal to the kernel");
}

}  // namespace

Expected<Node> readMatrix(Fields& layer, const std::string& field, const std::string& name, std::int64_t rows,
                          std::int64_t columns, bool delays) {
  Expected<Tensor> weight = readIntegers(layer, field);
  if (!weight) return std::move(weight).error();
  const Shape wanted{rows, columns};
  if ((rows == 1 || columns == 1) && weight->shape == Shape{rows * columns}) weight->shape = wanted;
  if (weight->shape != wanted)
    return wrongShape(layer, field, weight->shape, wanted, "weights are [outFeatures, inFeatures]");
  Node node{name + "." + field, "Linear", {}, {}, {}, layer.place()};
  node.parameters["weight"] = *std::move(weight);
  if (delays)
    if (Status added = addDelay(layer, rows, columns, node); !added) return std::move(added).error();
  return node;
}

Expected<Node> readWindow(Fields& layer, const std::string& type, const std::string& name,
                          const Shape& shape) {
  const bool pool = type == "pool" || type == "unpool", transposed = type == "convT" || type == "unpool";
  if (shape.size() != 3)
    return layer.error("R0113", "type",
                       fmt::format("a layer of type {} follows one of shape {}", hdf5::quoteName(type),
                                   network::shapeText(shape)),
                       "it takes [channels, rows, columns]");
  constexpr std::int64_t kMost = network::kMaxStep;
  Expected<Shape> kernel = layer.pair("kernelSize", 1, kMost), stride = layer.pair("stride", 1, kMost),
                  padding = layer.pair("padding", 0, kMost), dilation = layer.pair("dilation", 1, kMost);
  for (Expected<Shape>* field : {&kernel, &stride, &padding, &dilation})
    if (!*field) return std::move(*field).error();
  std::int64_t groups = shape[0], inputs = shape[0], outputs = shape[0];
  if (!pool) {
    Expected<std::int64_t> in = layer.count("inChannels"), out = layer.count("outChannels"),
                           parts = layer.count("groups");
    for (Expected<std::int64_t>* field : {&in, &out, &parts})
      if (!*field) return std::move(*field).error();
    if (*in % *parts != 0 || *out % *parts != 0)
      return layer.error(
          "R0113", "groups",
          fmt::format("{} input and {} output channels do not fall into {} groups", *in, *out, *parts),
          "export the network again");
    inputs = *in;
    outputs = *out;
    groups = *parts;
  }
  Expected<Tensor> weight = readIntegers(layer, "weight");
  if (!weight) return std::move(weight).error();
  Shape wanted = pool         ? Shape{1, 1}
                 : transposed ? Shape{inputs, outputs / groups}
                              : Shape{outputs, inputs / groups};
  wanted.insert(wanted.end(), kernel->begin(), kernel->end());
  if (weight->shape.size() == 5 && weight->shape.back() == 1)
    weight->shape.pop_back();  // SLAYER's axis of time
  if (weight->shape != wanted)
    return wrongShape(
        layer, "weight", weight->shape, wanted,
        "kernels are [outChannels, inChannels / groups, rows, columns]; of convT, inputs come first");
  if (pool) {
    // The same window for every channel. Zeros before it, and as much padding, add to the end of an axis.
    Shape added;
    if (Status apart = poolAxes(layer, type, shape, *kernel, *stride, *padding, *dilation, added); !apart)
      return std::move(apart).error();
    if (added[1] > 0 && ((*padding)[1] != 0 || (*dilation)[1] != 1))
      return layer.error("R0112", "padding", "padding or dilation beside what an odd number of columns adds",
                         "pool without them");
    const Shape window{(*kernel)[0] + added[0], (*kernel)[1] + added[1]};
    Tensor repeated{{shape[0], 1, window[0], window[1]}, {}, DType::Int64, ""};
    if (network::boundedSize(repeated.shape) < 0)
      return layer.error("R0113", "kernelSize", "the windows are too large", "pool over smaller ones");
    for (std::int64_t channel = 0; channel < shape[0]; ++channel)
      for (std::int64_t r = 0; r < window[0]; ++r)
        for (std::int64_t c = 0; c < window[1]; ++c) {
          const std::int64_t row = r - added[0], column = c - added[1];
          repeated.values.push_back(
              row < 0 || column < 0 ? 0
                                    : weight->values[static_cast<std::size_t>(row * (*kernel)[1] + column)]);
        }
    *weight = std::move(repeated);
    for (std::size_t i = 0; i < 2; ++i) (*padding)[i] += added[i];
  }
  Node node{name + ".weight", transposed ? "ConvTranspose2d" : "Conv2d", {}, {}, {}, layer.place()};
  node.parameters["weight"] = *std::move(weight);
  node.parameters["stride"] = counts(*stride);
  node.parameters["padding"] = counts(*padding);
  node.parameters["dilation"] = counts(*dilation);
  node.parameters["groups"] = Tensor{{}, {static_cast<double>(groups)}, DType::Int64, ""};
  network::Report report(layer.file());
  network::declareWindow(node, report);
  if (!report.failed()) network::takeInputShape(node, shape, report);
  if (report.failed()) return report.take();
  if (transposed && layer.has("delay")) {
    Expected<Tensor> delay = layer.array("delay");
    if (!delay) return std::move(delay).error();
    if (std::any_of(delay->values.begin(), delay->values.end(), [](double steps) { return steps != 0; }))
      return layer.error("R0112", "delay", "delays of transposed convolutions are not supported",
                         "train the layer without delays");
    return node;
  }
  if (Status added = addDelay(layer, outputs, inputs, node); !added) return std::move(added).error();
  return node;
}

Node passOn(const std::string& name, const Shape& shape, const std::string& place) {
  const bool channels = shape.size() == 3;
  Node node{name, channels ? "Conv2d" : "Conv1d", {}, {}, {}, place};
  const std::int64_t groups = channels ? shape[0] : 1;
  const Shape kernel = channels ? Shape{groups, 1, 1, 1} : Shape{1, 1, 1};
  node.parameters["weight"] =
      Tensor{kernel, std::vector<double>(static_cast<std::size_t>(groups), 1.0), DType::Int64, ""};
  node.parameters["groups"] = Tensor{{}, {static_cast<double>(groups)}, DType::Int64, ""};
  return node;
}

Node average(const std::string& name, std::int64_t size, std::int64_t groups, const std::string& place) {
  const std::int64_t part = size / groups;
  Node node{name, "Conv1d", {}, {}, {}, place};
  node.parameters["weight"] =
      Tensor{{1, 1, part},
             std::vector<double>(static_cast<std::size_t>(part), 1.0 / static_cast<double>(part)),
             DType::Float64,
             ""};
  node.parameters["stride"] = counts({part});
  return node;
}

}  // namespace rheo::netx
