// Cuts an embedded graph into parts of equal weight: halves of halves, each by the best of a few planes.
#pragma once

#include <vector>

#include "partition/Embedding.h"
#include "partition/Hypergraph.h"

namespace rheo::partition {

struct BisectionPlan {
  std::uint64_t seed = 0;
  int planes = 1;  // tried for each cut: across the longest axis, then random ones that favour long axes
};

// The part of each vertex, below `parts`.
std::vector<Index> bisect(const Hypergraph& graph, const Embedding& embedding, Index parts,
                          const BisectionPlan& plan);

}  // namespace rheo::partition
