// SPEC W8: how large the input of a neuron could become, over all spikes that could ever meet.
#pragma once

#include <cstdint>
#include <vector>

#include "chip/Program.h"

namespace rheo {

// Per core and input of it, the largest |input| of one step: every source sends its largest payload in
// every step. Never too small; saturates at 2^62.
std::vector<std::vector<std::int64_t>> largestInputs(const Program& program);

// Errors: R0510 with the input that is largest, if it exceeds fixed::kInputBound or its sum
// before a right shift (SPEC W5) could leave 31 bits.
Status checkInputBound(const Program& program);

}  // namespace rheo
