// Accumulates what arrives and sends the sum in every step. Lava process Sigma.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma {

inline constexpr std::array<std::string_view, 1> kStates{"sigma"};
inline constexpr std::array<FixedParameter, 0> kFixed{};
inline constexpr ModelTable kTable{"sigma", "",  "sum of all messages so far", 11, true, kStates, kFixed, {},
                                   true,    true};

}  // namespace rheo::models::sigma
