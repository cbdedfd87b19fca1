// The mapper: the vertices of a hypergraph on few cores, within every core's limits, with little traffic
// between cores. The same graph, limits, seed and effort give the same map on any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "partition/Bounds.h"
#include "partition/Hypergraph.h"
#include "partition/Limits.h"
#include "support/Error.h"

namespace rheo::partition {

// Told now and then how much of the work is done (0 to 1) and what the map costs.
using Progress = std::function<void(double done, double connectivity)>;

struct Options {
  std::uint64_t seed = 0;
  int threads = 1;
  int effort = 1;  // 1 to 10: the work is proportional to it
  // Pins that sweeps look at, all starts together: fewer of both where there would be more.
  double mostWork = std::numeric_limits<double>::infinity();
  Progress progress;
  const std::atomic<bool>* cancel = nullptr;  // becomes true when the mapper is to stop
};

constexpr int kMostEffort = 10;

struct CoreMap {
  std::vector<Index> coreOf;  // by vertex, below `cores`; every core holds a vertex
  Index cores = 0;
  double connectivity = 0;  // sum over edges of weight * (cores touched - 1)
  CoreUse most;             // the largest use of any core, of each kind
  Bounds bounds;
};

// Errors: R0432 where a vertex exceeds a limit by itself or more cores are needed than there are, R0604
// where it was cancelled, R0690 for options out of range.
Expected<CoreMap> mapToCores(const Hypergraph& graph, const Limits& limits, const Options& options);

}  // namespace rheo::partition
