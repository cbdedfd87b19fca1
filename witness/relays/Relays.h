// Whether a network in which relays stand for sums is the network before, as far as wiring says. SPEC E6, V7
#pragma once

#include "witness/Witness.h"

namespace rheo::witness {

// What relays do to spikes is no part of it: they round. Each sum that they stand for is theirs whole, once.
Report checkRelays(const NetworkT& before, const NetworkT& after);

}  // namespace rheo::witness
