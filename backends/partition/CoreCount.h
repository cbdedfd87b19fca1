// How many cores to aim at, the fewest on which the limits seem within reach, and a first map on them.
#pragma once

#include <vector>

#include "partition/Bisection.h"
#include "partition/Bounds.h"
#include "partition/Embedding.h"
#include "partition/Limits.h"

namespace rheo::partition {

struct FirstMap {
  Index cores = 0;
  std::vector<Index> coreOf;
};

// At least as many cores as the bound says, at most one for each vertex.
FirstMap firstMap(const Hypergraph& graph, const Limits& limits, const Bounds& bounds,
                  const Embedding& embedding, const BisectionPlan& plan, const Workers& workers);

}  // namespace rheo::partition
