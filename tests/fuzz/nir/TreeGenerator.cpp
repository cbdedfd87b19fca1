// Random trees that look like NIR graphs, and their streams.
#include "TreeGenerator.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "nir/Stream.h"

namespace rheo::fuzz {

using nir::Tree;

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

void putTree(std::string& bytes, const Tree& tree) {
  constexpr char kTags[] = {'G', 'A', 'S', 'U'};
  bytes += kTags[static_cast<std::size_t>(tree.kind)];
  putText(bytes, tree.name);
  switch (tree.kind) {
    case Tree::Kind::Group:
      for (const Tree& child : tree.children) putTree(bytes, child);
      bytes += 'E';
      break;
    case Tree::Kind::Array:
      put(bytes, static_cast<std::uint8_t>(tree.array.dtype));
      putShape(bytes, tree.array.shape);
      for (const double value : tree.array.values) {
        if (tree.array.dtype == DType::Int64) {
          const bool fits = std::abs(value) < 9e15;
          put(bytes, fits ? static_cast<std::int64_t>(value) : std::int64_t{0});
        } else if (tree.array.dtype == DType::Float64) {
          put(bytes, value);
        } else {
          put(bytes, static_cast<float>(value));
        }
      }
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

std::string TreeGenerator::encode(const Tree& root) {
  std::string bytes(nir::kStreamMagic);
  for (const Tree& child : root.children) putTree(bytes, child);
  return bytes + 'Z';
}

void TreeGenerator::damage(std::string& bytes) {
  for (std::uint64_t i = 1 + below(4); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
      default:
        bytes.erase(at, below(20));
        break;
    }
  }
}

double TreeGenerator::number() {
  constexpr std::array kOdd = {0.0,
                               -0.0,
                               -1.0,
                               1e300,
                               -1e300,
                               1e-300,
                               9e15,
                               4294967296.0,
                               std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()};
  if (oneIn(200)) return kOdd[below(kOdd.size())];
  return static_cast<double>(1 + below(1000)) / 500;
}

std::string TreeGenerator::someName() {
  constexpr std::array kNames = {"a",        "b",    "lif",   "lif1",   "fc",       "in",
                                 "out",      "a.b",  "input", "output", "\xff\xfe", "",
                                 "\xc3\xa9", "x\ny", "nodes", "edges",  "type",     "metadata"};
  if (oneIn(500)) return std::string(below(2000), 'n');
  return kNames[below(kNames.size())];
}

std::string TreeGenerator::someKind() {
  constexpr std::array kKinds = {"LIF", "CubaLIF", "LI",     "CubaLI", "I",
                                 "IF",  "Scale",   "Linear", "Affine", "Flatten"};
  constexpr std::array kOthers = {"Conv2d", "Delay", "Input", "Output", "NIRGraph", "Nonsense", "", "\xff"};
  if (oneIn(60)) return kOthers[below(kOthers.size())];
  return kKinds[below(kKinds.size())];
}

Tree TreeGenerator::text(const std::string& name, const std::string& value) {
  Tree tree;
  tree.name = name;
  tree.kind = Tree::Kind::Strings;
  tree.strings = {value};
  return tree;
}

Tree TreeGenerator::numbers(const std::string& name, std::vector<std::int64_t> shape) {
  Tree tree;
  tree.name = name;
  tree.kind = Tree::Kind::Array;
  tree.array.dtype = static_cast<DType>(below(4));
  if (oneIn(10)) shape.insert(shape.begin(), 1);
  if (oneIn(200)) shape.push_back(static_cast<std::int64_t>(below(4)));
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  tree.array.shape = std::move(shape);
  for (std::int64_t i = 0; i < size; ++i) tree.array.values.push_back(number());
  return tree;
}

Tree TreeGenerator::leaf(const std::string& name, std::int64_t size, const std::string& kind) {
  Tree node;
  node.name = name;
  node.children.push_back(text("type", kind));
  const auto add = [&](const char* field, std::vector<std::int64_t> shape) {
    if (!oneIn(400)) node.children.push_back(numbers(field, std::move(shape)));
  };
  const auto neuron = [&](const char* field) {
    add(field, oneIn(4) ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{size});
  };
  if (kind == "Input" || kind == "Output") {
    Tree shape = numbers("shape", {1});
    shape.array.dtype = DType::Int64;
    if (!oneIn(100)) shape.array.values.assign(shape.array.values.size(), static_cast<double>(size));
    node.children.push_back(std::move(shape));
  } else if (kind == "Linear" || kind == "Affine") {
    add("weight", {size, size});
    if (kind == "Affine") neuron("bias");
  } else if (kind == "Scale") {
    neuron("scale");
  } else if (kind == "Flatten") {
    for (const char* field : {"start_dim", "end_dim"}) {
      Tree dimension = numbers(field, {});
      dimension.array.values.assign(dimension.array.values.size(), oneIn(20) ? number() * 1e9 : -1.0);
      node.children.push_back(std::move(dimension));
    }
    if (oneIn(3)) node.children.push_back(numbers("input_type", {static_cast<std::int64_t>(1 + below(3))}));
  } else {
    neuron("r");
    if (kind.starts_with("Cuba")) {
      neuron("tau_syn");
      neuron("tau_mem");
      if (oneIn(2)) neuron("w_in");
    } else if (kind.starts_with("L")) {
      neuron("tau");
    }
    if (kind != "I" && kind != "IF") neuron("v_leak");
    if (kind.ends_with("F")) neuron("v_threshold");
    if (kind.ends_with("F") && oneIn(2)) neuron("v_reset");
  }
  return node;
}

Tree TreeGenerator::graph(const std::string& name, int depth) {
  const auto size = static_cast<std::int64_t>(1 + below(3));
  Tree result;
  result.name = name;
  result.children.push_back(text("type", "NIRGraph"));
  Tree nodes;
  nodes.name = "nodes";
  std::vector<std::string> names;
  const auto add = [&](Tree node) {
    names.push_back(node.name);
    nodes.children.push_back(std::move(node));
  };
  add(leaf("in", size, "Input"));
  const std::uint64_t inner = 1 + below(5);
  for (std::uint64_t i = 0; i < inner; ++i) {
    const std::string own = oneIn(50) ? someName() : fmt::format("n{}", i);
    if (depth < 4 && oneIn(6)) {
      add(graph(own, depth + 1));
    } else {
      add(leaf(own, size, someKind()));
    }
  }
  add(leaf("out", size, "Output"));
  Tree edges;
  edges.name = "edges";
  edges.kind = Tree::Kind::Strings;
  const auto connect = [&](const std::string& source, const std::string& target) {
    edges.strings.push_back(oneIn(200) ? someName() : source);
    edges.strings.push_back(oneIn(200) ? someName() : target);
  };
  for (std::size_t i = 0; i + 1 < names.size(); ++i) connect(names[i], names[i + 1]);
  for (std::uint64_t i = below(3); i > 0; --i)
    connect(names[below(names.size())], names[below(names.size())]);
  edges.shape = {static_cast<std::int64_t>(edges.strings.size() / 2), 2};
  result.children.push_back(std::move(nodes));
  result.children.push_back(std::move(edges));
  return result;
}

// One random change somewhere below `tree`.
void TreeGenerator::spoil(Tree& tree) {
  Tree* at = &tree;
  while (at->kind == Tree::Kind::Group && !at->children.empty() && !oneIn(6)) {
    at = &at->children[below(at->children.size())];
  }
  switch (below(6)) {
    case 0:
      at->name = someName();
      break;
    case 1:
      *at = text(at->name, someName());
      break;
    case 2:
      *at = numbers(at->name, {static_cast<std::int64_t>(below(4)), static_cast<std::int64_t>(below(3))});
      break;
    case 3:
      at->kind = Tree::Kind::Unreadable;
      at->reason = "a compound type";
      break;
    case 4:
      if (!at->children.empty())
        at->children.erase(at->children.begin() + static_cast<long>(below(at->children.size())));
      break;
    default:
      if (!at->array.values.empty()) at->array.values[below(at->array.values.size())] = number() * 1e18;
      if (!at->strings.empty()) at->strings[below(at->strings.size())] = someName();
  }
}

Tree TreeGenerator::file() {
  Tree root;
  root.children.push_back(text("version", oneIn(50) ? someName() : "0.2.0"));
  root.children.push_back(graph("node", 0));
  for (std::uint64_t i = below(10); i > 7; --i) spoil(root.children.back());
  return root;
}

}  // namespace rheo::fuzz
