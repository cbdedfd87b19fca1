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
    "atrlif", "",       "leaky integrate-and-fire neuron with adaptive threshold and refractory trace",
    10,       true,     kStates,
    kFixed,   {},       false,
    true,     kOnePort, "ALIF"};

}  // namespace rheo::models::atrlif
