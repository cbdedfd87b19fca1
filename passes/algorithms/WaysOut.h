// What may be done about a network that fits no placement: rewrites of it.
#pragma once

#include <vector>

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// Puts into the remedies of `all`, which is everything that place() found, a rewrite with which all of it
// fits, and its price: partial sums (SPEC E4), relays, which round (E6), or clones (E5). `clones`: these are
// asked for already.
void offerWaysOut(const FixedNet& net, const ChipSpec& chip, const Profile& profile, bool clones,
                  std::vector<Diagnostic>& all);

}  // namespace rheo
