// As sigma_delta, but compares with what was really sent. Lava's PySigmaDeltaModelFixedCorrected (PR 875),
// which its release 0.10 lacks.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma_delta_corrected {

inline constexpr std::array<std::string_view, 2> kStates{"sigma", "act"};
inline constexpr std::array kFixed{kChangeThreshold, kBias32, kRectified, kStateExponent};
inline constexpr ModelTable kTable{
    "sigma_delta_corrected",
    "",
    "sends changes of the activation of its sum, without losing what is rounded off",
    22,
    true,
    kStates,
    kFixed,
    {},
    true,
    true};

}  // namespace rheo::models::sigma_delta_corrected
