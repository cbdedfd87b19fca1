// The neurons of a layer, as an exact node (SPEC F14).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/Network.h"
#include "netx/Fields.h"

namespace rheo::netx {

// How a layer's neurons are driven: by synapses, by complex ones, or by numbers from the host.
enum class Drive : std::uint8_t { Synapses, ComplexSynapses, Host };

// The node called `name`, of that shape, with the layer's bias.
Expected<Node> readNeurons(Fields& layer, const std::string& name, const std::vector<std::int64_t>& shape,
                           Drive drive);

// SLAYER adds the bias of ALIF to what arrives, that of CUBA to the membrane potential: gives the former to
// the node of weights before such neurons. R0112 where a kernel's channel has several.
Status addCurrentBias(Fields& layer, const Node& neurons, Node& weights);

}  // namespace rheo::netx
