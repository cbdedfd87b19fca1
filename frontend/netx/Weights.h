// The weights of a layer and their delays, as a node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/Network.h"
#include "netx/Fields.h"

namespace rheo::netx {

// Whether the weights are complex: a group of real and imaginary ones.
bool hasComplexWeights(const Fields& layer);

// Whole numbers of 9 bits. R0105, R0108, R0112 (complex ones), R0113.
Expected<Tensor> readWeights(Fields& layer, const std::string& field);

// R0113: `field` has not the shape that the layer's other fields ask for.
Error wrongShape(const Fields& layer, const std::string& field, const std::vector<std::int64_t>& found,
                 const std::vector<std::int64_t>& wanted, std::string remedy);

// Adds what the field 'delay' says to a node whose weights are [outputs, inputs, ...]: one number, one for
// each output (what SLAYER exports: the delay of a neuron's spikes, which its incoming synapses take here as
// in NetX), one for each input, or one for each weight of a matrix.
Status addDelay(Fields& layer, std::int64_t outputs, std::int64_t inputs, Node& node);

// R0112 where the field 'delay' holds one; `what` does not support them.
Status refuseDelays(Fields& layer, const char* what);

// The field 'delay' of a recurrent layer: steps that its spikes wait on their way to the next layer, one for
// each neuron; empty where there are none.
Expected<std::vector<double>> readSpikeDelays(Fields& layer, std::int64_t neurons);

// Adds to a matrix's delays what each of its sources' spikes waits. R0113 where the sum is too long.
Status addSpikeDelays(const Fields& layer, const std::vector<double>& delays, Node& matrix);

// A Linear node "NAME.FIELD" [rows, columns]. A single row or column may be stored without its other
// dimension. With `delays`, the field 'delay' is read too.
Expected<Node> readMatrix(Fields& layer, const std::string& field, const std::string& name, std::int64_t rows,
                          std::int64_t columns, bool delays);

// The same of complex weights "weight/real" and "weight/imag": rows alternate between the two ports of a
// resonator.
Expected<Node> readComplexMatrix(Fields& layer, const std::string& name, std::int64_t rows,
                                 std::int64_t columns);

// A node with a window, of a layer of type conv, convT, pool or unpool that receives `shape`; its own shapes
// are set.
Expected<Node> readWindow(Fields& layer, const std::string& type, const std::string& name,
                          const std::vector<std::int64_t>& shape);

// Passes every value of `shape` on, by weights of 1 that its channels share.
Node passOn(const std::string& name, const std::vector<std::int64_t>& shape, const std::string& place);

// The mean over each of `groups` equal parts of a flat input.
Node average(const std::string& name, std::int64_t size, std::int64_t groups, const std::string& place);

}  // namespace rheo::netx
