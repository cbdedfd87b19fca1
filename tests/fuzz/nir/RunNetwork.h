// An accepted network has to run.
#pragma once

#include <string>
#include <vector>

#include "common/Random.h"
#include "network/Network.h"

namespace rheo::fuzz {

// A word for what came of a reader's outcome: "accepted" or a code, as checkNetwork says. Of those accepted,
// one in eight runs a few steps as a float network, unless it is large, and adds "accepted, run".
std::vector<std::string> checkAndRun(const Expected<Network>& outcome, Random& random);

}  // namespace rheo::fuzz
