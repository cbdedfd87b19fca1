// Accumulates what arrives, and sends what changed of its activation. Lava process SigmaDelta.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma_delta {

inline constexpr std::array<std::string_view, 4> kStates{"sigma", "act", "residue", "error"};
inline constexpr std::array kFixed{kChangeThreshold, kBias32, kRectified, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{.name = "sigma_delta",
                                   .summary = "sends changes of the activation of its sum",
                                   .opcode = 13,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true,
                                   .slayerName = "SDNN"};

}  // namespace rheo::models::sigma_delta
