// Reads one leaf node of a NIR file: its kind and its parameters as stored. What a kind must and may hold,
// and whether the values make sense, is finishNetwork's to judge, for every front end alike.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "Parser.h"
#include "hdf5/Messages.h"
#include "models/Model.h"
#include "network/Checks.h"
#include "network/ConvolutionNodes.h"

namespace rheo::nir {

namespace {

constexpr std::size_t kMaxWord = 64;  // bytes of a type or parameter name; finishNetwork shows that many

// Stored by some exporters with any node; says nothing that the neighbours do not say, or nothing at all.
bool isIgnored(const std::string& field, const std::string& kind) {
  if (field == "input_type") return kind != "Flatten";
  return field == "type" || field == "output_type" || field == "metadata";
}

Status checkNumbers(const Tree& stored, const Node& node, const std::string& file) {
  std::string what;
  switch (stored.kind) {
    case Tree::Kind::Array:
      return ok();
    case Tree::Kind::Strings:
      what = fmt::format("the string {}", quoteName(stored.strings.empty() ? "" : stored.strings.front()));
      break;
    case Tree::Kind::Group:
      what = "a group";
      break;
    case Tree::Kind::Unreadable:
      what = escaped(stored.reason);
      break;
  }
  return formatError("R0108", file, node.origin + "/" + escaped(stored.name),
                     fmt::format("{} of node {} is {} where numbers belong", quoteName(stored.name),
                                 quoteName(node.name), what),
                     "store the parameter as an array of floats");
}

// Shapes are stored as arrays: their values must be usable as extents.
Status checkExtents(const Tensor& tensor, const std::string& field, const Node& node,
                    const std::string& file) {
  constexpr std::int64_t kMaxRank = 8;
  constexpr double kMaxExtent = 1 << 27;
  const bool usable = tensor.size() >= 1 && tensor.size() <= kMaxRank &&
                      std::all_of(tensor.values.begin(), tensor.values.end(), [](double extent) {
                        return extent >= 1 && extent <= kMaxExtent && extent == std::floor(extent);
                      });
  if (usable) return ok();
  return formatError(
      "R0109", file, node.origin + "/" + field,
      fmt::format("'{}' of node {} is not a shape: it must hold 1 to {} whole numbers from 1 to {}", field,
                  quoteName(node.name), kMaxRank, kMaxExtent),
      "store the extents without a batch dimension, as integers");
}

// NIR's words for the padding of a convolution, as numbers. SPEC F15.
Status setPadding(const std::string& word, Node& node, const std::string& file) {
  const auto refused = [&](std::string message, std::string remedy) {
    return formatError("R0108", file, node.origin + "/padding", std::move(message), std::move(remedy));
  };
  if (word != "same" && word != "valid")
    return refused(fmt::format("the padding of node {} is {}", quoteName(node.name), quoteName(word)),
                   "store 'same', 'valid' or numbers");
  Tensor& padding = node.parameters["padding"] = Tensor::count(0);
  const auto weight = node.parameters.find("weight");
  if (word == "valid" || weight == node.parameters.end() || weight->second.shape.size() < 3)
    return ok();  // without a kernel the node is refused later
  // One value for all axes, or one for each.
  const auto along = [&](const char* name, std::size_t axis) {
    const auto found = node.parameters.find(name);
    if (found == node.parameters.end() || found->second.values.empty()) return 1.0;
    const std::vector<double>& values = found->second.values;
    return values[std::min(axis, values.size() - 1)];
  };
  padding = Tensor{{static_cast<std::int64_t>(weight->second.shape.size()) - 2}, {}, DType::Int64, ""};
  for (std::size_t axis = 0; axis + 2 < weight->second.shape.size(); ++axis) {
    const auto kernel = static_cast<double>(weight->second.shape[2 + axis]);
    const double half = along("dilation", axis) * (kernel - 1) / 2;
    if (along("stride", axis) != 1 || half != std::floor(half))
      return refused(
          fmt::format("the padding of node {} is 'same', but its stride is not 1 or its kernel even",
                      quoteName(node.name)),
          "store the padding as numbers");
    padding.values.push_back(half);
  }
  return ok();
}

// A batch dimension of 1, which some exporters leave before a matrix.
void dropLeadingOnes(std::vector<std::int64_t>& shape, std::size_t rank) {
  while (shape.size() > rank && shape.front() == 1) shape.erase(shape.begin());
}

}  // namespace

Expected<std::string> nodeType(const Tree& group, const std::string& origin, const std::string& file) {
  const Tree* type = group.child("type");
  if (type == nullptr) {
    return formatError("R0105", file, origin + "/type", "the node has no 'type'",
                       "write the graph with nir.write(), which stores every node's type as a string");
  }
  if (type->kind != Tree::Kind::Strings || type->strings.size() != 1) {
    return formatError("R0108", file, origin + "/type", "the node's 'type' is not one string",
                       "store the type as a string such as 'LIF'");
  }
  if (!isPlainName(type->strings[0]) || type->strings[0].size() > kMaxWord) {
    return formatError("R0108", file, origin + "/type",
                       fmt::format("{} cannot be the type of a node", quoteName(type->strings[0])),
                       "store the type as a string such as 'LIF'");
  }
  return type->strings[0];
}

Expected<Node> parseNode(Tree& group, const std::string& kind, const std::string& name,
                         const std::string& origin, const std::string& file) {
  Node node;
  node.name = name;
  node.kind = kind;
  node.origin = origin;
  const auto kinds = network::supportedKinds();
  const std::size_t rank = 2 + (hasWindow(kind) ? network::axesOf(kind) : 0);  // of 'weight'
  std::optional<std::string> padding;
  if (node.exact()) {  // a Network's word, not NIR's
    const std::string_view own = models::findNodeModel(kind).model->nirName;
    return formatError("R0201", file, origin,
                       fmt::format("NIR has no kind of node called {}", quoteName(kind)),
                       own.empty() ? "name one of NIR's kinds" : fmt::format("did you mean '{}'?", own));
  }
  // The parameters of other kinds may be anything; finishNetwork refuses the kind.
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return node;
  for (Tree& child : group.children) {
    if (isIgnored(child.name, kind)) continue;
    if (!isPlainName(child.name) || child.name.size() > kMaxWord) {
      return formatError("R0111", file, origin,
                         fmt::format("{} cannot be the name of a parameter", quoteName(child.name)),
                         "use the names of the NIR specification");
    }
    if (child.name == "padding" && hasWindow(kind) && child.kind == Tree::Kind::Strings &&
        child.strings.size() == 1) {
      padding = child.strings[0];
      continue;
    }
    if (Status status = checkNumbers(child, node, file); !status) return status.error();
    Tensor& tensor = node.parameters[child.name];
    tensor = std::move(child.array);
    if (child.name == "weight") dropLeadingOnes(tensor.shape, rank);
    if (child.name == "bias") dropLeadingOnes(tensor.shape, 1);
    if (child.name == "shape" || child.name == "input_type") {
      if (Status status = checkExtents(tensor, child.name, node, file); !status) return status.error();
    }
  }
  if (padding)
    if (Status status = setPadding(*padding, node, file); !status) return status.error();
  if ((kind == "Input" || kind == "Output") && !node.parameters.contains("shape")) {
    return formatError("R0105", file, origin + "/shape",
                       fmt::format("node {} has no 'shape'", quoteName(name)),
                       "store the shape of what passes through the node");
  }
  return node;
}

}  // namespace rheo::nir
