// Accumulates what arrives and sends the sum in every step. Lava process Sigma.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma {

inline constexpr std::array<std::string_view, 1> kStates{"sigma"};
inline constexpr std::array<FixedParameter, 0> kFixed{};
inline constexpr ModelTable kTable{.name = "sigma",
                                   .summary = "sum of all messages so far",
                                   .opcode = 11,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::sigma
