// Leaky integrator: a membrane that never fires, read out as a potential. Pedersen et al. 2024 (NIR, "LI").
#pragma once

#include "models/Common.h"

namespace rheo::models::li {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kDecayV, kBias};
inline constexpr std::array kFloat{kTau, kResistance, kVLeak};
inline constexpr ModelTable kTable{.name = "li",
                                   .nirName = "LI",
                                   .summary = "leaky integrator",
                                   .opcode = 3,
                                   .spiking = false,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat};

}  // namespace rheo::models::li
