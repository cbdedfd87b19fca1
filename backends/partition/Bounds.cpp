// An edge needs as many cores as its vertices and the synapses onto them fill; the cores need room for every
// axon and every word.
#include "partition/Bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace rheo::partition {
namespace {

double ceilDivide(std::uint64_t amount, std::uint64_t by) {
  return static_cast<double>(amount / by + (amount % by != 0));
}

// The most vertices that fit a core side by side.
std::uint64_t mostVerticesPerCore(const Hypergraph& graph, const Limits& limits) {
  if (!graph.weighted()) return limits.perCore.neurons;
  std::vector<std::uint32_t> weights;
  for (Index vertex = 0; vertex < graph.vertices(); ++vertex) weights.push_back(graph.vertexWeight(vertex));
  std::sort(weights.begin(), weights.end());
  std::uint64_t count = 0, sum = 0;
  while (count < weights.size() && sum + weights[count] <= limits.perCore.neurons) sum += weights[count++];
  return std::max<std::uint64_t>(count, 1);
}

// How many cores the pins of an edge fill: a vertex lies on one core, with all synapses onto it. What lists
// lose to headers and to what is left of words is not counted.
class CoresOfEdge {
 public:
  CoresOfEdge(const Hypergraph& graph, const Limits& limits)
      : graph_(graph), limits_(limits), synapses_(graph.vertices()) {
    for (Index edge = 0; edge < graph.edges(); ++edge)
      for (const Index target : graph.targets(edge)) ++synapses_[target];
  }

  double operator()(Index edge) const {
    Room needed;
    bool own = false;
    for (const Index target : graph_.targets(edge)) {
      add(target, needed);
      own |= target == graph_.source(edge);
    }
    if (!own) add(graph_.source(edge), needed);
    const double cores = ceilDivide(needed.neurons, std::max<std::uint64_t>(limits_.perCore.neurons, 1));
    if (!limits_.memoryIsLimited() || limits_.perCore.words == 0) return cores;
    const auto bits = static_cast<double>(needed.synapses) * static_cast<double>(limits_.memory.synapseBits);
    const double room =
        static_cast<double>(limits_.perCore.words) * static_cast<double>(limits_.memory.wordBits);
    return std::max(cores, std::ceil(bits / room * kRoundedDown));
  }

 private:
  static constexpr double kRoundedDown = 1 - 1e-9;  // more than what the division may round up
  struct Room {
    std::uint64_t neurons = 0, synapses = 0;
  };
  void add(Index vertex, Room& room) const {
    room.neurons += graph_.vertexWeight(vertex);
    room.synapses += synapses_[vertex];
  }

  const Hypergraph& graph_;
  const Limits& limits_;
  std::vector<std::uint64_t> synapses_;  // onto each vertex
};

void raise(Bound& bound, double value, std::string reason) {
  if (value > bound.value) bound = {value, std::move(reason)};
}

}  // namespace

Bounds lowerBounds(const Hypergraph& graph, const Limits& limits) {
  const std::uint64_t perCore = std::max<std::uint64_t>(mostVerticesPerCore(graph, limits), 1);
  std::uint64_t axons = 0, words = 0;
  Bounds bounds;
  bounds.cores.reason = "there is no vertex";
  bounds.connectivity.reason = "every edge fits one core";
  double connectivity = 0;
  const CoresOfEdge coresOf(graph, limits);
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    const std::uint64_t targets = graph.targets(edge).size();
    axons += static_cast<std::uint64_t>(ceilDivide(targets, perCore));
    words += limits.memory.words(targets);
    connectivity += graph.weight(edge) * (std::max(coresOf(edge), 1.0) - 1);
  }
  if (connectivity > 0)
    raise(bounds.connectivity, connectivity,
          "the neurons of an edge, with all synapses onto them, fill several cores");
  raise(bounds.cores, graph.vertices() > 0, "there is a vertex");
  raise(bounds.cores,
        ceilDivide(graph.totalVertexWeight(), std::max<std::uint64_t>(limits.perCore.neurons, 1)),
        fmt::format("{} neurons, {} on a core", graph.totalVertexWeight(), limits.perCore.neurons));
  raise(bounds.cores, ceilDivide(axons, std::max<std::uint64_t>(limits.perCore.axons, 1)),
        fmt::format("{} axons at least, {} on a core", axons, limits.perCore.axons));
  if (limits.memoryIsLimited())
    raise(bounds.cores, ceilDivide(words, std::max<std::uint64_t>(limits.perCore.words, 1)),
          fmt::format("{} words of synapses at least, {} on a core", words, limits.perCore.words));
  return bounds;
}

}  // namespace rheo::partition
