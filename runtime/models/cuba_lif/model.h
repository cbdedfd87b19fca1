// Current-based leaky integrate-and-fire neuron: synaptic current u, membrane potential v.
// Pedersen et al. 2024 (NIR, "CubaLIF"); Davies et al. 2018, eq. 1-2 (Loihi); Lava process LIF.
#pragma once

#include "models/Common.h"

namespace rheo::models::cuba_lif {

inline constexpr std::array<std::string_view, 2> kStates{"u", "v"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kThreshold, kResetKeep, kResetAmount};
inline constexpr std::array kFloat{kTauSyn, kTauMem, kResistance, kVLeak, kInputWeight, kVThreshold, kVReset};
inline constexpr ModelTable kTable{.name = "cuba_lif",
                                   .nirName = "CubaLIF",
                                   .summary = "current-based leaky integrate-and-fire neuron",
                                   .opcode = 1,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat,
                                   .slayerName = "CUBA"};

}  // namespace rheo::models::cuba_lif
