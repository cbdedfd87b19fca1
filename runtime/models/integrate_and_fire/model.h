// Integrate-and-fire neuron without leak. Pedersen et al. 2024 (NIR, "IF"); Lava's process LIF with
// du = 4095, dv = 0.
#pragma once

#include "models/Common.h"

namespace rheo::models::integrate_and_fire {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kBias, kThreshold, kResetKeep, kResetAmount};
inline constexpr std::array kFloat{kResistance, kVThreshold, kVReset};
inline constexpr ModelTable kTable{.name = "integrate_and_fire",
                                   .nirName = "IF",
                                   .summary = "integrate-and-fire neuron",
                                   .opcode = 5,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat};

}  // namespace rheo::models::integrate_and_fire
