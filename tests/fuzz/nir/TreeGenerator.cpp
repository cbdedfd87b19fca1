// Random trees that look like NIR graphs.
#include "TreeGenerator.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace rheo::fuzz {

using hdf5::Tree;

void TreeGenerator::damage(std::string& bytes) {
  for (std::uint64_t i = 1 + below(3); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
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
      case 4:
        bytes.insert(at, oneIn(2) ? std::string("G\0\0\0\0", 5) : "!");  // a record where none is expected
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
                               5e-324,
                               1e38,
                               9e15,
                               4294967296.0,
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()};
  if (oneIn(400)) return random_.pick(kOdd);
  return static_cast<double>(1 + below(1000)) / 500;
}

std::string TreeGenerator::someName() {
  static constexpr std::array kNames = {
      "a",        "b", "lif", "lif1",     "fc",   "in",    "out",   "a.b",  "input", "nodes",   "output",
      "\xff\xfe", "",  "n0",  "\xc3\xa9", "x\ny", "n1.in", "edges", "type", "n0.n1", "metadata"};
  if (oneIn(300)) return std::string(below(2000), 'n');
  return random_.pick(kNames);
}

std::string TreeGenerator::someKind() {
  static constexpr std::array kKinds = {"LIF",       "CubaLIF",   "LI",     "CubaLI",   "I",      "IF",
                                        "Scale",     "Linear",    "Affine", "Flatten",  "Conv1d", "Conv2d",
                                        "SumPool2d", "AvgPool2d", "Delay",  "Threshold"};
  static constexpr std::array kOthers = {"ConvTranspose2d", "Input", "Output", "NIRGraph",
                                         "Nonsense",        "",      "\xff"};
  if (oneIn(80)) return random_.pick(kOthers);
  return random_.pick(kKinds);
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
  if (oneIn(400)) shape.push_back(static_cast<std::int64_t>(below(4)));
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  if (oneIn(2000)) {  // no value, whatever the other extents are
    size = 0;
    shape = {std::int64_t{1} << below(62), std::int64_t{1} << below(62), 0};
  }
  tree.array.shape = std::move(shape);
  for (std::int64_t i = 0; i < size; ++i) tree.array.values.push_back(number());
  return tree;
}

// The parameters of a neuron, each a value for each neuron or one for all.
void TreeGenerator::addNeuron(Tree& node, std::int64_t size, const std::string& kind) {
  const auto add = [&](const char* field) {
    if (oneIn(600)) return;
    node.children.push_back(
        numbers(field, oneIn(4) ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{size}));
  };
  add("r");
  if (kind.starts_with("Cuba")) {
    add("tau_syn");
    add("tau_mem");
    if (oneIn(2)) add("w_in");
  } else if (kind.starts_with("L")) {
    add("tau");
  }
  if (kind != "I" && kind != "IF") add("v_leak");
  if (kind.ends_with("F")) add("v_threshold");
  if (kind.ends_with("F") && oneIn(2)) add("v_reset");
  if (kind.starts_with("Cuba") && oneIn(10)) makeGainsOne(node);
  if (oneIn(2000)) spreadShapes(node);
}

// Gains that agree on one time step, of any size that a number can have.
void TreeGenerator::makeGainsOne(Tree& node) {
  const double scale = std::pow(10.0, static_cast<double>(random_.between(-320, 300)));
  for (Tree& child : node.children) {
    if (child.kind != Tree::Kind::Array) continue;
    child.array.dtype = DType::Float64;
    const bool time = child.name.starts_with("tau");
    const bool gain = child.name == "r" || child.name == "w_in";
    for (double& value : child.array.values)
      if (time || gain) value = time ? std::min(1.0, scale) : 1 / std::max(1.0, 1 / scale);
  }
  if (oneIn(2)) return;
  for (Tree& child : node.children)  // time constants stay, gains grow
    if (child.name == "r" || child.name == "w_in")
      for (double& value : child.array.values) value = 1e10;
}

// Every parameter long in a dimension of its own: their common shape has no bound.
void TreeGenerator::spreadShapes(Tree& node) {
  const auto extent = static_cast<std::int64_t>(oneIn(4) ? 1ull << below(14) : 1 + below(3));
  std::size_t rank = 0;
  for (const Tree& child : node.children) rank += child.kind == Tree::Kind::Array;
  std::size_t own = 0;
  for (Tree& child : node.children) {
    if (child.kind != Tree::Kind::Array) continue;
    child.array.shape.assign(rank, 1);
    child.array.shape[own++] = extent;
    child.array.values.assign(static_cast<std::size_t>(extent), 1.0);
  }
}

// Of one channel and one row, mostly so that the size stays.
void TreeGenerator::addWindow(Tree& node, std::int64_t size, const std::string& kind) {
  const std::int64_t axes = kind == "Conv1d" ? 1 : 2, length = oneIn(2) ? 1 : 3;
  const auto add = [&](const char* field, double rows, double columns) {
    if (oneIn(300)) return;
    Tree array =
        numbers(field, axes == 1 && oneIn(2) ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{axes});
    for (std::size_t i = 0; i < array.array.values.size(); ++i)
      array.array.values[i] = oneIn(300)                                ? number() * 1e5
                              : i + 1 == static_cast<std::size_t>(axes) ? columns
                                                                        : rows;
    node.children.push_back(std::move(array));
  };
  const double around = static_cast<double>((length - 1) / 2);
  add("stride", 1, oneIn(20) ? 2 : 1);
  if (kind.find("Pool2d") != std::string::npos) {
    add("kernel_size", 1, static_cast<double>(length));
    add("padding", 0, around);
    return;
  }
  node.children.push_back(numbers("weight", axes == 1 ? std::vector<std::int64_t>{1, 1, length}
                                                      : std::vector<std::int64_t>{1, 1, 1, length}));
  if (oneIn(3)) {
    node.children.push_back(text("padding", oneIn(20) ? someName() : oneIn(8) ? "valid" : "same"));
  } else {
    add("padding", 0, around);
  }
  add("dilation", 1, oneIn(20) ? 2 : 1);
  if (oneIn(2)) add("input_shape", 1, static_cast<double>(size));
  if (oneIn(2)) node.children.push_back(numbers("bias", {1}));
  if (oneIn(20)) add("groups", 1, 1);
}

