// Current-based leaky integrator, read out as a potential. Pedersen et al. 2024 (NIR, "CubaLI").
#pragma once

#include "models/Common.h"

namespace rheo::models::cuba_li {

inline constexpr std::array<std::string_view, 2> kStates{"u", "v"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias};
inline constexpr std::array kFloat{kTauSyn, kTauMem, kResistance, kVLeak, kInputWeight};
inline constexpr ModelTable kTable{.name = "cuba_li",
                                   .nirName = "CubaLI",
                                   .summary = "current-based leaky integrator",
                                   .opcode = 4,
                                   .spiking = false,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .floatParameters = kFloat};

}  // namespace rheo::models::cuba_li
