// As sigma_delta, but compares with what was really sent. Lava's PySigmaDeltaModelFixedCorrected (PR 875),
// which its release 0.10 lacks.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma_delta_corrected {

inline constexpr std::array<std::string_view, 2> kStates{"sigma", "act"};
inline constexpr std::array kFixed{kChangeThreshold, kBias32, kRectified, kStateExponent};
inline constexpr ModelTable kTable{
    .name = "sigma_delta_corrected",
    .summary = "sends changes of the activation of its sum, without losing what is rounded off",
    .opcode = 22,
    .spiking = true,
    .states = kStates,
    .fixedParameters = kFixed,
    .graded = true,
    .microcode = true};

}  // namespace rheo::models::sigma_delta_corrected
