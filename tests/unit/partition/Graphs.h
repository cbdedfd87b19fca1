// Small hypergraphs for the tests of the mapper.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "partition/Hypergraph.h"
#include "partition/Limits.h"

namespace rheo::partition {

inline Hypergraph graphOf(Hypergraph::Parts parts) {
  auto graph = Hypergraph::make(std::move(parts));
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().diagnostics.front().message);
  return *std::move(graph);
}

// Edges given as pins, the source first; weights of 1 where none are given.
inline Hypergraph graphOf(Index vertices, const std::vector<std::vector<Index>>& edges,
                          std::vector<double> weights = {}, std::vector<std::uint32_t> vertexWeights = {}) {
  Hypergraph::Parts parts;
  parts.vertices = vertices;
  parts.weights = weights.empty() ? std::vector<double>(edges.size(), 1) : std::move(weights);
  parts.vertexWeights = std::move(vertexWeights);
  parts.firstTarget.push_back(0);
  for (const auto& pins : edges) {
    parts.sources.push_back(pins.front());
    parts.targets.insert(parts.targets.end(), pins.begin() + 1, pins.end());
    parts.firstTarget.push_back(parts.targets.size());
  }
  return graphOf(std::move(parts));
}

// What every core takes, counted anew.
inline std::vector<CoreUse> usesOf(const Hypergraph& graph, const Limits& limits,
                                   const std::vector<Index>& coreOf, Index cores) {
  std::vector<CoreUse> uses(cores);
  for (Index vertex = 0; vertex < graph.vertices(); ++vertex)
    uses[coreOf[vertex]].neurons += graph.vertexWeight(vertex);
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    std::map<Index, std::uint64_t> targets;
    for (Index target : graph.targets(edge)) ++targets[coreOf[target]];
    for (const auto& [core, count] : targets) {
      ++uses[core].axons;
      uses[core].words += limits.memory.words(count);
    }
  }
  return uses;
}

// One edge for each vertex, to `fanOut` targets drawn at random, itself perhaps among them.
inline Hypergraph randomGraph(Index vertices, Index fanOut, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::vector<Index>> edges;
  std::vector<double> weights;
  for (Index source = 0; source < vertices; ++source) {
    edges.push_back({source});
    for (Index i = random() % (fanOut + 1); i > 0; --i) edges.back().push_back(random() % vertices);
    weights.push_back(random() % 100 / 8.0);
  }
  return graphOf(vertices, edges, weights);
}

// The definition, vertex by vertex and with sets.
inline double connectivityOf(const Hypergraph& graph, const std::vector<Index>& coreOf) {
  double sum = 0;
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    std::set<Index> cores{coreOf[graph.source(edge)]};
    for (Index target : graph.targets(edge)) cores.insert(coreOf[target]);
    sum += graph.weight(edge) * static_cast<double>(cores.size() - 1);
  }
  return sum;
}

}  // namespace rheo::partition
