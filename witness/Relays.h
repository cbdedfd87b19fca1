// Whether a network in which relays stand for sums is the network before, as far as wiring says. SPEC E6, V7
#pragma once

#include "witness/Check.h"

namespace rheo::witness {

// What relays do to spikes is no part of it: they round. Each sum that they stand for is theirs whole, once.
Report checkRelays(const Network& before, const Network& after);

}  // namespace rheo::witness
