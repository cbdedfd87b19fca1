// What lanes need to know of a program to follow a neuron's change through it: who is reached, in which
// order, and how large a change may be that nobody notices. Immutable and shared by threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "faults/Effect.h"
#include "faults/FlatProgram.h"
#include "faults/Readout.h"
#include "fixed/Arithmetic.h"
#include "sim/vector/AlignedVector.h"
#include "sim/vector/Headroom.h"
#include "sim/vector/Kernels.h"
#include "sim/vector/Trains.h"

namespace rheo::faults {

// As far from zero as an intact current may be for changes of it to go unnoticed: half of what is left before
// it wraps is theirs. SPEC N4
inline constexpr float kFarFromWrapping = fixed::kHalfPeriod / 2;

// Neighbouring neurons of a population on one core: their cells and inputs follow one another.
struct CellGroup {
  std::int32_t population = 0, rank = 0;  // ranks: those that send come before those that hear
  std::int32_t firstCell = 0, firstInput = 0, count = 0;
  std::int64_t width = 0;  // count, padded
  vector::ScenarioFunction function = nullptr;
  // For small changes that may go unnoticed; nullptr where each may be noticed.
  vector::WatchFunction watch = nullptr;
  bool clears = false;
  vector::AlignedVector<std::int32_t> parameters;         // [of the model][width]
  vector::AlignedVector<float> gain, tail, slack, least;  // as WeighCall has them
};

// Synapses of a source into one group. Neighbours: to the neurons [first, first + count) of the group, all
// with one delay; else a target and a delay for each.
struct FanOut {
  std::int32_t group = 0, count = 0;
  std::int32_t first = -1, delay = 0;
  std::size_t weights = 0;  // where they begin in CascadePlan::weights()
  std::size_t targets = 0;  // of other synapses, where they begin in CascadePlan::targets()
  bool neighbours() const { return first >= 0; }
};
struct FanOutTarget {
  std::int32_t target, delay;
};

class CascadePlan {
 public:
  // For runs of so many steps; others are followed, too, but nothing is taken to go unnoticed in them.
  // `mostSynapses`: of all sources that are followed, each by itself: 256 MiB, and more for scattered ones.
  CascadePlan(const FlatProgram& flat, const Readout& readout, std::int64_t steps,
              std::int64_t mostSynapses = std::int64_t{1} << 26);

  // Whether all that hears of this cell, over any number of others, can be run in lanes.
  bool follows(std::int32_t cell) const {
    return follows_[static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(cell)].population)];
  }
  // The one cell that an effect changes from within, -1 if there are more or lanes cannot follow it: where
  // what it hears newly may hang on itself, too.
  std::int32_t localCell(const Effect& effect) const;
  // Whether what a population sends may come back to it.
  bool loops(std::int32_t population) const { return loops_[static_cast<std::size_t>(population)]; }

  // Whether what a source sends may hang on what a cell does: a new synapse between them makes a loop.
  bool hears(std::int32_t source, std::int32_t cell) const;

  std::int64_t steps() const { return steps_; }
  const std::vector<CellGroup>& groups() const { return groups_; }  // by rank
  std::int32_t groupOf(std::int32_t cell) const { return groupOf_[static_cast<std::size_t>(cell)]; }
  // What a cell that is followed reaches.
  std::span<const FanOut> fanOuts(std::int32_t cell) const {
    const auto c = static_cast<std::size_t>(cell);
    return std::span(fanOuts_).subspan(firstFanOut_[c], firstFanOut_[c + 1] - firstFanOut_[c]);
  }
  const std::int32_t* weights(const FanOut& fanOut) const { return &weights_[fanOut.weights]; }
  const FanOutTarget* targets(const FanOut& fanOut) const { return &targets_[fanOut.targets]; }

 private:
  bool reaches(std::size_t from, std::size_t to) const;
  void findWays(std::int64_t mostSynapses);
  void leaveOutTheLargest(const std::vector<std::int64_t>& sent, std::int64_t most);
  void layOutGroups();
  void findHeadroom(CellGroup& group, std::int64_t& effort) const;
  void addFanOuts(std::int32_t cell);

  const FlatProgram& flat_;
  const Readout& readout_;
  std::int64_t steps_;
  std::vector<std::vector<std::uint64_t>>
      reached_;                        // [populations][a bit for each]: over any number of others
  std::vector<bool> loops_, follows_;  // [populations]
  std::vector<std::int32_t> rank_;     // [populations]
  std::vector<CellGroup> groups_;
  std::vector<std::int32_t> groupOf_;  // [cells]
  std::vector<std::size_t> firstFanOut_;
  std::vector<FanOut> fanOuts_;
  std::vector<std::int32_t> weights_;
  std::vector<FanOutTarget> targets_;
};

}  // namespace rheo::faults
