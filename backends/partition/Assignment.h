// Every vertex on a core: what the cores use, what the edges cost, kept up to date as vertices move.
#pragma once

#include <cstdint>
#include <vector>

#include "partition/EdgeCores.h"
#include "partition/Hypergraph.h"
#include "partition/Limits.h"

namespace rheo::partition {

class Assignment {
 public:
  Assignment(const Hypergraph& graph, const Limits& limits, std::vector<Index> coreOf, Index cores);

  const Hypergraph& graph() const { return *graph_; }
  const Limits& limits() const { return *limits_; }
  Index cores() const { return static_cast<Index>(uses_.size()); }
  Index coreOf(Index vertex) const { return coreOf_[vertex]; }
  const std::vector<Index>& coresOf() const { return coreOf_; }
  const CoreUse& use(Index core) const { return uses_[core]; }
  const EdgeCores& edgeCores() const { return edgeCores_; }

  void move(Index vertex, Index core);
  Index openCore();  // an empty core more; returns its number

  // Connectivity: the sum of weight * (cores touched - 1), counted anew.
  double connectivity() const;

  // What is used beyond the limits, summed over the cores.
  CoreUse excess() const;
  bool withinLimits() const { return excess() == CoreUse{}; }

  // Of an edge that has `targets` on a core: words that one more takes.
  std::uint64_t wordsOfOneMore(std::uint64_t targets) const {
    return targets < wordsAdded_.size() ? wordsAdded_[targets] : computeWordsOfOneMore(targets);
  }

  // The mean weight of an edge is 1 in the weights that `edgeCores` keeps: gains are in this unit.
  double unit() const { return unit_; }

 private:
  std::uint64_t computeWordsOfOneMore(std::uint64_t targets) const {
    return limits_->memory.words(targets + 1) - limits_->memory.words(targets);
  }

  const Hypergraph* graph_;
  const Limits* limits_;
  std::vector<Index> coreOf_;
  std::vector<CoreUse> uses_;
  std::vector<std::uint32_t> wordsAdded_;
  double unit_;
  EdgeCores edgeCores_;
};

// The mean weight of the edges that weigh something; 1 if none does.
double meanWeight(const Hypergraph& graph);

}  // namespace rheo::partition
