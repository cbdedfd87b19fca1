// Chains of stateless nodes between populations, multiplied out. No MLIR.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/Network.h"
#include "network/Wiring.h"
#include "support/Error.h"

namespace rheo {

// current[targets] = W * spikes[sources] + bias[targets]; `wiring` says which values make up W. What Delay
// nodes make all spikes wait is in `delaySteps`, what is left of it in `delays`. SPEC F23.
struct FoldedProjection {
  std::string name;    // the chain's node names joined with '+', "source->target" if there is none
  int source = -1;     // node: an Input or a neuron
  int target = -1;     // node: a neuron
  int delaySteps = 0;  // of the float network
  Wiring wiring;
  std::vector<double> weight;        // wiring.valueCount()
  std::vector<std::int32_t> delays;  // steps, one for each value; empty where no synapse has any
  std::vector<double> bias;          // empty if no Affine is in the chain
  std::vector<std::int32_t>
      biasDelays;  // the step from which each acts; empty where all do from the first on
};

// True for the neuron models of runtime/models.
bool isNeuron(const Node& node);

// All projections of a finished network, in the order of their target nodes, then of the incoming edges.
Expected<std::vector<FoldedProjection>> foldProjections(const Network& network);

}  // namespace rheo
