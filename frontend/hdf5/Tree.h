// The content of a hierarchical data file as plain data: groups that hold named children and attributes,
// arrays of numbers and arrays of strings. What the reader process sends and what the parsers of formats
// read; no HDF5 type here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/Network.h"

namespace rheo::hdf5 {

struct Tree {
  enum class Kind : std::uint8_t { Group, Array, Strings, Unreadable };

  std::string name;  // within its parent; empty for the root
  Kind kind = Kind::Group;
  std::vector<Tree> children;        // Group: names are unique, order as stored
  std::vector<Tree> attributes;      // Group: likewise; none is a group
  Tensor array;                      // Array
  bool boolean = false;              // Array: to be written as truth values; they are read as integers
  std::vector<std::int64_t> shape;   // Strings: C order; empty for a single one
  std::vector<std::string> strings;  // Strings: product(shape) of them
  std::string reason;                // Unreadable: why this object was not read ("a compound type")

  const Tree* child(const std::string& childName) const;  // null if there is none
  Tree* child(const std::string& childName);
  const Tree* attribute(const std::string& attributeName) const;
};

}  // namespace rheo::hdf5
