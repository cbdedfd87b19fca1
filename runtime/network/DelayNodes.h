// Nodes of the kind Delay: what they are told in seconds, in steps. SPEC F23.
#pragma once

#include <cstdint>
#include <vector>

#include "network/Network.h"

namespace rheo {

// Values that wait in all Delay nodes together: what a run keeps of every sample under way.
inline constexpr std::int64_t kMostWaiting = std::int64_t{1} << 24;

// Steps that each value waits in a Delay of a finished network.
std::vector<std::int32_t> delaySteps(const Node& node, double dt);

namespace network {

class Report;

// Refuses delays without a meaning or a bound; says as an assumption how many steps the others become.
void countDelays(Network& network, Report& report);

}  // namespace network
}  // namespace rheo
