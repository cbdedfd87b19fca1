// Between a chip's registers and what step.h reads. SPEC I4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "algorithms/Net.h"
#include "support/Error.h"

namespace rheo {

// [parameter][neuron], in the model's order: what FixedPopulation::stepParameters gives, turned round.
std::vector<std::vector<std::int32_t>> stepParametersOf(const FixedPopulation& population);

struct BiasRegisters {
  std::int32_t mantissa = 0, exponent = 0;
};

// SPEC N8: the least exponent of 0 to `mostExponent` whose mantissa holds the bias, rounded; nullopt where
// none does.
std::optional<BiasRegisters> biasRegisters(double bias, std::int64_t mostMantissa, std::int64_t mostExponent);

// The registers that mean these parameters, one value where all neurons agree. Errors: R0420 where none do.
Status setRegisters(FixedPopulation& population, const std::vector<std::vector<std::int32_t>>& parameters);

}  // namespace rheo
