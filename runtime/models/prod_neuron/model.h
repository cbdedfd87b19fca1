// Multiplies what arrives at its two ports. Lava process ProdNeuron.
#pragma once

#include "models/Common.h"

namespace rheo::models::prod_neuron {

inline constexpr std::array<std::string_view, 1> kStates{"product"};
inline constexpr FixedParameter kExponent{
    "exponent", 0, 31, 0, "bits", "exp", "bits of the product that are shifted away, flooring"};
inline constexpr std::array kFixed{kPayloadThreshold, kExponent};
inline constexpr ModelTable kTable{.name = "prod_neuron",
                                   .summary = "sends the product of its two inputs",
                                   .opcode = 16,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true,
                                   .ports = kTwoInputs};

}  // namespace rheo::models::prod_neuron
