// Accumulates what arrives, and sends what changed of its activation. Lava process SigmaDelta.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma_delta {

inline constexpr std::array<std::string_view, 4> kStates{"sigma", "act", "residue", "error"};
inline constexpr std::array kFixed{kChangeThreshold, kBias32, kRectified, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{"sigma_delta",
                                   "",
                                   "sends changes of the activation of its sum",
                                   13,
                                   true,
                                   kStates,
                                   kFixed,
                                   {},
                                   true,
                                   true,
                                   kOnePort,
                                   "SDNN"};

}  // namespace rheo::models::sigma_delta
