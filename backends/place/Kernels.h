// Convolutions on cores: tiles of a population of channels, rows and columns, and the kernel lists through
// which all sources of a channel reach a tile. SPEC I10.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "place/Place.h"

namespace rheo {

struct Range {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t end() const { return first + count; }
};

// Part of a feature map.
struct Tile {
  Range channels, rows, columns;
  std::int64_t size() const { return channels.count * rows.count * columns.count; }
};

// The convolution into a population whose rows and columns cut it into tiles; nullptr where there is none.
const Convolution* featureMapOf(const PlacementProblem& problem, int population);

// Whether a projection's targets are laid out as this map says.
bool sameMap(const ProjectionSpec& projection, const Convolution& map);

PlacedSlice sliceOf(const Tile& tile, const Convolution& map, int population);
// nullopt where the slice is no tile.
std::optional<Tile> tileOf(const PlacedSlice& slice, const Convolution& map);

// Whether the chip can hold the lists of this projection into this tile as kernels: its fields are wide
// enough, and all synapses wait alike.
bool kernelsFit(const ProjectionSpec& projection, const ChipSpec& chip, const Tile& tile);

// The tile that such lists reach; nullopt where they cannot reach this slice.
std::optional<Tile> kernelTile(const ProjectionSpec& projection, const ChipSpec& chip,
                               const PlacedSlice& slice);

// The geometry in the format record of such lists.
void setTile(const Convolution& convolution, const Tile& tile, SynapseFormat& format);

// An axon record's view of a tile: SPEC I10. `channels.count` is 0 where the source does not reach it.
struct KernelPlace {
  std::int64_t row = 0, column = 0;
  Range channels;  // counted from the tile's first
};
KernelPlace kernelPlaceOf(const Convolution& convolution, const Tile& tile, std::int64_t source);

// The list of a channel of sources: [rows.kernel, columns.kernel, channels of the place].
std::vector<std::int32_t> kernelWeights(const ProjectionSpec& projection, const Tile& tile,
                                        const KernelPlace& place, std::int64_t sourceChannel);

// [i]: inputs along an axis that some output of [first, first + i] reads, for `most` outputs; and the input
// axons of all sources at one position that channels of targets read, so many of them sharing one. SPEC I5
std::vector<std::int64_t> inputsRead(const ConvolutionAxis& axis, std::int64_t first, std::int64_t most);
std::int64_t axonsOfPosition(const Convolution& convolution, const Range& channelsOut,
                             std::int64_t atomsPerAxon);

// What kernel lists into a tile take, zeros of the kernel not looked at.
ListNeeds kernelNeeds(const ProjectionSpec& projection, const ChipSpec& chip, const Tile& tile);

}  // namespace rheo
