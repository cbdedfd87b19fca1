// Leaky integrate-and-fire neuron with an adaptive threshold and a refractory trace. Lava process ATRLIF.
#pragma once

#include "models/Common.h"

namespace rheo::models::atrlif {

inline constexpr std::array<std::string_view, 4> kStates{"i", "v", "adaptation", "r"};
inline constexpr FixedParameter kDecayTheta{"decay_theta",
                                            0,
                                            fixed::kDecayOne,
                                            0,
                                            "1/4096",
                                            "4096 delta_theta",
                                            "share of the adaptation lost in a step"};
inline constexpr FixedParameter kDecayR{"decay_r",
                                        0,
                                        fixed::kDecayOne,
                                        0,
                                        "1/4096",
                                        "4096 delta_r",
                                        "share of the refractory trace lost in a step"};
inline constexpr FixedParameter kTheta{"theta_0",      -(1 << 23),         1 << 23, 0, "v",
                                       "theta_0 << 6", "threshold at rest"};
inline constexpr FixedParameter kStep{
    "theta_step", -(1 << 23), 1 << 23, 0, "v", "theta_step << 6", "rise of the threshold at a spike"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kDecayTheta, kDecayR, kTheta, kStep};
inline constexpr ModelTable kTable{
    "atrlif", "",   "leaky integrate-and-fire neuron with adaptive threshold and refractory trace",
    10,       true, kStates,
    kFixed,   {},   false,
    true};

}  // namespace rheo::models::atrlif
