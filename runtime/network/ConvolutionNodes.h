// Nodes that are convolutions: NIR's Conv1d, Conv2d, SumPool2d and AvgPool2d, and their transpose. SPEC F15
// to F17.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "network/Convolution.h"
#include "network/Network.h"

namespace rheo {

// Conv1d, Conv2d, SumPool2d, AvgPool2d, ConvTranspose2d: nodes that slide a window over [channels, rows,
// columns].
bool hasWindow(std::string_view kind);
bool isPool(std::string_view kind);
bool isTransposed(std::string_view kind);

// The geometry of a node with a window, of a finished network. Pooling has a group for each channel. Of a
// transposed convolution it is that of the convolution whose outputs are the node's inputs. SPEC F17
Convolution convolutionOf(const Node& node);

// The kernel that goes with it: the node's weights, or those of a pooling (1, or 1 / its size).
std::vector<double> kernelOf(const Node& node, const Convolution& convolution);

namespace network {

class Report;

// The largest stride, padding, dilation and kernel along an axis, and the most synapses of a node.
inline constexpr std::int64_t kMaxStep = 1 << 16;
inline constexpr std::int64_t kMaxSynapses = std::int64_t{1} << 34;

// The dimensions along which a window slides.
std::size_t axesOf(std::string_view kind);
// Entry i of a parameter that holds numbers of elements.
std::int64_t countOf(const Node& node, const char* parameter, std::size_t i);
// Kernel, stride, padding and dilation along one of a window's axes; its extents are 1.
ConvolutionAxis axisOf(const Node& node, std::size_t axis);

// Checks the parameters of a node with a window, fills in those left out, and gives 'stride', 'padding',
// 'dilation', 'kernel_size' and 'input_shape' one value per axis. Declares its shapes where 'input_shape'
// says them.
void declareWindow(Node& node, Report& report);
// Takes the input shape that a neighbour says, and infers the output shape from it.
void takeInputShape(Node& node, const std::vector<std::int64_t>& shape, Report& report);

}  // namespace network
}  // namespace rheo
