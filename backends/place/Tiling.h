// How a feature map is cut into tiles, so that as few cores as possible hold them.
#pragma once

#include <vector>

#include "chip/ChipSpec.h"
#include "place/Kernels.h"

namespace rheo {

// Tiles that cover the map, each within a core's neurons, input axons and synapse words as far as the
// convolutions of `projections` take them; lists that are no kernels are not counted in words. Blocks of
// equal numbers of channels; in each block bands of rows, each cut into as few columns as it takes: the least
// number of tiles of that form. Where some position fits no core, every position is a tile.
std::vector<Tile> tilesOf(const Convolution& map, const std::vector<const ProjectionSpec*>& projections,
                          const ChipSpec& chip);

}  // namespace rheo
