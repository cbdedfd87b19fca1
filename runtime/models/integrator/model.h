// Integrator without leak or spikes, read out as a potential. Pedersen et al. 2024 (NIR, "I").
#pragma once

#include "models/Common.h"

namespace rheo::models::integrator {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kBias};
inline constexpr std::array kFloat{kResistance};
inline constexpr ModelTable kTable{.name = "integrator",
                                   .nirName = "I",
                                   .summary = "integrator",
                                   .opcode = 6,
                                   .spiking = false,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat};

}  // namespace rheo::models::integrator
