// Current-based leaky integrator, read out as a potential. Pedersen et al. 2024 (NIR, "CubaLI").
#pragma once

#include "models/Common.h"

namespace rheo::models::cuba_li {

inline constexpr std::array<std::string_view, 2> kStates{"u", "v"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias};
inline constexpr std::array kFloat{kTauSyn, kTauMem, kResistance, kVLeak, kInputWeight};
inline constexpr ModelTable kTable{"cuba_li", "CubaLI", "current-based leaky integrator", 4, false, kStates,
                                   kFixed,    kFloat};

}  // namespace rheo::models::cuba_li
