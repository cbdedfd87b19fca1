// Between a chip's registers and what step.h reads. SPEC I4.
#pragma once

#include <cstdint>
#include <vector>

#include "algorithms/Net.h"
#include "support/Error.h"

namespace rheo {

// [parameter][neuron], in the model's order: what FixedPopulation::stepParameters gives, turned round.
std::vector<std::vector<std::int32_t>> stepParametersOf(const FixedPopulation& population);

// The registers that mean these parameters, one value where all neurons agree. Errors: R0420 where none do.
Status setRegisters(FixedPopulation& population, const std::vector<std::vector<std::int32_t>>& parameters);

}  // namespace rheo
