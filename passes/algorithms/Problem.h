// A fixed network as placement sees it.
#pragma once

#include "algorithms/Net.h"
#include "fixed/Profile.h"
#include "place/Place.h"

namespace rheo {

// `net` and `profile` outlive the problem: it refers to their weights.
PlacementProblem problemOf(const FixedNet& net, const Profile& profile);

}  // namespace rheo
