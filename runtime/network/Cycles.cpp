// Which edges carry the value of the previous step: every hop, or those that close a cycle. A cycle in which
// nothing has state is refused. SPEC F5.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "network/Checks.h"

namespace rheo::network {

namespace {

using Adjacency = std::vector<std::vector<int>>;

// The nodes on a path from `from` to `to` along `targets`, both ends included; empty if there is none.
std::vector<int> findPath(const Adjacency& targets, int from, int to) {
  std::vector<int> parent(targets.size(), -1), pending{from};
  parent[from] = from;
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node == to) break;
    for (const int next : targets[node]) {
      if (parent[next] >= 0) continue;
      parent[next] = node;
      pending.push_back(next);
    }
  }
  if (parent[to] < 0) return {};
  std::vector<int> path{to};
  while (path.back() != from) path.push_back(parent[path.back()]);
  std::reverse(path.begin(), path.end());
  return path;
}

// Number of edges from the nearest Input; the largest int where no Input leads to the node.
std::vector<int> depths(const Network& network, const Adjacency& targets) {
  std::vector<int> depth(targets.size(), std::numeric_limits<int>::max());
  std::vector<int> layer = network.inputs();
  for (int level = 0; !layer.empty(); ++level) {
    std::vector<int> next;
    for (const int node : layer) {
      if (depth[node] <= level) continue;
      depth[node] = level;
      next.insert(next.end(), targets[node].begin(), targets[node].end());
    }
    layer = std::move(next);
  }
  return depth;
}

// A cycle among stateless nodes has no value: every node in it waits for another one.
bool refuseStatelessCycle(const Network& network, const Adjacency& stateless, Report& report) {
  for (const Edge& edge : network.edges) {
    if (network.nodes[edge.source].stateful()) continue;
    const std::vector<int> path = findPath(stateless, edge.target, edge.source);
    if (path.empty()) continue;
    std::string loop = fmt::format("'{}'", network.nodes[edge.source].name);
    for (const int node : path) loop += fmt::format(" -> '{}'", network.nodes[node].name);
    report.add("R0207", network.nodes[edge.source].name, "a cycle without a neuron: " + loop,
               "every cycle has to pass a node with state (a neuron), or its values are not defined");
    return true;
  }
  return false;
}

// Which edges close a cycle is a choice. Only edges that leave a stateful node come into question, so that
// the bias of an Affine in a loop acts in every step, step 0 included. They are admitted in the order of
// their source's distance from the inputs (then of the names); one that would close a cycle with those
// already admitted is delayed. For hidden -> w_rec -> hidden that is hidden -> w_rec; for a loop over two
// layers, the feedback from the deeper one.
void delayCycles(Network& network, const Adjacency& all, Adjacency admitted, std::vector<int> candidates) {
  const std::vector<int> depth = depths(network, all);
  const auto key = [&](int i) {
    const Edge& edge = network.edges[i];
    return std::tuple(depth[edge.source], std::string_view(network.nodes[edge.source].name),
                      depth[edge.target], std::string_view(network.nodes[edge.target].name));
  };
  std::sort(candidates.begin(), candidates.end(), [&](int a, int b) { return key(a) < key(b); });
  std::vector<std::string> delayed;
  for (const int i : candidates) {
    Edge& edge = network.edges[i];
    if (findPath(admitted, edge.target, edge.source).empty()) {
      admitted[edge.source].push_back(edge.target);
      continue;
    }
    edge.delaySteps = 1;
    delayed.push_back(
        fmt::format("'{}' -> '{}'", network.nodes[edge.source].name, network.nodes[edge.target].name));
  }
  if (delayed.empty()) return;
  network.assumptions.push_back({"recurrent edges", fmt::format("{}", fmt::join(delayed, ", ")),
                                 "they close a cycle and carry the value of the previous step (SPEC F5)",
                                 "no option: every framework does so", false});
}

}  // namespace

void delayEdges(Network& network, Report& report) {
  const bool everyHop = network.conventions.feedforwardDelay == FeedforwardDelay::OneStep;
  Adjacency all(network.nodes.size()), stateless(network.nodes.size());
  std::vector<int> ofNeurons;
  for (int i = 0; i < static_cast<int>(network.edges.size()); ++i) {
    Edge& edge = network.edges[i];
    const Node &source = network.nodes[edge.source], &target = network.nodes[edge.target];
    const bool hop = (source.stateful() || source.kind == "Input") && target.kind != "Output";
    edge.delaySteps = everyHop && hop ? 1 : 0;
    all[edge.source].push_back(edge.target);
    if (source.stateful()) {
      ofNeurons.push_back(i);
    } else {
      stateless[edge.source].push_back(edge.target);
    }
  }
  if (refuseStatelessCycle(network, stateless, report) || everyHop) return;
  delayCycles(network, all, std::move(stateless), std::move(ofNeurons));
}

}  // namespace rheo::network
