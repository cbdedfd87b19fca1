// Leaky integrate-and-fire neuron without current memory. Pedersen et al. 2024 (NIR, "LIF"); Lava's
// process LIF with du = 4095.
#pragma once

#include "models/Common.h"

namespace rheo::models::lif {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kDecayV, kBias, kThreshold, kResetKeep, kResetAmount};
inline constexpr std::array kFloat{kTau, kResistance, kVLeak, kVThreshold, kVReset};
inline constexpr ModelTable kTable{.name = "lif",
                                   .nirName = "LIF",
                                   .summary = "leaky integrate-and-fire neuron",
                                   .opcode = 2,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat};

}  // namespace rheo::models::lif
