// Integrator without leak or spikes, read out as a potential. Pedersen et al. 2024 (NIR, "I").
#pragma once

#include "models/Common.h"

namespace rheo::models::integrator {

inline constexpr std::array<std::string_view, 1> kStates{"v"};
inline constexpr std::array kFixed{kBias};
inline constexpr std::array kFloat{kResistance};
inline constexpr ModelTable kTable{"integrator", "I", "integrator", 6, false, kStates, kFixed, kFloat};

}  // namespace rheo::models::integrator
