// Matrices, and what they share with kernels: weights and delays.
#include "netx/Weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "chip/SignMode.h"
#include "network/Checks.h"
#include "network/Delays.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int32_t kLeastWeight = leastWeight(SignMode::Mixed);
constexpr std::int32_t kMostWeight = mostWeight(SignMode::Excitatory);

// The field 'delay'; nothing where there is none, or all of it is 0.
Expected<std::optional<Tensor>> readDelay(Fields& layer) {
  if (!layer.has("delay")) return std::optional<Tensor>();
  Expected<Tensor> delay = layer.array("delay");
  if (!delay) return std::move(delay).error();
  if (delay->values.empty())
    return layer.error("R0113", "delay", "'delay' is empty", "store one number, or one for each output");
  if (allZero(delay->values)) return std::optional<Tensor>();
  return std::optional<Tensor>(*std::move(delay));
}

// SPEC T7.
Status checkSteps(const Fields& layer, const std::vector<double>& delays) {
  for (const double steps : delays)
    if (!isWhole(steps, 0, kMaxDelay))
      return layer.error(
          "R0113", "delay",
          fmt::format("'delay' holds {}; delays are whole steps from 0 to {}", steps, kMaxDelay),
          fmt::format("train with a max_delay of {}", kMaxDelay));
  return ok();
}

}  // namespace

bool hasComplexWeights(const Fields& layer) {
  const hdf5::Tree* found = layer.group().child("weight");
  return found != nullptr && found->kind == hdf5::Tree::Kind::Group;
}

Expected<Tensor> readWeights(Fields& layer, const std::string& field) {
  if (const hdf5::Tree* found = layer.group().child(field);
      found != nullptr && found->kind == hdf5::Tree::Kind::Group)
    return layer.error("R0112", field, "complex synapses are supported in layers of type dense only",
                       "export a layer with real weights");
  Expected<Tensor> weight = layer.array(field);
  if (!weight) return weight;
  for (std::size_t i = 0; i < weight->values.size(); ++i)
    if (!isWhole(weight->values[i], kLeastWeight, kMostWeight))
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

Status refuseDelays(Fields& layer, const char* what) {
  const Expected<std::optional<Tensor>> delay = readDelay(layer);
  if (!delay) return delay.error();
  if (!*delay) return ok();
  const std::vector<double>& steps = (*delay)->values;
  return layer.error(
      "R0112", "delay",
      fmt::format("delays of {} are not supported; this one is {} steps", what,
                  *std::find_if(steps.begin(), steps.end(), [](double step) { return step != 0; })),
      "train the layer without delays");
}

Status addDelay(Fields& layer, std::int64_t outputs, std::int64_t inputs, Node& node) {
  Expected<std::optional<Tensor>> read = readDelay(layer);
  if (!read) return std::move(read).error();
  if (!*read) return ok();
  Tensor& delay = **read;
  if (Status fits = checkSteps(layer, delay.values); !fits) return fits;
  const std::size_t rank = node.parameters.at("weight").shape.size();
  const bool matrix = rank == 2;
  if (delay.size() == 1) {
    delay.shape = {};
  } else if (delay.shape.size() == 1 && delay.size() == outputs) {
    delay.shape.resize(rank, 1);
  } else if (matrix && delay.shape.size() == 1 && delay.size() == inputs) {
    delay.shape = {1, inputs};
  } else if (!matrix || delay.shape != Shape{outputs, inputs}) {
    return layer.error("R0113", "delay",
                       fmt::format("'delay' has shape {} for {} outputs and {} inputs",
                                   network::shapeText(delay.shape), outputs, inputs),
                       matrix ? "store one number, one for each output, each input or each weight"
                              : "store one number, or one for each output channel");
  }
  delay.dtype = DType::Int64;
  node.parameters["delay"] = std::move(delay);
  return ok();
}

Expected<std::vector<double>> readSpikeDelays(Fields& layer, std::int64_t neurons) {
  Expected<std::optional<Tensor>> read = readDelay(layer);
  if (!read) return std::move(read).error();
  if (!*read) return std::vector<double>();
  std::vector<double> steps = std::move((*read)->values);
  if (Status fits = checkSteps(layer, steps); !fits) return std::move(fits).error();
  if (steps.size() == 1) steps.resize(static_cast<std::size_t>(neurons), steps[0]);
  if (static_cast<std::int64_t>(steps.size()) != neurons)
    return wrongShape(layer, "delay", (*read)->shape, Shape{neurons},
                      "store one number, or one for each output");
  return steps;
}

Status addSpikeDelays(const Fields& layer, const std::vector<double>& delays, Node& matrix) {
  const Shape& shape = matrix.parameters.at("weight").shape;
  const auto found = matrix.parameters.find("delay");
  if (found == matrix.parameters.end()) {
    matrix.parameters["delay"] = Tensor{{1, shape[1]}, delays, DType::Int64, ""};
    return ok();
  }
  const Tensor own = found->second;
  const std::int64_t ownRows = own.shape.empty() ? 1 : own.shape[0];
  const std::int64_t ownColumns = own.shape.empty() ? 1 : own.shape[1];
  Tensor both{shape, {}, DType::Int64, ""};
  for (std::int64_t row = 0; row < shape[0]; ++row)
    for (std::int64_t column = 0; column < shape[1]; ++column)
      both.values.push_back(
          own.values[static_cast<std::size_t>(row % ownRows * ownColumns + column % ownColumns)] +
          delays[static_cast<std::size_t>(column)]);
  if (Status fits = checkSteps(layer, both.values); !fits) return fits;
  found->second = std::move(both);
  return ok();
}

Expected<Node> readMatrix(Fields& layer, const std::string& field, const std::string& name, std::int64_t rows,
                          std::int64_t columns, bool delays) {
  Expected<Tensor> weight = readWeights(layer, field);
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

Expected<Node> readComplexMatrix(Fields& layer, const std::string& name, std::int64_t rows,
                                 std::int64_t columns) {
  Expected<Fields> weight = layer.group("weight");
  if (!weight) return std::move(weight).error();
  Expected<Node> real = readMatrix(*weight, "real", name, rows, columns, false),
                 imag = readMatrix(*weight, "imag", name, rows, columns, false);
  if (!real) return real;
  if (!imag) return imag;
  if (Status added = addDelay(layer, rows, columns, *real); !added) return std::move(added).error();
  Node node{name + ".weight", "Linear", {}, {}, {}, layer.place()};
  const auto alternating = [](const Tensor& one, const Tensor& two) {
    const std::int64_t width = one.shape[1];
    Tensor both{{2 * one.shape[0], width}, {}, DType::Int64, ""};
    for (std::int64_t row = 0; row < one.shape[0]; ++row)
      for (const Tensor* part : {&one, &two})
        both.values.insert(both.values.end(), part->values.begin() + row * width,
                           part->values.begin() + (row + 1) * width);
    return both;
  };
  node.parameters["weight"] = alternating(real->parameters["weight"], imag->parameters["weight"]);
  if (const auto delay = real->parameters.find("delay"); delay != real->parameters.end()) {
    const bool eachRow = delay->second.shape.size() == 2 && delay->second.shape[0] > 1;
    node.parameters["delay"] = eachRow ? alternating(delay->second, delay->second) : delay->second;
  }
  return node;
}

}  // namespace rheo::netx
