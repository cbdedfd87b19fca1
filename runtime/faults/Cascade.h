// What spreads from one neuron, for many faults at once. Each fault is a scenario; the groups of neurons
// behind are met in their order. A neuron is run again in those scenarios alone in which so much else arrives
// that it might fire otherwise, a lane of the vector kernels for each of them. For networks in which nothing
// leads back; loops are the general simulation's (Differential).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "faults/Baseline.h"
#include "faults/CascadePlan.h"
#include "faults/Effect.h"
#include "faults/FlatProgram.h"
#include "faults/Readout.h"
#include "sim/vector/AlignedVector.h"

namespace rheo::faults {

// The scenarios of one sample; one for each thread.
class Cascade {
 public:
  static constexpr std::int32_t kNothing = -1;  // the ticket of a fault that changes nothing

  // `mostArrivals`: what arrives otherwise in the lanes that are run together, lanes times steps.
  Cascade(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan,
          std::int64_t mostArrivals = 1 << 24);

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
    std::int32_t step, sign;
  };
  // A cell that sends otherwise in a scenario, by these of `changes_`.
  struct Sender {
    std::int32_t cell, scenario;
    std::size_t begin, end;
  };
  // One of its fan-outs.
  struct Arrival {
    std::size_t sender;
    const FanOut* fanOut;
  };
  // A neuron of a group that may fire otherwise in a scenario.
  struct Candidate {
    std::int32_t target, lane;
  };
  // Of a group, in the batch of scenarios under way.
  struct GroupState {
    std::vector<Arrival> arrivals;
    std::vector<std::int32_t> scenarios;  // those that reach it
    vector::AlignedVector<float>
        sensitivity;                      // [scenarios of a batch][width]: whether each neuron must be run
    vector::AlignedVector<float> weight;  // [steps][width], of this sample; empty: not known yet
    bool weighed = false;
  };

  bool unnoticed(const Effect& effect, std::int32_t cell);
  std::int32_t endScenario();
  void flush();
  void noteSpike(std::int32_t cell, std::int32_t step, std::int32_t sign);
  void noteChanges(std::int32_t cell, std::span<const std::uint32_t> train, std::int64_t firstWord);
  void send(std::int32_t cell, std::size_t begin);
  void reach(const Arrival& arrival);
  const vector::AlignedVector<float>& weightsOf(std::size_t group);
  void runGroup(std::size_t group);
  void findCandidates(std::size_t group);
  void deliver(const Arrival& arrival, std::size_t group);
  std::int32_t* arrivingAt(std::int32_t target);
  void runTarget(const CellGroup& group, std::int32_t target);
  void tally(std::int32_t scenario, const Tap& tap, std::int64_t change, std::int64_t distance);
  Outcome outcomeOf(std::int32_t scenario) const;

  const FlatProgram& flat_;
  const Readout& readout_;
  const CascadePlan& plan_;
  std::int64_t mostArrivals_;
  const Baseline* run_ = nullptr;
  const std::vector<std::int64_t>* sums_ = nullptr;
  std::int32_t answer_ = -1;
  std::vector<Outcome> outcomes_;

  std::int32_t batch_ = 0;                       // scenarios that are run together
  std::int32_t scenarios_ = 0;                   // of those, the ones that wait
  std::int32_t scenario_ = 0;                    // the one that is noted
  std::vector<std::uint8_t> raster_, output_;    // [batch]
  std::vector<std::int64_t> change_, distance_;  // [batch][values]
  std::vector<Change> changes_;
  std::vector<Sender> senders_;
  std::vector<GroupState> groups_;
  std::vector<float> anything_;  // [widest group]: where every change counts

  // Of the group that is run.
  std::vector<std::int32_t> found_;
  std::vector<Candidate> candidates_;           // scenario by scenario
  std::vector<std::size_t> firstCandidate_;     // [batch + 1]
  std::vector<std::int32_t> lanes_;             // [targets]
  std::vector<std::int64_t> firstLane_;         // [targets + 1]; padded
  std::int32_t sliceBegin_ = 0, sliceEnd_ = 0;  // the targets that are run together
  std::vector<std::int32_t> firstStep_;         // [targets]: in which something else arrives
  std::vector<std::int32_t> scenarioOf_;        // [lanes]
  vector::AlignedVector<std::int32_t>
      arriving_;  // [targets of the slice][steps][lanes of the target]; else zero
  // Of the neuron that is run.
  vector::AlignedVector<std::int32_t> input_, intact_;  // [steps]
  vector::AlignedVector<std::uint32_t> sent_;           // [trainWords][lanes]
  std::vector<std::uint32_t> train_;
  std::vector<std::int64_t> scratch_;
};

}  // namespace rheo::faults
