// A tree as the bytes that the reader process would send.
#include "EncodeStream.h"

#include <cmath>

#include "hdf5/Stream.h"

namespace rheo::fuzz {

using hdf5::Tree;

namespace {

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void putText(std::string& bytes, const std::string& text) {
  put(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

void putShape(std::string& bytes, const std::vector<std::int64_t>& shape) {
  put(bytes, static_cast<std::uint8_t>(shape.size()));
  for (const std::int64_t extent : shape) put(bytes, static_cast<std::uint64_t>(extent));
}

void putValue(std::string& bytes, DType dtype, double value) {
  if (dtype == DType::Int64) {
    const bool fits = std::abs(value) < 9e15;
    put(bytes, fits ? static_cast<std::int64_t>(value) : std::int64_t{0});
  } else if (dtype == DType::Float64) {
    put(bytes, value);
  } else {
    put(bytes, static_cast<float>(value));
  }
}

void putTree(std::string& bytes, const Tree& tree);

void putContent(std::string& bytes, const Tree& group) {
  for (const Tree& attribute : group.attributes) {
    bytes += '@';
    putTree(bytes, attribute);
  }
  for (const Tree& child : group.children) putTree(bytes, child);
}

void putTree(std::string& bytes, const Tree& tree) {
  constexpr char kTags[] = {'G', 'A', 'S', 'U'};
  bytes += kTags[static_cast<std::size_t>(tree.kind)];
  putText(bytes, tree.name);
  switch (tree.kind) {
    case Tree::Kind::Group:
      putContent(bytes, tree);
      bytes += 'E';
      break;
    case Tree::Kind::Array:
      put(bytes, static_cast<std::uint8_t>(tree.array.dtype));
      putShape(bytes, tree.array.shape);
      for (const double value : tree.array.values) putValue(bytes, tree.array.dtype, value);
      break;
    case Tree::Kind::Strings:
      putShape(bytes, tree.shape);
      for (const std::string& text : tree.strings) putText(bytes, text);
      break;
    case Tree::Kind::Unreadable:
      putText(bytes, tree.reason);
  }
}

}  // namespace

std::string encodeStream(const Tree& root) {
  std::string bytes(hdf5::kStreamMagic);
  putContent(bytes, root);
  return bytes + 'Z';
}

std::string encodeReport(const std::string& where, const std::string& message) {
  std::string bytes(hdf5::kStreamMagic);
  bytes += '!';
  putText(bytes, where);
  putText(bytes, message);
  return bytes;
}

}  // namespace rheo::fuzz
