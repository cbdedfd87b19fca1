// Whether a network of integers fits a chip: everything that does not, at once.
#pragma once

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// Fills in lags and axon delays (SPEC T2, T4). Errors: those of assignLags, checkInputSums and, where one of
// these or of checkProblem applies, of place.
Status solveAndCheck(FixedNet& net, const Profile& profile, const ChipSpec& chip);

}  // namespace rheo
