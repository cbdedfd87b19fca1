// Current-based leaky integrate-and-fire neuron with a refractory period. Davies et al. 2018 (Loihi); Lava
// process LIFRefractory, which is floating point only.
#pragma once

#include "models/Common.h"

namespace rheo::models::cuba_lif_refractory {

inline constexpr std::array<std::string_view, 3> kStates{"u", "v", "waiting"};
inline constexpr FixedParameter kRefractory{"refractory_steps",
                                            0,
                                            1 << 16,
                                            0,
                                            "steps",
                                            "refractory_period",
                                            "steps after a spike in which the potential stands still"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kThreshold, kRefractory};
inline constexpr ModelTable kTable{.name = "cuba_lif_refractory",
                                   .summary = "cuba_lif with a refractory period",
                                   .opcode = 8,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .microcode = true};

}  // namespace rheo::models::cuba_lif_refractory
