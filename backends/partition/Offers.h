// What a vertex would gain on each core that its edges touch, and what it would use there.
#pragma once

#include <span>
#include <vector>

#include "partition/Assignment.h"

namespace rheo::partition {

class Offers {
 public:
  // Looks at one vertex; what it says holds until a vertex moves.
  void gather(const Assignment& assignment, Index vertex);

  Index vertex() const { return vertex_; }
  Index home() const { return home_; }

  // The cores that the vertex shares an edge with, its own among them.
  std::span<const Index> cores() const { return touched_; }

  // By how much connectivity falls if the vertex moves there, in units of the mean weight. A core that
  // shares no edge is a valid question too.
  double gain(Index core) const { return leaving_ - (total_ - link(core).shared); }

  // What the vertex adds to another core's use, and what leaves its own.
  CoreUse added(Index core) const {
    const Link& there = link(core);
    const Index newAxons = targetEdges_ - there.axons;
    return {neurons_, newAxons, newAxons * wordsOfFirst_ + there.words};
  }
  const CoreUse& freed() const { return freed_; }

 private:
  struct Link {
    float shared = 0;         // weight of the edges that are there already
    Index seen = 0;           // number of those edges
    Index axons = 0;          // of those that reach the vertex, with targets there
    std::uint32_t words = 0;  // that these lists would grow by
  };

  template <bool kWords>
  void visitEdges(const Assignment& assignment);

  const Link& link(Index core) const { return links_[core]; }

  Index vertex_ = 0, home_ = 0;
  Index targetEdges_ = 0;
  std::uint64_t neurons_ = 0, wordsOfFirst_ = 0;
  double total_ = 0, leaving_ = 0;
  CoreUse freed_;
  std::vector<Link> links_;  // by core; those not touched are empty
  std::vector<Index> touched_;
};

}  // namespace rheo::partition
