// Sends the inverse square root of what arrives. Lava process InvSqrt.
#pragma once

#include "models/Common.h"

namespace rheo::models::inv_sqrt {

inline constexpr std::array<std::string_view, 1> kStates{"root"};
inline constexpr std::array<FixedParameter, 0> kFixed{};
inline constexpr ModelTable kTable{.name = "inv_sqrt",
                                   .summary = "sends the inverse square root of its input",
                                   .opcode = 21,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::inv_sqrt
