// From the tree of a NIR file to a Network.
#include "Nir.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "Parser.h"
#include "hdf5/Messages.h"

namespace rheo::nir {

namespace {

// NIR promises to read old files with new versions; what a later major version means is not known here.
void noteVersion(const Tree& root, std::vector<Assumption>& assumptions) {
  const Tree* version = root.child("version");
  const bool stated =
      version != nullptr && version->kind == Tree::Kind::Strings && version->strings.size() == 1;
  const std::string text = stated ? version->strings[0] : "";
  if (text.starts_with("0.") || text.starts_with("1.")) return;
  assumptions.push_back({"NIR version", "1.0",
                         stated ? fmt::format("the file says {}, which is not known here", quoteName(text))
                                : "the file does not say its version",
                         "write the file again with a NIR version from 0.1 to 1.x", true});
}

}  // namespace

Expected<Network> parseNir(Tree tree, const std::string& file) {
  if (const Tree* type = tree.attribute("__type__"); type != nullptr && type->kind == Tree::Kind::Strings) {
    return formatError("R0105", file, "/",
                       fmt::format("this file holds recordings ({}), not a network",
                                   quoteName(type->strings.empty() ? "" : type->strings[0])),
                       "name the network; recordings are data: --input FILE");
  }
  Tree* top = tree.child("node");
  if (top == nullptr || top->kind != Tree::Kind::Group) {
    return formatError(
        "R0105", file, "/node",
        "this HDF5 file is no network: it has neither a group 'node' (NIR) nor a group 'layer' (.net)",
        "write the graph with nir.write(), or export it with lava-dl");
  }
  auto type = nodeType(*top, "/node", file);
  if (!type) return type.error();
  if (*type != "NIRGraph") {
    return formatError("R0105", file, "/node/type",
                       fmt::format("the file holds a single node of type {}, not a graph", quoteName(*type)),
                       "put the node into a nir.NIRGraph with an Input and an Output");
  }
  auto graph = parseGraph(*top, file);
  if (!graph) return graph.error();
  if (Status status = removeInnerPorts(*graph, file); !status) return status.error();

  Network network;
  network.name = std::filesystem::path(file).stem().string();
  network.nodes = std::move(graph->nodes);
  noteVersion(tree, network.assumptions);
  network.assumptions.insert(network.assumptions.end(), graph->assumptions.begin(), graph->assumptions.end());
  std::sort(graph->edges.begin(), graph->edges.end());
  for (const auto& [source, target] : graph->edges) network.edges.push_back({source, target, 0});
  return network;
}

}  // namespace rheo::nir
