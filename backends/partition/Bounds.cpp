// An edge needs as many cores as its vertices fill; the cores need room for every axon and every word.
#include "partition/Bounds.h"

#include <fmt/format.h>

#include <algorithm>

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

std::uint64_t pins(const Hypergraph& graph, Index edge) {
  const auto targets = graph.targets(edge);
  const bool own = std::find(targets.begin(), targets.end(), graph.source(edge)) != targets.end();
  return targets.size() + !own;
}

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
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    const std::uint64_t targets = graph.targets(edge).size();
    axons += static_cast<std::uint64_t>(ceilDivide(targets, perCore));
    words += limits.memory.words(targets);
    connectivity += graph.weight(edge) * (ceilDivide(pins(graph, edge), perCore) - 1);
  }
  if (connectivity > 0)
    raise(bounds.connectivity, connectivity,
          fmt::format("edges of more than {} vertices need several cores", perCore));
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
