// Bisects into more and more parts until the mean core is within the limits on axons and words.
#include "partition/CoreCount.h"

#include <algorithm>
#include <cmath>

namespace rheo::partition {
namespace {

// Annealing lowers the mean use of a bisection by more than it needs to even out the cores.
constexpr double kReach = 1.0;
constexpr double kLeastGrowth = 1.02;

// The sum over all parts.
CoreUse totalUse(const Hypergraph& graph, const Limits& limits, const std::vector<Index>& partOf,
                 Index parts) {
  CoreUse sum;
  std::vector<Index> targets(parts, 0), touched;
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    for (Index target : graph.targets(edge))
      if (targets[partOf[target]]++ == 0) touched.push_back(partOf[target]);
    sum.axons += touched.size();
    for (Index part : touched) {
      sum.words += limits.memory.words(targets[part]);
      targets[part] = 0;
    }
    touched.clear();
  }
  return sum;
}

double fullness(std::uint64_t total, Index cores, std::uint64_t limit) {
  return static_cast<double>(total) / cores / static_cast<double>(std::max<std::uint64_t>(limit, 1));
}

}  // namespace

FirstMap firstMap(const Hypergraph& graph, const Limits& limits, const Bounds& bounds,
                  const Embedding& embedding, const BisectionPlan& plan, const Workers& workers) {
  const double most = std::max<double>(graph.vertices(), 1);
  double cores = std::clamp(bounds.cores.value, 1.0, most);
  for (;;) {
    FirstMap map{static_cast<Index>(cores), {}};
    map.coreOf = bisect(graph, embedding, map.cores, plan);
    if (map.cores >= graph.vertices() || workers.cancelled()) return map;
    const CoreUse total = totalUse(graph, limits, map.coreOf, map.cores);
    double full = fullness(total.axons, map.cores, limits.perCore.axons);
    if (limits.memoryIsLimited())
      full = std::max(full, fullness(total.words, map.cores, limits.perCore.words));
    if (full <= kReach) return map;
    cores = std::min(most, std::ceil(cores * std::max(full / kReach, kLeastGrowth)));
  }
}

}  // namespace rheo::partition
