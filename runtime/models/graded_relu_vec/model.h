// Hands on what arrives where it is above a threshold, without memory. Lava process GradedReluVec.
#pragma once

#include "models/Common.h"

namespace rheo::models::graded_relu_vec {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kPayloadThreshold};
inline constexpr ModelTable kTable{.name = "graded_relu_vec",
                                   .summary = "sends sums above a threshold",
                                   .opcode = 15,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::graded_relu_vec
