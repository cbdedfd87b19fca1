// Neurons with more inputs than a core takes, on chips that send no partial sums: relays, which hold a part
// of a sum and send it in quanta, by spikes. SPEC E6
#pragma once

#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// One projection through relays, a population for each part; `relay` names the first. Quantum and largest sum
// are in the owner's input units, of which its threshold has `threshold` (0: it has none).
struct RelayedSum {
  std::string owner;
  std::string projection;
  std::string relay;
  std::int64_t neurons = 0;  // of all of them
  std::int64_t parts = 0;    // of every sum
  std::int64_t levels = 0;   // of both signs
  double quantum = 0;
  double largest = 0;  // that a part can be in one step, of either sign
  double threshold = 0;
};

struct RelayedNet {
  FixedNet net;  // with its lags
  std::vector<RelayedSum> sums;
  int steps = 0;  // by which the largest lag has grown
};

// Puts projections into populations of which some neuron fits no core through relays, the largest first,
// until the rest fits. What those populations do is then changed: SPEC E6 says by how much. Without such a
// population there are no sums. Errors: R0435 where relays do not help, or where the chip sums exactly;
// R0510; R0433 a start that cannot be later; R0750 a loop that has no step for a relay; R0418.
Expected<RelayedNet> relayFanIn(const FixedNet& net, const ChipSpec& chip, const Profile& profile);

}  // namespace rheo
