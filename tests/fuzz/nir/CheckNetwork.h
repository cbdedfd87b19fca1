// What must hold for whatever the NIR reader returns: a usable network, or diagnostics that can be shown.
#pragma once

#include <string>

#include "network/Network.h"

namespace rheo::fuzz {

// Returns "accepted" or the code of the first diagnostic; dies by broken() where something does not hold.
std::string checkNetwork(const Expected<Network>& outcome);

}  // namespace rheo::fuzz
