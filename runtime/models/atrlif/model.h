// Leaky integrate-and-fire neuron with an adaptive threshold and a refractory trace. Lava process ATRLIF,
// lava-dl neuron ALIF.
#pragma once

#include "models/Common.h"

namespace rheo::models::atrlif {

inline constexpr std::array<std::string_view, 4> kStates{"i", "v", "adaptation", "r"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kDecayTheta, kDecayR, kTheta0, kThetaStep};
inline constexpr ModelTable kTable{
    "atrlif", "",   "leaky integrate-and-fire neuron with adaptive threshold and refractory trace",
    10,       true, kStates,
    kFixed,   {},   false,
    true};

}  // namespace rheo::models::atrlif
