// Sends what changed since the last message. Lava process Delta.
#pragma once

#include "models/Common.h"

namespace rheo::models::delta {

inline constexpr std::array<std::string_view, 3> kStates{"act", "residue", "error"};
inline constexpr FixedParameter kInputShift{
    "input_shift", 0, 31, 0, "bits", "spike_exp + state_exp", "left shift of what arrives"};
inline constexpr std::array kFixed{kChangeThreshold, kInputShift, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{"delta", "",  "sends changes of its input", 12, true, kStates, kFixed, {},
                                   true,    true};

}  // namespace rheo::models::delta
