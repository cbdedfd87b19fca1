// How many cores to aim at: the fewest on which the limits seem within reach.
#pragma once

#include "partition/Bounds.h"
#include "partition/Embedding.h"
#include "partition/Limits.h"

namespace rheo::partition {

// At least the bound, at most one core for each vertex.
Index chooseCoreCount(const Hypergraph& graph, const Limits& limits, const Bounds& bounds,
                      const Embedding& embedding, const Workers& workers);

}  // namespace rheo::partition
