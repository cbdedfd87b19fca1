// Multiplies what arrived at its first port a step ago by what arrives at its second. Lava process
// NormVecDelay.
#pragma once

#include "models/Common.h"

namespace rheo::models::norm_vec_delay {

inline constexpr std::array<std::string_view, 2> kStates{"v", "v2"};
inline constexpr std::array kFixed{kPayloadThreshold};
inline constexpr ModelTable kTable{.name = "norm_vec_delay",
                                   .summary = "sends its input of a step ago times a factor",
                                   .opcode = 20,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true,
                                   .ports = kTwoInputs};

}  // namespace rheo::models::norm_vec_delay
