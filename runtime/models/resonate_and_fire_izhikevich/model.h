// Resonate-and-fire neuron that spikes where its imaginary part is large, and is reset then. Izhikevich 2001;
// Lava process RF_IZ.
#pragma once

#include "models/Common.h"

namespace rheo::models::resonate_and_fire_izhikevich {

inline constexpr std::array<std::string_view, 2> kStates = kComplex;
inline constexpr FixedParameter kImaginaryThreshold{"threshold",
                                                    -(1 << 23),
                                                    1 << 23,
                                                    fixed::kStateMax,
                                                    "imag",
                                                    "vth << state_exp",
                                                    "a spike needs an imaginary part of at least it",
                                                    "vThMant << 6"};
inline constexpr std::array kFixed{kCosine, kSine, kInputShift, kImaginaryThreshold};
inline constexpr ModelTable kTable{"resonate_and_fire_izhikevich",
                                   "",
                                   "resonate-and-fire neuron with a reset",
                                   18,
                                   true,
                                   kStates,
                                   kFixed,
                                   {},
                                   false,
                                   true,
                                   kComplex,
                                   "RF_IZHIKEVICH"};

}  // namespace rheo::models::resonate_and_fire_izhikevich
