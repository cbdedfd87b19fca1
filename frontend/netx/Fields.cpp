// Fields of groups: missing ones, wrong ones, and the numbers of the others.
#include "netx/Fields.h"

#include <fmt/format.h>

#include <cmath>

#include "network/Checks.h"

namespace rheo::netx {
namespace {

constexpr const char* kRemedy = "export the network again with lava-dl's export_hdf5";

}  // namespace

Expected<Fields> Fields::group(const std::string& name) const {
  hdf5::Tree* found = group_.child(name);
  if (found == nullptr) return error("R0105", name, fmt::format("there is no group '{}'", name), kRemedy);
  if (found->kind != hdf5::Tree::Kind::Group)
    return error("R0108", name, fmt::format("'{}' is no group", name), kRemedy);
  return Fields(*found, place_ + "/" + name, file_);
}

Expected<std::string> Fields::text(const std::string& name) const {
  const hdf5::Tree* found = group_.child(name);
  if (found == nullptr) return error("R0105", name, fmt::format("there is no '{}'", name), kRemedy);
  if (found->kind != hdf5::Tree::Kind::Strings || found->strings.size() != 1)
    return error("R0108", name, fmt::format("'{}' is not one string", name), kRemedy);
  return found->strings[0];
}

Expected<Tensor> Fields::array(const std::string& name) {
  hdf5::Tree* found = group_.child(name);
  if (found == nullptr) return error("R0105", name, fmt::format("there is no '{}'", name), kRemedy);
  if (found->kind != hdf5::Tree::Kind::Array) {
    const std::string what = found->kind == hdf5::Tree::Kind::Group     ? "a group"
                             : found->kind == hdf5::Tree::Kind::Strings ? "a string"
                                                                        : hdf5::escaped(found->reason);
    return error("R0108", name, fmt::format("'{}' is {} where numbers belong", name, what), kRemedy);
  }
  return std::move(found->array);
}

Expected<std::int64_t> Fields::integer(const std::string& name) const {
  const hdf5::Tree* found = group_.child(name);
  if (found == nullptr) return error("R0105", name, fmt::format("there is no '{}'", name), kRemedy);
  if (found->kind != hdf5::Tree::Kind::Array || found->array.size() != 1)
    return error("R0108", name, fmt::format("'{}' is not one number", name), kRemedy);
  const double value = found->array.values[0];
  if (!(std::abs(value) < 1e15) || value != std::floor(value))
    return error("R0113", name, fmt::format("'{}' is {}, which is no whole number", name, value), kRemedy);
  return static_cast<std::int64_t>(value);
}

Expected<std::int64_t> Fields::integer(const std::string& name, std::int64_t fallback) const {
  return has(name) ? integer(name) : Expected<std::int64_t>(fallback);
}

Expected<std::int64_t> Fields::count(const std::string& name) const {
  Expected<std::int64_t> value = integer(name);
  if (!value || (*value >= 1 && *value <= network::kMaxNeurons)) return value;
  return error("R0113", name,
               fmt::format("'{}' is {}; a layer has 1 to {} of them", name, *value, network::kMaxNeurons),
               "export the network again");
}

Expected<std::vector<std::int64_t>> Fields::pair(const std::string& name, std::int64_t least,
                                                 std::int64_t most) const {
  const hdf5::Tree* found = group_.child(name);
  if (found == nullptr) return error("R0105", name, fmt::format("there is no '{}'", name), kRemedy);
  if (found->kind != hdf5::Tree::Kind::Array || found->array.size() < 1 || found->array.size() > 2)
    return error("R0108", name, fmt::format("'{}' is not two numbers", name), kRemedy);
  const std::vector<double>& values = found->array.values;
  for (const double value : values)
    if (!isWhole(value, least, most))
      return error("R0113", name,
                   fmt::format("'{}' holds {}; it is a whole number from {} to {}", name, value, least, most),
                   kRemedy);
  return std::vector<std::int64_t>{static_cast<std::int64_t>(values.front()),
                                   static_cast<std::int64_t>(values.back())};
}

Expected<std::vector<std::int64_t>> Fields::extents(const std::string& name) {
  Expected<Tensor> stored = array(name);
  if (!stored) return std::move(stored).error();
  const auto fits = [](double extent) { return isWhole(extent, 1, network::kMaxNeurons); };
  if (stored->values.empty() || stored->size() > 8 ||
      !std::all_of(stored->values.begin(), stored->values.end(), fits))
    return error("R0113", name, fmt::format("'{}' does not hold the extents of a layer", name),
                 "store 1 to 8 whole numbers, channels first");
  std::vector<std::int64_t> shape(stored->values.begin(), stored->values.end());
  if (network::boundedSize(shape) < 0)
    return error("R0113", name,
                 fmt::format("'{}' is {}, which is too large", name, network::shapeText(shape)),
                 "correct the shape");
  return shape;
}

}  // namespace rheo::netx
