// Resonate-and-fire neuron: a complex state that turns and fades, and spikes as it passes angle 0. Izhikevich
// 2001; Lava process RF.
#pragma once

#include "models/Common.h"

namespace rheo::models::resonate_and_fire {

inline constexpr std::array<std::string_view, 2> kStates = kComplex;
inline constexpr FixedParameter kThreshold{"threshold",
                                           -kWide,
                                           kWide,
                                           0,
                                           "state",
                                           "vth << state_exp",
                                           "a spike needs a real part of at least this size",
                                           "vThMant << 6"};
inline constexpr std::array kFixed{kCosine, kSine, kInputShift, kThreshold};
inline constexpr ModelTable kTable{.name = "resonate_and_fire",
                                   .summary = "resonate-and-fire neuron",
                                   .opcode = 17,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .microcode = true,
                                   .ports = kComplex,
                                   .slayerName = "RF_PHASE"};

}  // namespace rheo::models::resonate_and_fire
