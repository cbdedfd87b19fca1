// Tiles, and the kernel lists into them.
#include "place/Kernels.h"

#include <algorithm>
#include <tuple>

namespace rheo {
namespace {

Range overlap(const Range& a, const Range& b) {
  const std::int64_t first = std::max(a.first, b.first);
  return {first, std::max<std::int64_t>(0, std::min(a.end(), b.end()) - first)};
}

// Channels of the tile that a channel of sources reaches.
Range channelsReached(const Convolution& convolution, const Tile& tile, std::int64_t sourceChannel) {
  const std::int64_t group = sourceChannel / convolution.channelsInPerGroup();
  return overlap({group * convolution.channelsOutPerGroup(), convolution.channelsOutPerGroup()},
                 tile.channels);
}

bool fits(const ChipSpec& chip, const char* record, const char* field, std::int64_t most) {
  return most < std::int64_t{1} << chip.fieldWidth(record, field);
}

}  // namespace

std::vector<std::int64_t> inputsRead(const ConvolutionAxis& axis, std::int64_t first, std::int64_t most) {
  std::vector<bool> read(static_cast<std::size_t>(axis.inputs));
  std::int64_t number = 0;
  std::vector<std::int64_t> counts;
  for (std::int64_t output = first; output < first + most; ++output) {
    axis.inputsOf(output, [&](std::int64_t input, std::int64_t) {
      number += !read[static_cast<std::size_t>(input)];
      read[static_cast<std::size_t>(input)] = true;
    });
    counts.push_back(number);
  }
  return counts;
}

std::int64_t axonsOfPosition(const Convolution& convolution, const Range& channelsOut,
                             std::int64_t atomsPerAxon) {
  const std::int64_t first = channelsOut.first / convolution.channelsOutPerGroup();
  const std::int64_t last = (channelsOut.end() - 1) / convolution.channelsOutPerGroup();
  return (last - first + 1) * axonsFor(convolution.channelsInPerGroup(), atomsPerAxon);
}

const Convolution* featureMapOf(const PlacementProblem& problem, int population) {
  // With several ports the targets of a convolution are no neurons.
  if (problem.populations[population].model->portCount() > 1) return nullptr;
  for (const ProjectionSpec& projection : problem.projections) {
    if (projection.target != population || !projection.wiring.convolution()) continue;
    const Convolution& map = *projection.wiring.convolution();
    if (map.positionsOut() > 1) return &map;
  }
  return nullptr;
}

bool sameMap(const ProjectionSpec& projection, const Convolution& map) {
  const std::optional<Convolution>& own = projection.wiring.convolution();
  return own && own->channelsOut == map.channelsOut && own->rows.outputs == map.rows.outputs &&
         own->columns.outputs == map.columns.outputs;
}

PlacedSlice sliceOf(const Tile& tile, const Convolution& map, int population) {
  const std::int64_t positions = map.positionsOut(), width = map.columns.outputs;
  PlacedSlice slice;
  slice.population = population;
  slice.firstNeuron = static_cast<std::int32_t>(tile.channels.first * positions + tile.rows.first * width +
                                                tile.columns.first);
  slice.count = static_cast<std::int32_t>(tile.columns.count);
  if (tile.columns.count == width) {  // the rows follow each other without a gap
    slice.count *= static_cast<std::int32_t>(tile.rows.count);
  } else if (tile.rows.count > 1) {
    slice.rows = static_cast<std::int32_t>(tile.rows.count);
    slice.rowStride = static_cast<std::int32_t>(width);
  }
  if (slice.count == positions) {  // and so do the channels
    slice.count *= static_cast<std::int32_t>(tile.channels.count);
  } else if (tile.channels.count > 1) {
    slice.repeats = static_cast<std::int32_t>(tile.channels.count);
    slice.stride = static_cast<std::int32_t>(positions);
  }
  return slice;
}

std::optional<Tile> tileOf(const PlacedSlice& slice, const Convolution& map) {
  const std::int64_t width = map.columns.outputs, positions = map.positionsOut();
  if (slice.ports > 1 || !slice.listed.empty()) return std::nullopt;
  const MapPlace first = map.placeOfOutput(slice.firstNeuron);
  Tile tile{{first.channel, slice.repeats}, {first.row, slice.rows}, {first.column, slice.count}};
  std::int64_t run = slice.count;
  if (slice.repeats > 1 && slice.stride != positions) return std::nullopt;
  if (slice.rows > 1) {
    if (slice.rowStride != width || tile.rows.end() > map.rows.outputs || tile.columns.end() > width)
      return std::nullopt;
    return tile;
  }
  if (slice.repeats == 1 && slice.firstNeuron % positions == 0 && run % positions == 0) {
    tile.channels.count = run / positions;
    run = positions;
  }
  const bool wholeRows = tile.columns.first == 0 && run % width == 0;
  tile.rows.count = wholeRows ? run / width : 1;
  tile.columns.count = wholeRows ? width : run;
  if (tile.rows.end() > map.rows.outputs || tile.columns.end() > width) return std::nullopt;
  return tile;
}

bool kernelsFit(const ProjectionSpec& projection, const ChipSpec& chip, const Tile& tile) {
  const std::optional<Convolution>& c = projection.wiring.convolution();
  if (!c || !chip.sharesKernels() || projection.mostSynapseDelay() > 0) return false;
  if (c->positionsOut() == 1) return false;  // nothing is shared
  for (const auto& [axis, range, place, extent, kernel, stride, dilation] :
       {std::tuple{&c->rows, &tile.rows, "row", "rows", "kernel_rows", "stride_rows", "dilation_rows"},
        std::tuple{&c->columns, &tile.columns, "column", "columns", "kernel_columns", "stride_columns",
                   "dilation_columns"}}) {
    if (axis->kernel > kMostKernelExtent) return false;
    const std::int64_t furthest = (range->count - 1) * axis->stride + (axis->kernel - 1) * axis->dilation;
    if (!fits(chip, "axon", place, furthest) || !fits(chip, "format", extent, range->count) ||
        !fits(chip, "format", kernel, axis->kernel) || !fits(chip, "format", stride, axis->stride) ||
        !fits(chip, "format", dilation, axis->dilation))
      return false;
  }
  return fits(chip, "axon", "channel", tile.channels.count - 1) &&
         fits(chip, "axon", "count", tile.channels.count);
}

std::optional<Tile> kernelTile(const ProjectionSpec& projection, const ChipSpec& chip,
                               const PlacedSlice& slice) {
  if (!projection.wiring.convolution()) return std::nullopt;
  const std::optional<Tile> tile = tileOf(slice, *projection.wiring.convolution());
  return tile && kernelsFit(projection, chip, *tile) ? tile : std::nullopt;
}

void setTile(const Convolution& convolution, const Tile& tile, SynapseFormat& format) {
  const auto axis = [](const ConvolutionAxis& whole, const Range& part) {
    return ConvolutionAxis{1, part.count, whole.kernel, whole.stride, 0, whole.dilation};
  };
  format.rows = axis(convolution.rows, tile.rows);
  format.columns = axis(convolution.columns, tile.columns);
}

KernelPlace kernelPlaceOf(const Convolution& c, const Tile& tile, std::int64_t source) {
  const MapPlace from = c.placeOfInput(source);
  KernelPlace place;
  place.row = from.row + c.rows.padding - tile.rows.first * c.rows.stride;
  place.column = from.column + c.columns.padding - tile.columns.first * c.columns.stride;
  place.channels = channelsReached(c, tile, from.channel);
  place.channels.first -= tile.channels.first;
  return place;
}

std::vector<std::int32_t> kernelWeights(const ProjectionSpec& projection, const Tile& tile,
                                        const KernelPlace& place, std::int64_t sourceChannel) {
  const Convolution& c = *projection.wiring.convolution();
  std::vector<std::int32_t> weights;
  for (std::int64_t row = 0; row < c.rows.kernel; ++row)
    for (std::int64_t column = 0; column < c.columns.kernel; ++column)
      for (std::int64_t i = 0; i < place.channels.count; ++i) {
        const std::int64_t index = c.kernelIndex(tile.channels.first + place.channels.first + i,
                                                 sourceChannel % c.channelsInPerGroup(), row, column);
        weights.push_back(projection.weights[static_cast<std::size_t>(index)]);
      }
  return weights;
}

ListNeeds kernelNeeds(const ProjectionSpec& projection, const ChipSpec& chip, const Tile& tile) {
  const Convolution& c = *projection.wiring.convolution();
  const SynapseFormat format = formatOf(projection, chip, ListKind::Kernel);
  ListNeeds cost;
  for (std::int64_t channel = 0; channel < c.channelsIn; ++channel) {
    const Range reached = channelsReached(c, tile, channel);
    if (reached.count == 0) continue;
    cost.words +=
        c.rows.kernel * c.columns.kernel *
        static_cast<std::int64_t>(kernelEntryWords(static_cast<std::uint64_t>(reached.count), format));
  }
  const std::int64_t positions = inputsRead(c.rows, tile.rows.first, tile.rows.count).back() *
                                 inputsRead(c.columns, tile.columns.first, tile.columns.count).back();
  cost.axons = axonsOfPosition(c, tile.channels, chip.atomsPerAxon()) * positions;
  cost.lists = axonsOfPosition(c, tile.channels, 1) * positions;
  return cost;
}

}  // namespace rheo
