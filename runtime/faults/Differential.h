// Differential simulation of faults: the intact run is known, and only what a fault changes is computed, step
// by step, until nothing differs any more. Exact: equal to running the faulty chip as a whole, which
// faults/Resimulation.h does and tests compare. After PROOFS (Niermann, Cheng, Patel 1992) and HOPE
// (Lee, Ha 1996), which do so for logic circuits. SPEC B1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "faults/Baseline.h"
#include "faults/Effect.h"
#include "faults/FlatProgram.h"
#include "faults/Readout.h"
#include "sim/vector/Trains.h"

namespace rheo::faults {

class Differential {
 public:
  Differential(const FlatProgram& flat, const Readout& readout);

  // The intact run that what follows is compared with; kept by the caller.
  void load(const Baseline& run);
  const std::vector<std::int64_t>& sums() const { return sums_; }  // of the intact run
  std::int32_t answer() const { return answer_; }

  // `effect` may not be undefined or change the program as a whole.
  Outcome run(const Effect& effect);
  // As if a cell had sent this train (bits as vector::TrainCall has them), whatever reaches it.
  Outcome runTrain(std::int32_t cell, std::span<const std::uint32_t> train);
  // What a run of the whole program came to, compared with the intact one.
  Outcome compare(const Baseline& other) const;

 private:
  // Steps that a message can be under way, with what the longest delay and lateness of a fault add.
  static constexpr std::int64_t kSlots = 128;

  struct Slot {
    std::vector<std::int32_t> difference;  // [inputs]
    std::vector<std::int32_t> sums;        // [shifted width]
    std::vector<std::uint8_t> marked;      // [inputs]
    std::vector<std::int32_t> touched;     // inputs
  };

  void begin();
  Outcome finish();
  std::int64_t nextAct(const Effect& effect, std::int64_t step) const;
  void step(const Effect& effect, std::int64_t step);
  void updateCell(const Effect& effect, std::int64_t step, std::int32_t cell);
  void settleCell(std::int64_t step, std::int32_t cell, const std::int32_t* state, std::int32_t payload);
  void sendChange(std::int64_t step, std::int32_t source, std::int32_t change);
  void deliver(std::int64_t step, const Route& route, std::int32_t payload, std::int64_t late);
  void addTo(std::int64_t arrival, std::int32_t input, std::int32_t sum, std::int32_t value);
  void applySynapses(const Effect& effect, std::int64_t step);
  void applyMessages(const Effect& effect, std::int64_t step);
  void applyLosses(const Effect& effect, std::int64_t step);
  void applyInputs(std::int64_t step);
  void planInputs(const Effect& effect);
  void tally(std::int64_t step, std::int32_t cell, std::int32_t state, std::int64_t change);
  std::int32_t arriving(std::int64_t step, std::int32_t cell, std::int32_t port) const;
  std::int32_t payloadNow(std::int64_t step, std::int32_t source) const;
  Slot& slot(std::int64_t step) { return slots_[static_cast<std::size_t>(step % kSlots)]; }
  const Slot& slot(std::int64_t step) const { return slots_[static_cast<std::size_t>(step % kSlots)]; }

  const FlatProgram& flat_;
  const Readout& readout_;
  const Baseline* run_ = nullptr;
  std::vector<std::int64_t> sums_;
  std::int32_t answer_ = -1;

  std::vector<Slot> slots_;
  std::vector<std::int32_t> states_;   // [cells][kMaxStates], of cells that differ
  std::vector<std::uint8_t> differs_;  // [cells]
  std::vector<std::int32_t> carried_;  // cells that differ after the last step
  std::vector<std::int32_t> due_;      // cells of the step under way
  std::vector<std::int64_t> visited_;  // [cells]: the last step in which it was due, by `round_`
  std::vector<std::int32_t> sent_;     // [sources]: what it sends in the step under way, if `sentIn_` says so
  std::vector<std::int64_t> sentIn_;
  std::int64_t round_ = 0;     // never the same twice, over all runs
  std::int64_t underWay_ = 0;  // the last step at which anything that differs arrives
  bool raster_ = false, output_ = false;
  std::vector<std::int64_t> change_, deviation_;  // [values of the output]
  std::vector<std::int32_t> changed_;             // which of them

  struct InputChange {
    std::int64_t step;
    std::int32_t source, payload;  // what it sends instead
  };
  std::vector<InputChange> inputs_;  // by step
};

}  // namespace rheo::faults
