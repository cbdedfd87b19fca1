// How many steps every population runs behind the float network, and which axon delay makes every spike
// arrive when the float network used it. SPEC T2, T4, T5, T7.
#pragma once

#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "support/Error.h"

namespace rheo {

// Spikes of `source` (a population, or -1 for an input port or the bias source, which never lag) that the
// float network uses `delaySteps` steps later in `target`.
struct LagEdge {
  int source = -1;
  int target = -1;
  int delaySteps = 0;
  std::string name;
};

struct LagSolution {
  std::vector<int> lag;        // per population, the least possible
  std::vector<int> axonDelay;  // per edge: delaySteps + lag(target) - lag(source) - 1
  int largest = 0;
};

// Solves lag(target) >= lag(source) + 1 - delaySteps with lag >= 0. Errors: R0750, a loop whose hops need
// more steps than its float delays give (the loop is in the message); R0418, an axon delay above `maxDelay`.
Expected<LagSolution> solveLags(const std::vector<std::string>& populations,
                                const std::vector<LagEdge>& edges, int maxDelay);

// One for each projection of a network, in its order.
std::vector<LagEdge> lagEdges(const FixedNet& net);

// Delays that all synapses of a projection have in common become the projection's own, where lags use them.
// SPEC T7
void shareDelays(FixedNet& net);

// The same for a network. Where its loops lack steps, the delays that synapses share give theirs; assignLags
// moves them then, and fills lags and axon delays in.
Expected<LagSolution> solveLags(const FixedNet& net, int maxDelay);
Status assignLags(FixedNet& net, int maxDelay);

}  // namespace rheo
