// Whether a graph can be mapped at all, as far as counting tells.
#pragma once

#include "partition/Bounds.h"
#include "partition/Hypergraph.h"
#include "partition/Limits.h"
#include "support/Error.h"

namespace rheo::partition {

// Errors: R0432 for each vertex that exceeds a limit of a core by itself (the first of them), and where the
// bound on the cores is above their number.
Status checkFeasible(const Hypergraph& graph, const Limits& limits, const Bounds& bounds);

Error tooFewCores(double needed, std::uint64_t cores, std::string reason);

}  // namespace rheo::partition
