// Hands on what arrives where it is large enough, without memory. Lava process GradedVec.
#pragma once

#include "models/Common.h"

namespace rheo::models::graded_vec {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kPayloadThreshold};
inline constexpr ModelTable kTable{.name = "graded_vec",
                                   .summary = "sends sums of a magnitude above a threshold",
                                   .opcode = 14,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::graded_vec
