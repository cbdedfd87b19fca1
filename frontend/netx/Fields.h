// Access to the fields of a .net file's groups, with errors that name file and place.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hdf5/Messages.h"
#include "hdf5/Tree.h"
#include "support/Error.h"

namespace rheo::netx {

// False of what is no number, too.
inline bool isWhole(double value, std::int64_t least, std::int64_t most) {
  return value >= static_cast<double>(least) && value <= static_cast<double>(most) &&
         value == std::floor(value);
}

inline bool allZero(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

// A group and where it is: "/layer/3/neuron".
class Fields {
 public:
  Fields(hdf5::Tree& group, std::string place, const std::string& file)
      : group_(group), place_(std::move(place)), file_(file) {}

  bool has(const std::string& name) const { return group_.child(name) != nullptr; }
  const std::string& place() const { return place_; }
  const std::string& file() const { return file_; }
  const hdf5::Tree& group() const { return group_; }

  // R0105 if there is none, R0108 if it is no group.
  Expected<Fields> group(const std::string& name) const;
  // A string, stored alone or as an array of one. R0105, R0108.
  Expected<std::string> text(const std::string& name) const;
  // Numbers, moved out of the tree. R0105, R0108.
  Expected<Tensor> array(const std::string& name);
  // One whole number, stored alone or as an array of one. R0105, R0108, R0113.
  Expected<std::int64_t> integer(const std::string& name) const;
  // A number of channels, neurons or groups: 1 to the most values that a node has. R0105, R0108, R0113.
  Expected<std::int64_t> count(const std::string& name) const;
  // A whole number for rows and one for columns, or one for both, within a range. R0105, R0108, R0113.
  Expected<std::vector<std::int64_t>> pair(const std::string& name, std::int64_t least,
                                           std::int64_t most) const;
  // The extents of a layer, channels first: 1 to 8 whole numbers, of at most as many values as a node has.
  // R0105, R0108, R0113.
  Expected<std::vector<std::int64_t>> extents(const std::string& name);
  // The same as `integer`, or `fallback` where there is none.
  Expected<std::int64_t> integer(const std::string& name, std::int64_t fallback) const;

  Error error(const char* code, const std::string& field, std::string message, std::string remedy) const {
    return hdf5::formatError(code, file_, place_ + (field.empty() ? "" : "/" + field), std::move(message),
                             std::move(remedy));
  }

 private:
  hdf5::Tree& group_;
  std::string place_;
  const std::string& file_;
};

}  // namespace rheo::netx
