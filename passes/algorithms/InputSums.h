// SPEC W8 before anything is placed: how large the input of a neuron can become in one step.
#pragma once

#include "algorithms/Net.h"
#include "support/Error.h"

namespace rheo {

// Errors: R0510 for each population one of whose neurons could receive more than fixed::kInputBound.
Status checkInputSums(const FixedNet& net);

}  // namespace rheo
