// Counts what cores use and edges cost, once in full and then by each move.
#include "partition/Assignment.h"

#include <algorithm>

namespace rheo::partition {
namespace {

constexpr std::size_t kTabulatedTargets = 4096;
constexpr Index kSpareCores = 2;  // room in an edge's list before it must be moved

EdgeCores emptyEdgeCores(const Hypergraph& graph, double unit, const std::vector<Index>& coreOf,
                         Index cores) {
  std::vector<float> weights(graph.edges());
  std::vector<Index> expected(graph.edges());
  std::vector<Index> lastEdge(cores, kMostEdges);
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    weights[edge] = static_cast<float>(graph.weight(edge) / unit);
    const auto touch = [&](Index vertex) {
      Index& last = lastEdge[coreOf[vertex]];
      expected[edge] += last != edge;
      last = edge;
    };
    touch(graph.source(edge));
    for (Index target : graph.targets(edge)) touch(target);
    expected[edge] += kSpareCores;
  }
  return EdgeCores(weights, expected);
}

std::uint64_t over(std::uint64_t used, std::uint64_t limit) { return used > limit ? used - limit : 0; }

}  // namespace

double meanWeight(const Hypergraph& graph) {
  double sum = 0;
  std::uint64_t counted = 0;
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    sum += graph.weight(edge);
    counted += graph.weight(edge) > 0;
  }
  return counted == 0 ? 1 : sum / static_cast<double>(counted);
}

Assignment::Assignment(const Hypergraph& graph, const Limits& limits, std::vector<Index> coreOf, Index cores)
    : graph_(&graph),
      limits_(&limits),
      coreOf_(std::move(coreOf)),
      uses_(cores),
      unit_(meanWeight(graph)),
      edgeCores_(emptyEdgeCores(graph, unit_, coreOf_, cores)) {
  for (std::size_t targets = 0; targets < kTabulatedTargets; ++targets)
    wordsAdded_.push_back(static_cast<std::uint32_t>(computeWordsOfOneMore(targets)));
  for (Index vertex = 0; vertex < graph.vertices(); ++vertex)
    uses_[coreOf_[vertex]].neurons += graph.vertexWeight(vertex);
  const auto addPin = [this](Index edge, Index core, Index role) {
    const CorePins before{core, edgeCores_.add(edge, core, role)};
    if (role == Incidence::kSource) return;
    uses_[core].axons += before.targets() == 0;
    uses_[core].words += wordsOfOneMore(before.targets());
  };
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    addPin(edge, coreOf_[graph.source(edge)], Incidence::kSource);
    for (Index target : graph.targets(edge)) addPin(edge, coreOf_[target], Incidence::kTarget);
  }
}

void Assignment::move(Index vertex, Index core) {
  const Index old = coreOf_[vertex];
  if (old == core) return;
  coreOf_[vertex] = core;
  uses_[old].neurons -= graph_->vertexWeight(vertex);
  uses_[core].neurons += graph_->vertexWeight(vertex);
  for (Incidence incidence : graph_->incidences(vertex)) {
    const CorePins left{old, edgeCores_.remove(incidence.edge(), old, incidence.role())};
    const CorePins met{core, edgeCores_.add(incidence.edge(), core, incidence.role())};
    if (!incidence.isTarget()) continue;
    uses_[old].axons -= left.targets() == 1;
    uses_[old].words -= wordsOfOneMore(left.targets() - 1);
    uses_[core].axons += met.targets() == 0;
    uses_[core].words += wordsOfOneMore(met.targets());
  }
}

Index Assignment::openCore() {
  uses_.emplace_back();
  return cores() - 1;
}

double Assignment::connectivity() const {
  double sum = 0;
  for (Index edge = 0; edge < graph_->edges(); ++edge)
    sum += graph_->weight(edge) * static_cast<double>(edgeCores_[edge].size() - 1);
  return sum;
}

CoreUse Assignment::excess() const {
  CoreUse sum;
  for (const CoreUse& use : uses_) {
    sum.neurons += over(use.neurons, limits_->perCore.neurons);
    sum.axons += over(use.axons, limits_->perCore.axons);
    sum.words += over(use.words, limits_->perCore.words);
  }
  return sum;
}

}  // namespace rheo::partition
