// An accepted network has to run.
#pragma once

#include "network/Network.h"

namespace rheo::fuzz {

// A few steps as a float network, unless it is large.
void runNetwork(const Network& network);

}  // namespace rheo::fuzz
