// Targets whose weights are conductances of memristive devices: mismatch, and phase-change memory after
// programming, drift and reading. Figures of Nandakumar et al. 2019 (ICECS) and Joshi et al. 2020 (Nat.
// Commun. 11:2473), for devices of at most 25 uS.
#pragma once

#include <memory>

#include "faults/Effect.h"
#include "faults/FlatProgram.h"
#include "faults/Memories.h"

namespace rheo::faults {

// SPEC B15. Relative conductance g / g_max of a device t seconds after it was programmed to `wanted`, from
// three normal deviates: programming, drift exponent, reading. `programming` scales the first deviation.
struct PcmDraws {
  double programming = 0, drift = 0, reading = 0;
};
double pcmConductance(double wanted, Manner what, double amount, const PcmDraws& draws);

// SPEC B14. The program with the values of one realisation (read noise: and sample). An array is the synapses
// of one core and group; its largest weight is g_max, a weight's sign says which device of a pair holds it.
// Weights stay whole numbers of the chip: the nearest to what the devices hold.
std::shared_ptr<const Program> deviceProgram(const FlatProgram& flat, const Memories& memories,
                                             const DeviceEdit& edit, std::int64_t sample);

}  // namespace rheo::faults
