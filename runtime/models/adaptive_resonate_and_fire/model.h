// Resonate-and-fire neuron with an adaptive threshold and a refractory trace: spikes as it passes angle 0.
// lava-dl neuron ADRF, type ADRF_PHASE of .net files.
#pragma once

#include "models/Common.h"

namespace rheo::models::adaptive_resonate_and_fire {

inline constexpr std::array kStates = kComplexAdapting;
inline constexpr std::array kFixed = kComplexAdaptingFixed;
inline constexpr ModelTable kTable{
    .name = "adaptive_resonate_and_fire",
    .summary = "resonate-and-fire neuron with adaptive threshold and refractory trace",
    .opcode = 23,
    .spiking = true,
    .states = kStates,
    .fixedParameters = kFixed,
    .microcode = true,
    .ports = kComplex,
    .slayerName = "ADRF_PHASE"};

}  // namespace rheo::models::adaptive_resonate_and_fire