Tree TreeGenerator::leaf(const std::string& name, std::int64_t size, const std::string& kind) {
  Tree node;
  node.name = name;
  node.children.push_back(text("type", kind));
  if (kind == "Input" || kind == "Output") {
    Tree shape = numbers("shape", {1});
    shape.array.dtype = DType::Int64;
    for (double& extent : shape.array.values)
      extent = oneIn(500) ? std::ldexp(1, static_cast<int>(below(30))) : static_cast<double>(size);
    node.children.push_back(std::move(shape));
  } else if (kind == "Linear" || kind == "Affine") {
    node.children.push_back(numbers("weight", {size, size}));
    if (kind == "Affine") node.children.push_back(numbers("bias", {size}));
  } else if (kind.find("Conv") == 0 || kind.find("Pool2d") != std::string::npos) {
    addWindow(node, size, kind);
  } else if (kind == "Scale") {
    node.children.push_back(numbers("scale", {size}));
  } else if (kind == "Threshold") {
    node.children.push_back(numbers("threshold", {size}));
  } else if (kind == "Delay") {  // of a few steps, mostly
    node.children.push_back(numbers("delay", {size}));
    for (double& seconds : node.children.back().array.values) seconds *= oneIn(10) ? 1.0 : 1e-3;
  } else if (kind == "Flatten") {
    for (const char* field : {"start_dim", "end_dim"}) {
      Tree dimension = numbers(field, {});
      for (double& value : dimension.array.values)
        value = oneIn(40) ? number() * 1e9 : field[0] == 's' ? static_cast<double>(below(2)) : -1.0;
      node.children.push_back(std::move(dimension));
    }
    if (oneIn(10)) node.children.push_back(numbers("input_type", {static_cast<std::int64_t>(1 + below(3))}));
  } else {
    addNeuron(node, size, kind);
  }
  return node;
}

Tree TreeGenerator::graph(const std::string& name, std::int64_t size, int depth) {
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
  if (!oneIn(200)) add(leaf("in", size, "Input"));
  for (std::uint64_t i = 0, inner = 1 + below(3); i < inner; ++i) {
    const std::string own = oneIn(100) ? someName() : fmt::format("n{}", i);
    if (depth < 3 && oneIn(8)) {
      add(graph(own, oneIn(30) ? size + 1 : size, depth + 1));
    } else {
      add(leaf(own, size, someKind()));
    }
  }
  if (!oneIn(200)) add(leaf("out", size, "Output"));
  Tree edges;
  edges.name = "edges";
  edges.kind = Tree::Kind::Strings;
  const auto connect = [&](const std::string& source, const std::string& target) {
    edges.strings.push_back(oneIn(300) ? someName() : source);
    edges.strings.push_back(oneIn(300) ? someName() : target);
  };
  for (std::size_t i = 0; i + 1 < names.size(); ++i) connect(names[i], names[i + 1]);
  // Back, forth and in circles.
  if (oneIn(3)) connect(random_.pick(names), random_.pick(names));
  edges.shape = {static_cast<std::int64_t>(edges.strings.size() / 2), 2};
  result.children.push_back(std::move(nodes));
  result.children.push_back(std::move(edges));
  addAttributes(result);
  return result;
}

// Networks have none that mean anything; recordings (NIRData) do.
void TreeGenerator::addAttributes(Tree& group) {
  if (oneIn(10)) group.attributes.push_back(numbers("dt", {}));
  if (oneIn(20)) group.attributes.push_back(text(someName(), someName()));
  if (oneIn(100)) group.attributes.push_back(text("__type__", oneIn(4) ? someName() : "NIRGraphData"));
  if (!group.attributes.empty() && oneIn(100)) {
    group.attributes.back().kind = Tree::Kind::Unreadable;
    group.attributes.back().reason = "a compound type";
  }
}

// One random change somewhere below `tree`.
void TreeGenerator::spoil(Tree& tree) {
  Tree* at = &tree;
  while (at->kind == Tree::Kind::Group && !at->children.empty() && !oneIn(6))
    at = &random_.pick(at->children);
  switch (below(7)) {
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
      at->reason = oneIn(4) ? someName() : "a compound type";
      break;
    case 4:
      if (!at->children.empty())
        at->children.erase(at->children.begin() + static_cast<long>(below(at->children.size())));
      break;
    case 5:  // a group within itself, or a copy of its own child
      if (at->kind == Tree::Kind::Group && !at->children.empty()) {
        Tree copy = random_.pick(at->children);
        if (oneIn(2)) copy.name = someName();
        at->children.push_back(std::move(copy));
      }
      break;
    default:
      if (!at->array.values.empty()) random_.pick(at->array.values) = number() * 1e18;
      if (!at->strings.empty()) random_.pick(at->strings) = someName();
  }
}

Tree TreeGenerator::file() {
  Tree root;
  root.children.push_back(text("version", oneIn(50) ? someName() : "0.2.0"));
  root.children.push_back(graph("node", static_cast<std::int64_t>(1 + below(3)), 0));
  for (std::uint64_t i = oneIn(3) ? 1 + below(2) : 0; i > 0; --i) spoil(root.children.back());
  addAttributes(root);
  return root;
}

}  // namespace rheo::fuzz
