// Who spikes to whom: one hyperedge for each source neuron and all its targets, and the same pins by vertex.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "support/Error.h"

namespace rheo::partition {

using Index = std::uint32_t;

// One edge that a vertex takes part in, and as what. The two bits of the role are what the vertex adds to
// an edge's count of pins on a core (EdgeCores.h).
class Incidence {
 public:
  static constexpr Index kSource = 1, kTarget = 2;

  Incidence() = default;
  Incidence(Index edge, Index role) : bits_(edge << 2 | role) {}
  Index edge() const { return bits_ >> 2; }
  Index role() const { return bits_ & 3; }
  bool isTarget() const { return bits_ & kTarget; }

 private:
  Index bits_ = 0;
};

constexpr Index kMostEdges = Index{1} << 30;  // an Incidence keeps two bits for the role
constexpr Index kMostVertices = Index{1} << 30;

class Hypergraph {
 public:
  // What it is made of, edge after edge. A target that is named twice counts once; a source may be its own
  // target.
  struct Parts {
    Index vertices = 0;
    std::vector<double> weights;             // of the edges: rates
    std::vector<Index> sources;              // of the edges
    std::vector<std::uint64_t> firstTarget;  // edges + 1 positions in `targets`
    std::vector<Index> targets;
    std::vector<std::uint32_t> vertexWeights;  // empty: one each
  };

  // Errors: R0140 where sizes disagree, a pin is no vertex, a weight is negative or not finite,
  // or the weights add up to more than a figure holds.
  static Expected<Hypergraph> make(Parts parts);

  Index vertices() const { return parts_.vertices; }
  Index edges() const { return static_cast<Index>(parts_.sources.size()); }
  std::uint64_t targetPins() const { return parts_.targets.size(); }

  double weight(Index edge) const { return parts_.weights[edge]; }
  Index source(Index edge) const { return parts_.sources[edge]; }
  std::span<const Index> targets(Index edge) const {
    return {parts_.targets.data() + parts_.firstTarget[edge],
            parts_.targets.data() + parts_.firstTarget[edge + 1]};
  }

  bool weighted() const { return !parts_.vertexWeights.empty(); }
  std::uint32_t vertexWeight(Index vertex) const { return weighted() ? parts_.vertexWeights[vertex] : 1; }
  std::uint64_t totalVertexWeight() const { return totalVertexWeight_; }

  // Each edge once for each vertex, by number of the edge.
  std::span<const Incidence> incidences(Index vertex) const {
    return {incidences_.data() + firstIncidence_[vertex], incidences_.data() + firstIncidence_[vertex + 1]};
  }

 private:
  void transpose();

  Parts parts_;
  std::uint64_t totalVertexWeight_ = 0;
  std::vector<std::uint64_t> firstIncidence_;
  std::vector<Incidence> incidences_;
};

}  // namespace rheo::partition
