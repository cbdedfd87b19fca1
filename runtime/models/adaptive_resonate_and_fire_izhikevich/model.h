// Resonate-and-fire neuron with an adaptive threshold and a refractory trace: spikes where its imaginary part
// is large, and is not reset. lava-dl neuron ADRF_IZ, type ADRF_IZHIKEVICH of .net files.
#pragma once

#include "models/Common.h"

namespace rheo::models::adaptive_resonate_and_fire_izhikevich {

inline constexpr std::array kStates = kComplexAdapting;
inline constexpr std::array kFixed = kComplexAdaptingFixed;
inline constexpr ModelTable kTable{
    .name = "adaptive_resonate_and_fire_izhikevich",
    .summary = "resonate-and-fire neuron with adaptive threshold of its imaginary part",
    .opcode = 24,
    .spiking = true,
    .states = kStates,
    .fixedParameters = kFixed,
    .microcode = true,
    .ports = kComplex,
    .slayerName = "ADRF_IZHIKEVICH"};

}  // namespace rheo::models::adaptive_resonate_and_fire_izhikevich
