// What spreads from one neuron, for many faults at once: each fault is a scenario, a lane of the vector
// kernels, and the populations behind the neurons are run in their order for all lanes together. For networks
// in which nothing leads back; loops are the general simulation's (Differential).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "faults/Baseline.h"
#include "faults/Effect.h"
#include "faults/FlatProgram.h"
#include "faults/Readout.h"
#include "sim/vector/AlignedVector.h"
#include "sim/vector/Trains.h"

namespace rheo::faults {

// Which cells' changes the lanes can follow. Immutable and shared by threads.
class CascadePlan {
 public:
  CascadePlan(const FlatProgram& flat, const Readout& readout);
  // Whether all that hears of this cell, over any number of others, can be run in lanes.
  bool follows(std::int32_t cell) const {
    return follows_[static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(cell)].population)];
  }
  // The one cell that an effect changes from within, -1 if there are more or lanes cannot follow it.
  std::int32_t localCell(const Effect& effect) const;
  // Whether what a population sends may come back to it.
  bool loops(std::int32_t population) const { return loops_[static_cast<std::size_t>(population)]; }

 private:
  friend class Cascade;
  const FlatProgram& flat_;
  const Readout& readout_;
  std::vector<bool> loops_, follows_;                // [populations]
  std::vector<std::int32_t> order_;                  // populations, those that send before those that hear
  std::vector<std::int32_t> rank_;                   // [populations], in `order_`
  std::vector<vector::ScenarioFunction> functions_;  // [populations]
};

// The scenarios of one sample; one for each thread.
class Cascade {
 public:
  static constexpr std::int64_t kLanes = 32;
  static constexpr std::int32_t kNothing = -1;  // the ticket of a fault that changes nothing

  Cascade(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan);

  // The intact run; kept by the caller. Forgets all tickets.
  void load(const Baseline& run, const std::vector<std::int64_t>& sums, std::int32_t answer);
  // An effect on the cell that localCell() gave. Returns a ticket for outcome().
  std::int32_t add(const Effect& effect, std::int32_t cell);
  // As if a cell that is followed had sent this train, one that differs from the intact one.
  std::int32_t addTrain(std::int32_t cell, std::span<const std::uint32_t> train);
  // Runs what waits. Outcomes are known from here on.
  void finish();
  const Outcome& outcome(std::int32_t ticket) const { return outcomes_[static_cast<std::size_t>(ticket)]; }

 private:
  struct Change {
    std::int32_t lane, step, sign;
  };
  void startLane();
  std::int32_t endLane();
  void flush();
  void runCell(std::int32_t cell);
  void spread(std::int32_t cell, std::span<const std::uint32_t> train);
  void noteSpike(std::int32_t cell, std::int64_t lane, std::int64_t step, std::int32_t sign);
  void send(std::int32_t cell);
  void tally(std::int64_t lane, const Tap& tap, std::int64_t change, std::int64_t distance);
  Outcome outcomeOf(std::int64_t lane) const;

  const FlatProgram& flat_;
  const Readout& readout_;
  const CascadePlan& plan_;
  const Baseline* run_ = nullptr;
  const std::vector<std::int64_t>* sums_ = nullptr;
  std::int32_t answer_ = -1;
  std::vector<Outcome> outcomes_;

  std::int64_t lane_ = 0;                         // scenarios that wait
  std::vector<Change> changes_;                   // of the cell whose change spreads
  std::vector<std::int32_t> slot_;                // [cells]: into `arrivals_`; -1
  std::vector<std::int32_t> first_;               // [cells]: first step in which something else arrives
  std::vector<std::vector<std::int32_t>> due_;    // [rank of the population]: cells
  vector::AlignedVector<std::int32_t> arrivals_;  // [slots][steps][lanes]; zero between flushes
  std::int32_t slots_ = 0;
  vector::AlignedVector<std::int32_t> input_, intact_;  // [steps]
  vector::AlignedVector<std::uint32_t> sent_;           // [trainWords][lanes]
  std::vector<std::uint32_t> train_;
  std::vector<std::uint8_t> raster_, output_;    // [lanes]
  std::vector<std::int64_t> change_, distance_;  // [lanes][values]
  std::vector<std::int64_t> scratch_;
};

}  // namespace rheo::faults
