// Accumulates what arrives, and sends what changed of its activation. Lava process SigmaDelta.
#pragma once

#include "models/Common.h"

namespace rheo::models::sigma_delta {

inline constexpr std::array<std::string_view, 4> kStates{"sigma", "act", "residue", "error"};
inline constexpr FixedParameter kThreshold32{"threshold",
                                             -0x7FFFFFFF,
                                             0x7FFFFFFF,
                                             0,
                                             "state",
                                             "vth << (spike_exp + state_exp)",
                                             "a message needs a change of at least this size"};
inline constexpr FixedParameter kBias32{"bias",
                                        -0x7FFFFFFF,
                                        0x7FFFFFFF,
                                        0,
                                        "state",
                                        "bias << (spike_exp + state_exp)",
                                        "added to the sum in every step"};
inline constexpr FixedParameter kRectified{
    "rectified", 0, 1, 1, "", "act_mode", "1: negative activations are 0"};
inline constexpr FixedParameter kStateExponent{"state_exponent",
                                               0,
                                               31,
                                               0,
                                               "bits",
                                               "state_exp",
                                               "bits of the state below a payload: shifted away, flooring"};
inline constexpr FixedParameter kCumulative{
    "cumulative", 0, 1, 0, "", "cum_error", "1: changes add up until they reach the threshold"};
inline constexpr std::array kFixed{kThreshold32, kBias32, kRectified, kStateExponent, kCumulative};
inline constexpr ModelTable kTable{
    "sigma_delta", "",  "sends changes of the activation of its sum", 13, true, kStates, kFixed, {},
    true,          true};

}  // namespace rheo::models::sigma_delta
