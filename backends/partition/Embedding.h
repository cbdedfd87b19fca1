// Coordinates for the vertices of a graph that has none: the slowest modes of a random walk over its edges.
// Vertices that share many edges come to lie near each other.
#pragma once

#include <span>
#include <vector>

#include "partition/Hypergraph.h"
#include "partition/Workers.h"

namespace rheo::partition {

struct Embedding {
  int dimensions = 0;
  std::vector<float> coordinates;  // vertices x dimensions

  std::span<const float> operator[](Index vertex) const {
    return {coordinates.data() + std::size_t{vertex} * dimensions, static_cast<std::size_t>(dimensions)};
  }
};

// Distances are those of the walk's commute time, cut to so many modes.
Embedding embed(const Hypergraph& graph, int dimensions, std::uint64_t seed, Workers& workers);

}  // namespace rheo::partition
