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
inline constexpr ModelTable kTable{"cuba_lif_refractory",
                                   "",
                                   "cuba_lif with a refractory period",
                                   8,
                                   true,
                                   kStates,
                                   kFixed,
                                   {},
                                   false,
                                   true};

}  // namespace rheo::models::cuba_lif_refractory
