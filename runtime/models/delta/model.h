// Sends what changed since the last message. Lava process Delta.
#pragma once

#include "models/Common.h"

namespace rheo::models::delta {

inline constexpr std::array<std::string_view, 3> kStates{"act", "residue", "error"};
inline constexpr FixedParameter kThreshold32{"threshold",
                                             -0x7FFFFFFF,
                                             0x7FFFFFFF,
                                             0,
                                             "state",
                                             "vth << (spike_exp + state_exp)",
                                             "a message needs a change of at least this size"};
inline constexpr FixedParameter kInputShift{
    "input_shift", 0, 31, 0, "bits", "spike_exp + state_exp", "left shift of what arrives"};
inline constexpr FixedParameter kStateExponent{"state_exponent",
                                               0,
                                               31,
                                               0,
                                               "bits",
                                               "state_exp",
                                               "bits of the state below a payload: shifted away, flooring"};
inline constexpr FixedParameter kCumulative{
    "cumulative", 0, 1, 0, "", "cum_error", "1: changes add up until they reach the threshold"};
inline constexpr std::array kFixed{kThreshold32, kInputShift, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{"delta", "",  "sends changes of its input", 12, true, kStates, kFixed, {},
                                   true,    true};

}  // namespace rheo::models::delta
