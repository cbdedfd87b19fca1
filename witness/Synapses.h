// Every synapse of the network against those of the image, neuron by neuron. SPEC V3, V5
#pragma once

#include "witness/Traffic.h"

namespace rheo::witness {

void compareSynapses(const Network& network, const Match& match, const std::vector<Core>& cores,
                     Traffic& traffic, Report& report);

}  // namespace rheo::witness
