// Which conventions a recording was made with: the network is run under every set that can make a difference,
// and each run compared with what was recorded, until it cannot be among the best any more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "network/Network.h"
#include "sim/FloatReference.h"

namespace rheo {

// Something that was recorded: spikes of a population, what an Output receives, or a state.
struct RecordedSeries {
  std::string node;
  std::string state;    // "v"; empty: spikes or output
  Trace<float> values;  // of the input's samples and steps
  float tolerance = 0;  // relative to the larger magnitude, or to 1; 0: equal
};

struct ConventionFit {
  Conventions conventions;
  int offset = 0;  // the recording is so many steps later than the run
  std::int64_t wrong = 0, cells = 0;
  // The first difference, where there is one.
  int series = -1;
  std::int64_t sample = 0, step = 0, neuron = 0;  // of the recording
  float ours = 0, recorded = 0;
};

struct FitOptions {
  std::vector<double> timeSteps;  // seconds; at least one
  ConventionOptions pinned;       // sets with other values are left out
  std::vector<int> offsets{0, 1, -1};
  std::size_t nearest = 8;  // how many to keep where none is exact
  int threads = 0;          // 0: all cores; the result does not depend on it
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // called from the calling thread
  const std::atomic<bool>* cancel = nullptr;
};

struct FitResult {
  std::int64_t tried = 0;  // sets of conventions
  // Every exact one, or else the nearest: fewest wrong cells first, then fewest conventions that are not the
  // first of their values.
  std::vector<ConventionFit> fits;
};

// The sets of conventions under which a network can step differently, simplest first.
std::vector<Conventions> conventionSets(const Network& network, const FitOptions& options);

// Errors: those of runFloat; R0661 a series that is none of the network's; R0660 one of another length or
// width.
Expected<FitResult> fitConventions(const Network& network, const FloatInput<float>& input,
                                   std::span<const RecordedSeries> recorded, const FitOptions& options);

}  // namespace rheo
