// Resonator that sends its amplitude as it passes angle 0. Lava process RFZero.
#pragma once

#include "models/Common.h"

namespace rheo::models::resonate_and_fire_zero {

inline constexpr std::array<std::string_view, 2> kStates{"u", "v"};
inline constexpr std::array kFixed{inLava(kCosine, "lct"), inLava(kSine, "lst"), kPayloadThreshold};
inline constexpr ModelTable kTable{.name = "resonate_and_fire_zero",
                                   .summary = "resonator that sends its amplitude",
                                   .opcode = 19,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true,
                                   .ports = kStates};

}  // namespace rheo::models::resonate_and_fire_zero
