// Resets in regular intervals, so that samples can follow one another without a pause. SPEC N20.
#pragma once

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "support/Error.h"

namespace rheo {

struct PeriodicReset {
  std::int32_t interval = 1;  // steps
  std::int32_t offset = 0;    // steps after the first of an interval
};

// Gives every population that spikes a reset of its own phase: it runs `lag` steps behind the input (SPEC
// T4), so that it forgets one sample just before the next one's first step reaches it. lava-dl's NetX calls
// this the reset offset of a layer. Errors, all of them: R0411 a chip without programs, R0315 populations
// that cannot be reset so; those of assignLags.
Status addPeriodicResets(FixedNet& net, const PeriodicReset& reset, const ChipSpec& chip);

}  // namespace rheo
