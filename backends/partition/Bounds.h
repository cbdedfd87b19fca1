// What no mapping can beat, proved by counting.
#pragma once

#include <string>

#include "partition/Hypergraph.h"
#include "partition/Limits.h"

namespace rheo::partition {

struct Bound {
  double value = 0;
  std::string reason;  // how it is proved
};

struct Bounds {
  Bound cores;
  Bound connectivity;
};

Bounds lowerBounds(const Hypergraph& graph, const Limits& limits);

}  // namespace rheo::partition
