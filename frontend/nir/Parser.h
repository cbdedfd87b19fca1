// The steps between a NIR file's tree and a Network. Each is a file of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hdf5/Messages.h"
#include "hdf5/Tree.h"
#include "network/Checks.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo::nir {

using hdf5::escaped;
using hdf5::formatError;
using hdf5::isPlainName;
using hdf5::quoteName;
using hdf5::Tree;
using network::shapeText;

// A graph with nested graphs already flattened into it. Nodes of kind Input and Output that came from a
// nested graph are still there, marked as inner ports.
struct FlatGraph {
  std::vector<Node> nodes;
  std::vector<bool> isInnerPort;           // one per node
  std::vector<std::pair<int, int>> edges;  // indices into nodes; may repeat only after port removal
  std::vector<Assumption> assumptions;
};

// Reads the leaf node of this kind that is stored in `group` (ParseNode.cpp); `name` is its dotted name.
// Takes the arrays out of the tree. Errors R0105, R0108, R0109.
Expected<Node> parseNode(Tree& group, const std::string& kind, const std::string& name,
                         const std::string& origin, const std::string& file);

// The text of a group's `type`. Errors R0105, R0108.
Expected<std::string> nodeType(const Tree& group, const std::string& origin, const std::string& file);

// Nested graphs and edges (ParseGraph.cpp). Errors R0105 to R0111.
Expected<FlatGraph> parseGraph(Tree& group, const std::string& file);

// Takes the inner ports out and joins what they connected (Ports.cpp). Errors R0107, R0110.
Status removeInnerPorts(FlatGraph& graph, const std::string& file);

}  // namespace rheo::nir
