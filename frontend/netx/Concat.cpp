// Concatenated layers.
#include "netx/Concat.h"

#include <fmt/format.h>

#include <algorithm>

#include "network/Checks.h"
#include "netx/Weights.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::size_t kMostParts = 1000;  // concats of concats would double them

bool isFlat(const Shape& shape) {
  return std::all_of(shape.begin() + 1, shape.end(), [](std::int64_t extent) { return extent == 1; });
}

// Flat values, or maps of as many rows and columns.
bool standTogether(const std::vector<Handed>& parts) {
  const Shape& first = parts.front().shape;
  return std::all_of(parts.begin(), parts.end(), [&](const Handed& part) {
    if (isFlat(first)) return isFlat(part.shape);
    return part.shape.size() == first.size() &&
           std::equal(first.begin() + 1, first.end(), part.shape.begin() + 1);
  });
}

// What lies at [first, first + count) of an axis; the whole where the axis has one place for all.
Tensor slice(const Tensor& whole, std::size_t axis, std::int64_t first, std::int64_t count) {
  if (whole.shape.size() <= axis || whole.shape[axis] == 1) return whole;
  Tensor part{whole.shape, {}, whole.dtype, whole.unit};
  part.shape[axis] = count;
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < whole.shape.size(); ++i) inner *= whole.shape[i];
  const std::int64_t row = whole.shape[axis] * inner;
  part.values.reserve(static_cast<std::size_t>(whole.size() / whole.shape[axis] * count));
  for (auto begin = whole.values.begin(); begin != whole.values.end(); begin += row)
    part.values.insert(part.values.end(), begin + first * inner, begin + (first + count) * inner);
  return part;
}

std::string shapesText(const std::vector<Handed>& parts) {
  constexpr std::size_t kMostShown = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(parts.size(), kMostShown); ++i)
    text += (i == 0 ? "" : " and ") + network::shapeText(parts[i].shape);
  if (parts.size() > kMostShown) text += fmt::format(" and {} more", parts.size() - kMostShown);
  return text;
}

// The layers that 'layers' lists.
Expected<std::vector<std::size_t>> listedLayers(Fields& layer, std::int64_t number) {
  Expected<Tensor> listed = layer.array("layers");
  if (!listed) return std::move(listed).error();
  std::vector<std::size_t> layers;
  for (const double of : listed->values) {
    if (!isWhole(of, 0, number - 1))
      return layer.error("R0113", "layers",
                         fmt::format("'layers' lists {}; layers before this one are 0 to {}", of, number - 1),
                         "list numbers of layers that come before");
    layers.push_back(static_cast<std::size_t>(of));
  }
  return layers;
}

}  // namespace

Expected<std::vector<Handed>> readConcat(Fields& layer, std::int64_t number,
                                         const std::vector<std::vector<Handed>>& before) {
  for (const char* field : {"neuron", "weight"})
    if (layer.has(field))
      return layer.error("R0112", field, fmt::format("a concat has no {} of its own", field),
                         "leave it out, or store a layer of another type");
  if (Status refused = refuseDelays(layer, "concats"); !refused) return std::move(refused).error();
  Expected<std::vector<std::size_t>> listed = listedLayers(layer, number);
  if (!listed) return std::move(listed).error();
  const auto previous = static_cast<std::size_t>(number - 1);
  std::size_t count = before[previous].size();
  for (const std::size_t of : *listed) count += before[of].size();
  if (count > kMostParts)
    return layer.error("R0113", "layers",
                       fmt::format("the concat has {} parts; at most {} are read", count, kMostParts),
                       "concatenate fewer layers");
  Expected<Shape> stored = layer.extents("shape");
  if (!stored) return std::move(stored).error();
  const std::int64_t values = network::boundedSize(*stored);
  std::vector<Handed> parts;
  for (const std::size_t of : *listed) parts.insert(parts.end(), before[of].begin(), before[of].end());
  const auto fits = [&] {
    return !parts.empty() && standTogether(parts) && network::boundedSize(shapeOf(parts)) == values;
  };
  if (fits()) return parts;
  parts.insert(parts.begin(), before[previous].begin(), before[previous].end());
  if (fits()) return parts;
  return layer.error(
      "R0113", "shape",
      fmt::format(
          "'shape' says {} values; the layer before and those listed hand on {}, which do not make them, "
          "with the layer before or without it",
          values, shapesText(parts)),
      "list layers of equal rows and columns, and store the shape of all of them together");
}

Shape shapeOf(const std::vector<Handed>& parts) {
  Shape shape = parts.front().shape;
  for (std::size_t i = 1; i < parts.size(); ++i) shape[0] += parts[i].shape[0];
  if (parts.size() > 1 && isFlat(shape)) shape.resize(1);
  return shape;
}

Expected<std::vector<Node>> cut(const Fields& layer, const Node& weights, const std::vector<Handed>& parts) {
  const auto groups = weights.parameters.find("groups");
  if (groups != weights.parameters.end() && groups->second.values[0] != 1)
    return layer.error(
        "R0112", "type",
        "a pool, or a convolution with groups, reads a concat, whose channels lie in several parts",
        "put it before the concat, into each of its parts");
  const std::size_t axis = weights.kind == "ConvTranspose2d" ? 0 : 1;  // of the inputs
  std::vector<Node> nodes;
  std::int64_t first = 0;
  for (const Handed& part : parts) {
    const std::int64_t count = part.shape[0];
    Node node{fmt::format("{}.{}", weights.name, nodes.size()),
              weights.kind,
              weights.inputShape,
              weights.outputShape,
              {},
              weights.origin};
    for (const auto& [name, tensor] : weights.parameters)
      node.parameters[name] =
          name == "weight" || name == "delay" ? slice(tensor, axis, first, count) : tensor;
    if (!node.inputShape.empty()) node.inputShape[0] = count;
    first += count;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace rheo::netx
