// How many steps every edge takes: those that close a cycle, and what the conventions add to hops and to the
// edges into current-based neurons. A cycle in which nothing has state is refused. SPEC F5, F21.
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

// For every node whether a way leads from it to a neuron, itself included.
std::vector<bool> leadToNeurons(const Network& network) {
  Adjacency sources(network.nodes.size());
  for (const Edge& edge : network.edges) sources[edge.target].push_back(edge.source);
  std::vector<bool> leads(network.nodes.size());
  std::vector<int> pending;
  for (int n = 0; n < static_cast<int>(network.nodes.size()); ++n)
    if (network.nodes[n].stateful()) pending.push_back(n);
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (leads[node]) continue;
    leads[node] = true;
    pending.insert(pending.end(), sources[node].begin(), sources[node].end());
  }
  return leads;
}

}  // namespace

// Which edges close a cycle is a choice. Only edges that leave a stateful node come into question, so that
// the bias of an Affine in a loop acts in every step, step 0 included. They are admitted in the order of
// their source's distance from the inputs (then of the names); one that would close a cycle with those
// already admitted is taken. For hidden -> w_rec -> hidden that is hidden -> w_rec; for a loop over two
// layers, the feedback from the deeper one.
std::vector<int> closingEdges(const Network& network) {
  Adjacency all(network.nodes.size()), admitted(network.nodes.size());
  std::vector<int> candidates;
  for (int i = 0; i < static_cast<int>(network.edges.size()); ++i) {
    const Edge& edge = network.edges[i];
    all[edge.source].push_back(edge.target);
    if (network.nodes[edge.source].stateful()) {
      candidates.push_back(i);
    } else {
      admitted[edge.source].push_back(edge.target);
    }
  }
  const std::vector<int> depth = depths(network, all);
  const auto key = [&](int i) {
    const Edge& edge = network.edges[i];
    return std::tuple(depth[edge.source], std::string_view(network.nodes[edge.source].name),
                      depth[edge.target], std::string_view(network.nodes[edge.target].name));
  };
  std::sort(candidates.begin(), candidates.end(), [&](int a, int b) { return key(a) < key(b); });
  std::vector<int> closing;
  for (const int i : candidates) {
    const Edge& edge = network.edges[i];
    if (findPath(admitted, edge.target, edge.source).empty()) {
      admitted[edge.source].push_back(edge.target);
    } else {
      closing.push_back(i);
    }
  }
  return closing;
}

std::vector<bool> hops(const Network& network) {
  const std::vector<bool> leads = leadToNeurons(network);
  std::vector<bool> found;
  for (const Edge& edge : network.edges) {
    const Node& source = network.nodes[edge.source];
    found.push_back((source.stateful() || source.kind == "Input") && leads[edge.target]);
  }
  return found;
}

// A cycle among stateless nodes has no value: every node in it waits for another one.
void refuseStatelessCycles(const Network& network, Report& report) {
  Adjacency stateless(network.nodes.size());
  for (const Edge& edge : network.edges)
    if (!network.nodes[edge.source].stateful()) stateless[edge.source].push_back(edge.target);
  for (const Edge& edge : network.edges) {
    if (network.nodes[edge.source].stateful()) continue;
    const std::vector<int> path = findPath(stateless, edge.target, edge.source);
    if (path.empty()) continue;
    std::string loop = fmt::format("'{}'", network.nodes[edge.source].name);
    for (const int node : path) loop += fmt::format(" -> '{}'", network.nodes[node].name);
    report.add("R0207", network.nodes[edge.source].name, "a cycle without a neuron: " + loop,
               "every cycle has to pass a node with state (a neuron), or its values are not defined");
    return;
  }
}

void tellClosingEdges(Network& network) {
  if (network.conventions.feedforwardDelay == FeedforwardDelay::OneStep) return;
  std::vector<std::string> closing;
  for (const int i : closingEdges(network)) {
    const Edge& edge = network.edges[i];
    closing.push_back(
        fmt::format("'{}' -> '{}'", network.nodes[edge.source].name, network.nodes[edge.target].name));
  }
  if (closing.empty()) return;
  network.assumptions.push_back({kRecurrentEdges, fmt::format("{}", fmt::join(closing, ", ")),
                                 "they close a cycle and carry the value of an earlier step (SPEC F5)",
                                 "no option: every framework does so", false});
}

}  // namespace rheo::network

namespace rheo {

void setConventions(Network& network, const Conventions& conventions) {
  network.conventions = conventions;
  const std::vector<bool> hop = network::hops(network);
  const int ofHops = conventions.feedforwardDelay == FeedforwardDelay::OneStep ? 1 : 0;
  for (std::size_t i = 0; i < hop.size(); ++i) network.edges[i].delaySteps = hop[i] ? ofHops : 0;
  for (const int i : network::closingEdges(network))
    network.edges[i].delaySteps = conventions.recurrentDelay == RecurrentDelay::TwoSteps ? 2 : 1;
  if (conventions.current != CurrentOrder::Old) return;
  for (Edge& edge : network.edges)
    if (network.nodes[edge.target].currentBased()) ++edge.delaySteps;
}

}  // namespace rheo
