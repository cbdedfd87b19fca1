// Concatenated layers.
#include "netx/Concat.h"

#include <fmt/format.h>

#include <algorithm>

#include "network/Checks.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

// Flat values, or maps of as many rows and columns.
bool standTogether(const std::vector<Handed>& parts) {
  const Shape& first = parts.front().shape;
  return std::all_of(parts.begin(), parts.end(), [&](const Handed& part) {
    return part.shape.size() == first.size() &&
           std::equal(first.begin() + 1, first.end(), part.shape.begin() + 1);
  });
}

// What lies at [first, first + count) of an axis; the whole where the axis has one place for all.
Tensor slice(const Tensor& whole, std::size_t axis, std::int64_t first, std::int64_t count) {
  if (whole.shape.size() <= axis || whole.shape[axis] == 1) return whole;
  Tensor part = whole;
  part.shape[axis] = count;
  part.values.clear();
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < whole.shape.size(); ++i) inner *= whole.shape[i];
  const std::int64_t row = whole.shape[axis] * inner;
  for (auto begin = whole.values.begin(); begin != whole.values.end(); begin += row)
    part.values.insert(part.values.end(), begin + first * inner, begin + (first + count) * inner);
  return part;
}

}  // namespace

Expected<std::vector<Handed>> readConcat(Fields& layer, std::int64_t number,
                                         const std::vector<std::vector<Handed>>& before) {
  Expected<Tensor> listed = layer.array("layers");
  if (!listed) return std::move(listed).error();
  std::vector<Handed> parts;
  const auto add = [&](std::int64_t of) {
    const std::vector<Handed>& handed = before[static_cast<std::size_t>(of)];
    parts.insert(parts.end(), handed.begin(), handed.end());
  };
  if (listed->size() > number)
    return layer.error("R0113", "layers",
                       fmt::format("'layers' lists {} layers, there are {} before", listed->size(), number),
                       "list each layer once");
  for (const double of : listed->values) {
    if (!isWhole(of, 0, number - 1))
      return layer.error("R0113", "layers",
                         fmt::format("'layers' lists {}; layers before this one are 0 to {}", of, number - 1),
                         "list numbers of layers that come before");
    add(static_cast<std::int64_t>(of));
  }
  const std::vector<Handed> alone = parts;
  parts.clear();
  add(number - 1);
  parts.insert(parts.end(), alone.begin(), alone.end());
  Expected<Tensor> stored = layer.array("shape");
  if (!stored) return std::move(stored).error();
  double values = 1;
  for (const double extent : stored->values) values *= extent;
  for (const std::vector<Handed>& read : {alone, parts}) {
    if (read.empty() || !standTogether(read)) continue;
    if (static_cast<double>(network::boundedSize(shapeOf(read))) == values) return read;
  }
  std::string shapes;
  for (const Handed& part : parts) shapes += (shapes.empty() ? "" : " and ") + network::shapeText(part.shape);
  return layer.error(
      "R0113", "shape",
      fmt::format("'shape' says {} values; the layer before and those listed hand on {}, which do not "
                  "make them, with the layer before or without it",
                  values, shapes),
      "list layers of equal rows and columns, and store the shape of all of them together");
}

Shape shapeOf(const std::vector<Handed>& parts) {
  Shape shape = parts.front().shape;
  for (std::size_t i = 1; i < parts.size(); ++i) shape[0] += parts[i].shape[0];
  return shape;
}

Expected<std::vector<Node>> cut(const Fields& layer, const Node& weights, const std::vector<Handed>& parts) {
  const auto groups = weights.parameters.find("groups");
  if (groups != weights.parameters.end() && groups->second.values[0] != 1)
    return layer.error("R0112", "type", "a layer with a kernel for each group of channels reads a concat",
                       "concatenate behind it, or give it one group");
  const std::size_t axis = weights.kind == "ConvTranspose2d" ? 0 : 1;  // of the inputs
  std::vector<Node> nodes;
  std::int64_t first = 0;
  for (const Handed& part : parts) {
    Node node = weights;
    node.name += fmt::format(".{}", nodes.size());
    const std::int64_t count = part.shape[0];
    for (const char* name : {"weight", "delay"})
      if (const auto found = node.parameters.find(name); found != node.parameters.end())
        found->second = slice(found->second, axis, first, count);
    if (!node.inputShape.empty()) node.inputShape[0] = count;
    first += count;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace rheo::netx
