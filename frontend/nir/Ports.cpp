// Takes the Input and Output nodes of nested graphs out of a flattened graph.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "Parser.h"
#include "hdf5/Messages.h"

namespace rheo::nir {

namespace {

constexpr std::size_t kMaxEdges = 1'000'000;

Status portError(const char* code, const std::string& file, const Node& node, std::string message,
                 std::string remedy) {
  return formatError(code, file, node.origin, std::move(message), std::move(remedy));
}

}  // namespace

Status removeInnerPorts(FlatGraph& graph, const std::string& file) {
  const std::size_t count = graph.nodes.size();
  std::vector<std::set<int>> sources(count);
  std::vector<std::set<int>> targets(count);
  for (const auto& [source, target] : graph.edges) {
    sources[static_cast<std::size_t>(target)].insert(source);
    targets[static_cast<std::size_t>(source)].insert(target);
  }
  std::size_t edges = graph.edges.size();
  for (std::size_t port = 0; port < count; ++port) {
    if (!graph.isInnerPort[port]) continue;
    const Node& node = graph.nodes[port];
    const int index = static_cast<int>(port);
    if (sources[port].contains(index)) {
      return portError("R0110", file, node, fmt::format("the port {} feeds itself", quoteName(node.name)),
                       "put a node with a state into the loop");
    }
    edges += sources[port].size() * targets[port].size();
    if (edges > kMaxEdges) {
      return portError("R0110", file, node,
                       fmt::format("the ports of nested graphs join more than {} edges", kMaxEdges),
                       "flatten the graph before writing it");
    }
    for (const int source : sources[port]) targets[static_cast<std::size_t>(source)].erase(index);
    for (const int target : targets[port]) sources[static_cast<std::size_t>(target)].erase(index);
    for (const int source : sources[port]) {
      for (const int target : targets[port]) {
        if (!targets[static_cast<std::size_t>(source)].insert(target).second) {
          return portError(
              "R0107", file, node,
              fmt::format("through the port {} the edge {} -> {} is there twice", quoteName(node.name),
                          quoteName(graph.nodes[static_cast<std::size_t>(source)].name),
                          quoteName(graph.nodes[static_cast<std::size_t>(target)].name)),
              "remove one; to double a connection, double its weight");
        }
        sources[static_cast<std::size_t>(target)].insert(source);
      }
    }
    sources[port].clear();
    targets[port].clear();
  }

  std::vector<int> newIndex(count, -1);
  FlatGraph result;
  for (std::size_t i = 0; i < count; ++i) {
    if (graph.isInnerPort[i]) continue;
    newIndex[i] = static_cast<int>(result.nodes.size());
    result.nodes.push_back(std::move(graph.nodes[i]));
    result.isInnerPort.push_back(false);
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (const int target : targets[i]) {
      result.edges.emplace_back(newIndex[i], newIndex[static_cast<std::size_t>(target)]);
    }
  }
  result.assumptions = std::move(graph.assumptions);
  graph = std::move(result);
  return ok();
}

}  // namespace rheo::nir
