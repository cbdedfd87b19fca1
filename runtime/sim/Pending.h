// Spikes under way in the one form that all engines share: what each input of each core will receive
// in each of the coming steps. All spikes that meet in one (group, delay, arrival) left in the same step,
// hence their shifted sum (SPEC W5, W7) is known as soon as they are sent, and nothing else is pending.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chip/Program.h"
#include "support/Error.h"

namespace rheo {

// Inputs of all cores, in the order of Program::cores.
std::int64_t countInputs(const Program& program);

// `input[k * inputs + i]`: what input i (counted over all cores) receives k steps from now, k = 0 (the step
// that comes next) .. maxDelay. Size (maxDelay + 1) * countInputs.
std::vector<std::uint8_t> packPending(const Program& program, std::span<const std::int32_t> input);

// Errors: R0605 if the bytes come from another program or are damaged.
Expected<std::vector<std::int32_t>> unpackPending(const Program& program,
                                                  std::span<const std::uint8_t> bytes);

}  // namespace rheo
