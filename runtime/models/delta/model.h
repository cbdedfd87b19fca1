// Sends what changed since the last message. Lava process Delta.
#pragma once

#include "models/Common.h"

namespace rheo::models::delta {

inline constexpr std::array<std::string_view, 3> kStates{"act", "residue", "error"};
inline constexpr std::array kFixed{kChangeThreshold, kInputShift, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{"delta", "",  "sends changes of its input", 12, true, kStates, kFixed, {},
                                   true,    true};

}  // namespace rheo::models::delta
