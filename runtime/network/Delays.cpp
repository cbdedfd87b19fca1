// Delays of weights. SPEC F18.
#include "network/Delays.h"

#include <fmt/format.h>

#include <algorithm>

#include "network/Checks.h"
#include "network/ConvolutionNodes.h"

namespace rheo {
namespace {

// Beside weights: the delay of a Delay node is another thing.
const Tensor* delayOf(const Node& node) {
  if (node.kind == "Delay") return nullptr;
  const auto found = node.parameters.find("delay");
  return found == node.parameters.end() ? nullptr : &found->second;
}

// `delay` holds one value for each channel of a group, or one for all; groups are alike.
std::vector<std::int32_t> overChannels(const Tensor& delay, std::int64_t channels, std::int64_t size) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(channels * size));
  for (std::int64_t i = 0; i < channels * size; ++i)
    values[static_cast<std::size_t>(i)] =
        static_cast<std::int32_t>(delay.values[static_cast<std::size_t>(i / size % delay.size())]);
  return values;
}

}  // namespace

Delays delaysOf(const Node& node) {
  Delays delays;
  const Tensor* delay = delayOf(node);
  if (!delay || std::all_of(delay->values.begin(), delay->values.end(), [](double d) { return d == 0; }))
    return delays;
  const bool window = hasWindow(node.kind);
  const std::int64_t inputs = window ? node.inputShape[0] : node.inputSize();
  const std::int64_t outputs = window ? node.outputShape[0] : node.outputSize();
  if (delay->size() == 1) {
    delays.inputs = overChannels(*delay, inputs, node.inputSize() / inputs);
    return delays;
  }
  const bool rows = delay->shape[0] > 1, columns = delay->shape[1] > 1;
  if (rows && columns) {
    delays.synapses.assign(delay->values.begin(), delay->values.end());
  } else if (rows == isTransposed(node.kind)) {  // whose weights begin with the input
    delays.inputs = overChannels(*delay, inputs, node.inputSize() / inputs);
  } else {
    delays.outputs = overChannels(*delay, outputs, node.outputSize() / outputs);
  }
  return delays;
}

namespace network {

void checkDelay(const Node& node, Report& report) {
  const Tensor* delay = delayOf(node);
  if (!delay || delay->shape.empty()) return;
  const Tensor& weight = node.parameters.at("weight");
  bool fits = delay->shape.size() == weight.shape.size();
  int beyondOne = 0;
  for (std::size_t i = 0; fits && i < weight.shape.size(); ++i) {
    if (delay->shape[i] == 1) continue;
    fits = i < 2 && delay->shape[i] == weight.shape[i];
    ++beyondOne;
  }
  if (fits && (beyondOne < 2 || !hasWindow(node.kind))) return;
  report.add(
      "R0205", node.name,
      fmt::format("'delay' has shape {}, 'weight' {}", shapeText(delay->shape), shapeText(weight.shape)),
      hasWindow(node.kind)
          ? "store one number, or one for each channel of one of the first two dimensions and 1 in the others"
          : "store one number, or [outputs, 1], [1, inputs] or [outputs, inputs] of them");
}

}  // namespace network
}  // namespace rheo
