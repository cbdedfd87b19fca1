// Sends what changed since the last message. Lava process Delta.
#pragma once

#include "models/Common.h"

namespace rheo::models::delta {

inline constexpr std::array<std::string_view, 3> kStates{"act", "residue", "error"};
inline constexpr std::array kFixed{kChangeThreshold, kInputShift, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{.name = "delta",
                                   .summary = "sends changes of its input",
                                   .opcode = 12,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::delta
