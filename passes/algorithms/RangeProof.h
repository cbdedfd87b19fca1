// What the states of every neuron can be, for every input of every length, without running anything.
// SPEC P1, P2.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "algorithms/Intervals.h"
#include "algorithms/Net.h"
#include "fixed/Profile.h"

namespace rheo {

struct NeuronRange {
  FewIntervals input;        // of each port: summed input of one step, before it is aligned
  FewIntervals states;       // after the step and its reset, in the model's order. SPEC T6
  bool mayWrap = false;      // the current, SPEC N4, N5
  bool maySaturate = false;  // the potential, SPEC N7
  bool mayFire = false;
  bool mustFire = false;         // in every step, whatever comes
  Interval payload;              // of what it sends; [0, 1] for spikes. SPEC N18
  int bitsMissing = 0;           // width beyond 24 bits that would hold everything; 0 where nothing would
  int currentBitsMissing = 0;    // the same of the current alone
  int potentialBitsMissing = 0;  // and of the potential

  bool proven() const { return !mayWrap && !maySaturate; }
};

struct PopulationRange {
  std::string name;
  std::vector<NeuronRange> neurons;
  std::vector<Interval> states;         // hull over the neurons
  bool proven = true;                   // nothing wraps or saturates, ever
  int silent = 0;                       // neurons that can never fire although their model spikes
  int bitsMissing = 0;                  // the most of any neuron
  std::int64_t safeSteps = -1;          // the fewest of any neuron
  std::string note;                     // empty where proven; else what can happen, how many neurons, when
  std::vector<std::string> stateNotes;  // per state: empty where that state is proven
};

// Holds for any payloads within the input ports' ranges. The neurons that may fire are the least set that
// explains itself: at first none, then whoever the inputs can drive, then whoever these can drive. `threads`
// share the work, 0: as many as are worth it; the result is the same.
std::vector<PopulationRange> proveRanges(const FixedNet& net, const Profile& profile, int threads = 0);

// One neuron that receives `input`, a sum for each port, in every step; `parameters` as
// FixedPopulation::stepParameters gives.
NeuronRange proveNeuron(const models::ModelTable& model, std::span<const std::int32_t> parameters,
                        FewIntervals input, const Profile& profile);

// Steps from the start in which a neuron that is not proven cannot overflow yet: the fewest of those that
// have these parameters and receive one of `inputs`, which come back in another order. At least one.
std::int64_t safeSteps(const models::ModelTable& model, std::span<const std::int32_t> parameters,
                       std::span<FewIntervals> inputs, const Profile& profile);

}  // namespace rheo
