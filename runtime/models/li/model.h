// Leaky integrator: a membrane that never fires, read out as a potential. Pedersen et al. 2024 (NIR, "LI").
#pragma once

#include "models/Common.h"

namespace rheo::models::li {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kDecayV, kBias};
inline constexpr std::array kFloat{kTau, kResistance, kVLeak};
inline constexpr ModelTable kTable{"li", "LI", "leaky integrator", 3, false, kStates, kFixed, kFloat};

}  // namespace rheo::models::li
