// Multiplies what arrives at its two ports. Lava process ProdNeuron.
#pragma once

#include "models/Common.h"

namespace rheo::models::prod_neuron {

inline constexpr std::array<std::string_view, 1> kStates{"product"};
inline constexpr FixedParameter kExponent{
    "exponent", 0, 31, 0, "bits", "exp", "bits of the product that are shifted away, flooring"};
inline constexpr std::array kFixed{kPayloadThreshold, kExponent};
inline constexpr ModelTable kTable{
    "prod_neuron", "",        "sends the product of its two inputs", 16, true, kStates, kFixed, {}, true,
    true,          kTwoInputs};

}  // namespace rheo::models::prod_neuron
