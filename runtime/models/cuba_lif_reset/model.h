// Current-based leaky integrate-and-fire neuron that forgets everything in regular intervals. Lava process
// LIFReset.
#pragma once

#include "models/Common.h"

namespace rheo::models::cuba_lif_reset {

inline constexpr std::array<std::string_view, 3> kStates{"u", "v", "clock"};
inline constexpr FixedParameter kInterval{
    "reset_interval", 1, 1 << 24, 1 << 24, "steps", "reset_interval", "steps from one reset to the next"};
inline constexpr FixedParameter kPhase{"reset_phase",
                                       -1,
                                       1 << 24,
                                       -1,
                                       "steps",
                                       "(reset_offset - 1) % reset_interval",
                                       "step of the interval, from 0, that begins with a reset; -1 for none"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kThreshold, kInterval, kPhase};
inline constexpr ModelTable kTable{.name = "cuba_lif_reset",
                                   .summary = "cuba_lif with a periodic reset",
                                   .opcode = 7,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .microcode = true};

}  // namespace rheo::models::cuba_lif_reset
