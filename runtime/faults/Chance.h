// What faults draw at random, by counters: the same seed gives the same faults, in any order, on any number
// of threads and machines. SPEC B9.
#pragma once

#include <cstdint>
#include <span>

#include "faults/Effect.h"

namespace rheo::faults {

// Uniform in [0, 2^32): number `index` of a stream, for one sample and step (or whatever they count).
std::uint32_t chance(std::uint64_t seed, std::uint32_t stream, std::uint64_t sample, std::uint32_t step,
                     std::uint32_t index);
// Uniform in [0, 2^64).
std::uint64_t wideChance(std::uint64_t seed, std::uint64_t number);
// Uniform in [0, 2^64): by which equals among the places of a stratum are ordered.
std::uint64_t lot(std::uint64_t seed, std::uint32_t stratum, std::uint64_t place);
// A normal deviate: Box and Muller 1958. SPEC B13
double normalChance(std::uint64_t seed, std::uint32_t stream, std::uint64_t index);

// SPEC B10.
bool messageLost(const LossEdit& loss, std::int64_t sample, std::int64_t step, std::int32_t source);

// What a channel sends in the steps of a sample, with the noise of `edit` on it. Jitter moves each payload on
// its own; where two meet, the larger magnitude stays. SPEC B6, B11, B12
void disturbTrain(const InputEdit& edit, std::int64_t sample, std::int32_t channel,
                  std::span<std::int32_t> train);

}  // namespace rheo::faults
