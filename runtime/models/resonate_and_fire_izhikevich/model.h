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
inline constexpr ModelTable kTable{.name = "resonate_and_fire_izhikevich",
                                   .summary = "resonate-and-fire neuron with a reset",
                                   .opcode = 18,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .microcode = true,
                                   .ports = kComplex,
                                   .slayerName = "RF_IZHIKEVICH"};

}  // namespace rheo::models::resonate_and_fire_izhikevich
