// On which cores each edge has pins, and how many: short lists, since most edges touch few cores. A list
// lies in whole cache lines with its edge's weight, so that a vertex reads one or two lines for each edge.
#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "partition/Hypergraph.h"

namespace rheo::partition {

// The pins of one edge on one core: twice the targets, plus one if the source is there. A vertex adds its
// Incidence's role.
struct CorePins {
  Index core = 0;
  Index pins = 0;

  Index targets() const { return pins >> 1; }
};

class EdgeCores {
 public:
  // No pins yet; `expected[edge]` cores have room before a list must be moved.
  EdgeCores(std::span<const float> weights, std::span<const Index> expected) {
    rows_.reserve(weights.size());
    for (std::size_t edge = 0; edge < weights.size(); ++edge) {
      const Index lines = linesFor(expected[edge] + 1);
      rows_.push_back({static_cast<Index>(lines_.size()), lines});
      lines_.resize(lines_.size() + lines);
      head(static_cast<Index>(edge)) = {std::bit_cast<Index>(weights[edge]), 0};
    }
  }

  float weight(Index edge) const { return std::bit_cast<float>(lines_[rows_[edge].first].units[0].core); }
  std::span<const CorePins> operator[](Index edge) const {
    const CorePins* row = lines_[rows_[edge].first].units;
    return {row + 1, row->pins};
  }
  void prefetch(Index edge) const { __builtin_prefetch(&lines_[rows_[edge].first]); }

  // Returns the pins on that core before.
  Index add(Index edge, Index core, Index role) {
    CorePins* row = &head(edge);
    const Index count = row->pins;
    for (Index i = 1; i <= count; ++i)
      if (row[i].core == core) return std::exchange(row[i].pins, row[i].pins + role);
    if (count + 1 == rows_[edge].lines * kUnits) row = grow(edge);
    row[count + 1] = {core, role};
    row->pins = count + 1;
    return 0;
  }

  // Returns the pins on that core before; there must be some of that role.
  Index remove(Index edge, Index core, Index role) {
    CorePins* row = &head(edge);
    CorePins* found = row + 1;
    while (found->core != core) ++found;
    const Index before = found->pins;
    found->pins -= role;
    if (found->pins == 0) *found = row[row->pins--];
    return before;
  }

 private:
  static constexpr Index kUnits = 8;
  struct alignas(64) Line {
    CorePins units[kUnits];
  };
  struct Row {
    Index first, lines;
  };

  // The first unit of a row holds the weight and the number of cores.
  CorePins& head(Index edge) { return lines_[rows_[edge].first].units[0]; }
  static Index linesFor(Index cores) { return cores / kUnits + 1; }

  CorePins* grow(Index edge) {
    const Row old = rows_[edge];
    rows_[edge] = {static_cast<Index>(lines_.size()), 2 * old.lines};
    lines_.resize(lines_.size() + 2 * std::size_t{old.lines});
    std::copy_n(lines_.begin() + old.first, old.lines, lines_.begin() + rows_[edge].first);
    return &head(edge);
  }

  std::vector<Row> rows_;
  std::vector<Line> lines_;
};

}  // namespace rheo::partition
