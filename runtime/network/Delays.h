// The parameter 'delay' of nodes with weights: whole steps that a value waits on its way, at most kMaxDelay.
// SPEC T7, F18.
#pragma once

#include <cstdint>
#include <vector>

#include "chip/Program.h"
#include "network/Network.h"

namespace rheo {

// The delays of a node of a finished network, said where it says them.
struct Delays {
  // One value for each value of the input, added to one for each value of the output; either may be empty: 0.
  std::vector<std::int32_t> inputs, outputs;
  // Or one for each weight of a matrix, [outputs, inputs]; empty: none.
  std::vector<std::int32_t> synapses;

  bool any() const { return !inputs.empty() || !outputs.empty() || !synapses.empty(); }
};

Delays delaysOf(const Node& node);

namespace network {

class Report;

// Checks the shape of 'delay' against that of 'weight', which is known to be right.
void checkDelay(const Node& node, Report& report);

}  // namespace network
}  // namespace rheo
