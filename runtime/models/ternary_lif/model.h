// Leaky integrate-and-fire neuron with spikes of two signs. Lava process TernaryLIF.
#pragma once

#include "models/Common.h"

namespace rheo::models::ternary_lif {

inline constexpr std::array<std::string_view, 2> kStates{"u", "v"};
inline constexpr FixedParameter kHigh{"threshold_high",
                                      -(1 << 23),
                                      1 << 23,
                                      fixed::kStateMax,
                                      "v",
                                      "vth_hi << 6",
                                      "a payload of 1 needs the membrane potential strictly above it"};
inline constexpr FixedParameter kLow{"threshold_low",
                                     -(1 << 23),
                                     1 << 23,
                                     -(1 << 23),
                                     "v",
                                     "vth_lo << 6",
                                     "a payload of -1 needs the membrane potential strictly below it"};
inline constexpr std::array kFixed{kDecayU, kDecayV, kBias, kHigh, kLow};
inline constexpr ModelTable kTable{.name = "ternary_lif",
                                   .summary = "cuba_lif that sends 1 or -1",
                                   .opcode = 9,
                                   .spiking = true,
                                   .states = kStates,
                                   .fixedParameters = kFixed,
                                   .graded = true,
                                   .microcode = true};

}  // namespace rheo::models::ternary_lif
