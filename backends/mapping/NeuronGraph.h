// The neurons of a network as the mapper sees them: an edge for each source of each projection, as a core has
// an axon, or an atom of one, for it. Feature maps lie in tiles; their neurons are no vertices, but send to
// some.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "partition/Hypergraph.h"
#include "partition/Limits.h"
#include "place/Place.h"

namespace rheo {

// Spikes in a step of each neuron or channel, by population or input; 1 where it is left out.
using Rates = std::map<std::string, std::vector<double>>;

class NeuronGraph {
 public:
  // Whether its targets would be so many at most; where so many values would have to be looked at, it is said
  // to have more.
  static bool isSmall(const PlacementProblem& problem, const ChipSpec& chip, std::int64_t mostTargets,
                      std::int64_t mostValues);

  // `problem` and `chip` outlive it.
  static Expected<NeuronGraph> make(const PlacementProblem& problem, const ChipSpec& chip,
                                    const Rates& rates);

  const partition::Hypergraph& graph() const { return graph_; }

  // Of a core that holds nothing but vertices. Dense lists take fewer words than the graph can tell;
  // `inOrder`, where there is one, says by how much.
  partition::Limits limits(const Placement* inOrder) const;

  // [vertex]: index of a core.
  std::vector<partition::Index> coresOf(const Placement& placement) const;
  std::vector<WantedCore> wanted(std::span<const partition::Index> coreOf, partition::Index cores) const;
  // Sum over edges of rate * (cores touched - 1). What sends from outside the graph lies on none of them.
  double connectivity(const Placement& placement) const;
  // Of those that hold vertices.
  std::int64_t coresUsed(const Placement& placement) const;

 private:
  NeuronGraph(const PlacementProblem& problem, const ChipSpec& chip) : problem_(&problem), chip_(&chip) {}

  void addEdges(const ProjectionSpec& projection, const Rates& rates, partition::Hypergraph::Parts& parts);
  std::uint64_t mostNeurons() const;
  partition::SynapseMemory memory() const;
  bool holdsTiles(const PlacedCore& core) const;

  const PlacementProblem* problem_;
  const ChipSpec* chip_;
  std::vector<std::int64_t> firstVertex_;  // [population], -1 of feature maps
  partition::Hypergraph graph_;
};

}  // namespace rheo
