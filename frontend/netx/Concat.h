// Layers that hand on several others' values, one after the other. Nodes sum what flows into them, so a layer
// behind a concat reads each part through weights of its own: the columns, or input channels, that belong to
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "network/Network.h"
#include "netx/Fields.h"

namespace rheo::netx {

// What a layer hands on.
struct Handed {
  int node = -1;
  std::vector<std::int64_t> shape;
  // Of the neurons of a recurrent layer, which the next layer's weights take; none: no delays.
  std::shared_ptr<const std::vector<double>> spikeDelays = {};
};

// The parts of the concat `layer`, number `number`, from what the layers before it hand on: those that its
// field 'layers' lists, after the layer right before it where 'shape' says so. R0105, R0108, R0112 (fields
// that a concat has not), R0113.
Expected<std::vector<Handed>> readConcat(Fields& layer, std::int64_t number,
                                         const std::vector<std::vector<Handed>>& before);

// One after the other: channels of maps, values of flat parts.
std::vector<std::int64_t> shapeOf(const std::vector<Handed>& parts);

// The weights of a layer that reads `parts`, cut into a node for each of them. Named as the whole, and
// numbered. R0112: of a grouped convolution or a pool.
Expected<std::vector<Node>> cut(const Fields& layer, const Node& weights, const std::vector<Handed>& parts);

}  // namespace rheo::netx
