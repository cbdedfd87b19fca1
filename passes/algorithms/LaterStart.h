// Populations that start at another step, because of helpers on their way. SPEC E4, E6
#pragma once

#include "algorithms/Lags.h"
#include "algorithms/Net.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// `before` and `after` helpers came in: a population whose lag differs must not begin by itself, and a clock
// of its own goes with it. Errors: R0433.
Status shiftStart(FixedNet& net, const LagSolution& before, const LagSolution& after, const Profile& profile);

}  // namespace rheo
