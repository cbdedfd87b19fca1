// Neurons with more inputs than a core takes: helper neurons form their sums in parts, one hop earlier. SPEC
// E4.
#pragma once

#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "algorithms/PartialSums.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// One helper population and what it forms.
struct SplitSum {
  std::string owner;       // the population whose neurons need the sums
  std::string projection;  // the node whose weights they are of
  std::string helper;
  std::int64_t neurons = 0;  // of the helper
  std::vector<Part> parts;
  bool channels = false;  // what the parts count: channels of each group, else sources
  bool kept = false;      // the owner keeps the sources that no part takes
};

struct SplitNet {
  FixedNet net;  // with its lags
  std::vector<SplitSum> sums;
  int steps = 0;  // by which the largest lag has grown
};

// Splits every population of which some neuron fits no core by its fan-in, with as few helpers as the loops
// allow; the others are left as they are. Spikes, payloads and states of the populations of `net` are the
// same, those of each population by one number of steps later. Without such a population there are no sums.
// Errors: R0510 what W8 refuses before anything is split; R0411 a chip without the extension; R0433 no parts,
// or no later start, that would be exact; R0750 a loop that has no step for a helper; R0418.
Expected<SplitNet> splitFanIn(const FixedNet& net, const ChipSpec& chip, const Profile& profile);

}  // namespace rheo
