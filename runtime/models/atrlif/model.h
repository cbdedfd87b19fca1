// Leaky integrate-and-fire neuron with an adaptive threshold and a refractory trace. Lava process ATRLIF,
// lava-dl neuron ALIF.
#pragma once

#include "models/Common.h"

namespace rheo::models::atrlif {

inline constexpr std::array<std::string_view, 4> kStates{"i", "v", "adaptation", "r"};
inline constexpr std::array kFixed{inLava(kDecayU, "4096 delta_i + 1"),
                                   inLava(kDecayV, "4096 delta_v"),
                                   kBias,
                                   kDecayTheta,
                                   kDecayR,
                                   kTheta0,
                                   kThetaStep};
inline constexpr ModelTable kTable{
    .name = "atrlif",
    .summary = "leaky integrate-and-fire neuron with adaptive threshold and refractory trace",
    .opcode = 10,
    .spiking = true,
    .states = kStates,
    .fixedParameters = kFixed,
    .microcode = true,
    .slayerName = "ALIF"};

}  // namespace rheo::models::atrlif
