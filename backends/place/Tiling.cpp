// The search for tiles: channels by trial, rows by dynamic programming, columns greedily.
#include "place/Tiling.h"

#include <algorithm>
#include <limits>
#include <map>

namespace rheo {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 4;

// [first][count - 1]: inputs along an axis that outputs [first, first + count) read; tiles have at most so
// many outputs.
std::vector<std::vector<std::int64_t>> allInputsRead(const ConvolutionAxis& axis, std::int64_t most) {
  std::vector<std::vector<std::int64_t>> counts;
  for (std::int64_t first = 0; first < axis.outputs; ++first)
    counts.push_back(inputsRead(axis, first, std::min(most, axis.outputs - first)));
  return counts;
}

class Tiler {
 public:
  Tiler(const Convolution& map, const std::vector<const ProjectionSpec*>& projections, const ChipSpec& chip)
      : map_(map),
        projections_(projections),
        chip_(chip),
        neurons_(chip.limit("neurons_per_core").value),
        axons_(chip.limit("input_axons_per_core").value),
        words_(chip.limit("synapse_words_per_core").value) {
    for (const ProjectionSpec* projection : projections) {
      rowsRead_.push_back(allInputsRead(projection->wiring.convolution()->rows, neurons_));
      columnsRead_.push_back(allInputsRead(projection->wiring.convolution()->columns, neurons_));
    }
  }

  std::vector<Tile> run();

 private:
  // Input axons of one position of each projection's sources, and the words of its kernels.
  struct Block {
    std::vector<std::int64_t> axons;
    std::int64_t channels = 0, words = 0;
  };
  using Band = std::vector<Range>;                    // its columns
  using Bands = std::vector<std::pair<Range, Band>>;  // rows and columns

  Block blockOf(const Range& channels) const;
  bool fits(const Block& block, const Range& rows, const Range& columns) const;
  Band cut(const Block& block, const Range& rows) const;
  const Bands& bandsOf(const Block& block);
  std::int64_t tilesOf(std::int64_t channels);

  const Convolution& map_;
  const std::vector<const ProjectionSpec*>& projections_;
  const ChipSpec& chip_;
  std::int64_t neurons_, axons_, words_;
  std::vector<std::vector<std::vector<std::int64_t>>> rowsRead_, columnsRead_;  // of each projection
  std::map<std::vector<std::int64_t>, Bands> known_;  // axons of positions, channels, words
};

Tiler::Block Tiler::blockOf(const Range& channels) const {
  Block block{{}, channels.count, 0};
  for (const ProjectionSpec* projection : projections_) {
    const Tile position{channels, {0, 1}, {0, 1}};
    if (kernelsFit(*projection, chip_, position))
      block.words += kernelNeeds(*projection, chip_, position).words;
    block.axons.push_back(axonsOfPosition(*projection->wiring.convolution(), channels, chip_.atomsPerAxon()));
  }
  return block;
}

bool Tiler::fits(const Block& block, const Range& rows, const Range& columns) const {
  if (block.channels * rows.count * columns.count > neurons_) return false;
  std::int64_t axons = 0;
  for (std::size_t p = 0; p < projections_.size(); ++p)
    axons += block.axons[p] * rowsRead_[p][rows.first][rows.count - 1] *
             columnsRead_[p][columns.first][columns.count - 1];
  return axons <= axons_ && block.words <= words_;
}

// Empty where some column does not fit by itself.
Tiler::Band Tiler::cut(const Block& block, const Range& rows) const {
  Band band;
  for (std::int64_t column = 0; column < map_.columns.outputs;) {
    std::int64_t count = 0;
    while (column + count < map_.columns.outputs && fits(block, rows, {column, count + 1})) ++count;
    if (count == 0) return {};
    band.push_back({column, count});
    column += count;
  }
  return band;
}

// The bands with the fewest tiles; none where a position does not fit.
const Tiler::Bands& Tiler::bandsOf(const Block& block) {
  std::vector<std::int64_t> key = block.axons;
  key.insert(key.end(), {block.channels, block.words});
  const auto [entry, isNew] = known_.try_emplace(std::move(key));
  Bands& bands = entry->second;
  if (!isNew) return bands;
  const std::int64_t height = map_.rows.outputs;
  std::vector<std::int64_t> tiles(static_cast<std::size_t>(height) + 1, kNever), from(tiles.size());
  tiles[0] = 0;
  for (std::int64_t row = 0; row < height; ++row) {
    if (tiles[row] == kNever) continue;
    for (std::int64_t count = 1; row + count <= height; ++count) {
      const auto needed = static_cast<std::int64_t>(cut(block, {row, count}).size());
      if (needed == 0) break;  // a higher band fits less
      if (tiles[row] + needed >= tiles[row + count]) continue;
      tiles[row + count] = tiles[row] + needed;
      from[row + count] = row;
    }
  }
  if (tiles[height] == kNever) return bands;
  for (std::int64_t end = height; end > 0; end = from[end]) {
    const Range rows{from[end], end - from[end]};
    bands.insert(bands.begin(), {rows, cut(block, rows)});
  }
  return bands;
}

// Of all blocks of so many channels; kNever where a position does not fit.
std::int64_t Tiler::tilesOf(std::int64_t channels) {
  std::int64_t tiles = 0;
  for (std::int64_t first = 0; first < map_.channelsOut; first += channels) {
    const Bands& bands = bandsOf(blockOf({first, std::min(channels, map_.channelsOut - first)}));
    if (bands.empty()) return kNever;
    for (const auto& [rows, band] : bands) tiles += static_cast<std::int64_t>(band.size());
  }
  return tiles;
}

std::vector<Tile> Tiler::run() {
  // Where nothing fits, as many channels as have room for their kernels.
  std::int64_t best = std::min(map_.channelsOut, neurons_), least = kNever;
  while (best > 1 && blockOf({0, best}).words > words_) best = (best + 1) / 2;
  for (std::int64_t blocks = 1, last = 0; blocks <= map_.channelsOut; ++blocks) {
    const std::int64_t channels = (map_.channelsOut + blocks - 1) / blocks;
    if (channels == last) continue;
    last = channels;
    if (const std::int64_t tiles = tilesOf(channels); tiles < least) least = tiles, best = channels;
    // Even tiles that fill whole cores would be more from here on.
    if (least < kNever && blocks >= least) break;
  }
  std::vector<Tile> tiles;
  for (std::int64_t first = 0; first < map_.channelsOut; first += best) {
    const Range channels{first, std::min(best, map_.channelsOut - first)};
    const Bands& bands = bandsOf(blockOf(channels));
    for (const auto& [rows, band] : bands)
      for (const Range& columns : band) tiles.push_back({channels, rows, columns});
    if (!bands.empty()) continue;
    for (std::int64_t row = 0; row < map_.rows.outputs; ++row)
      for (std::int64_t column = 0; column < map_.columns.outputs; ++column)
        tiles.push_back({channels, {row, 1}, {column, 1}});
  }
  return tiles;
}

}  // namespace

std::vector<Tile> tilesOf(const Convolution& map, const std::vector<const ProjectionSpec*>& projections,
                          const ChipSpec& chip) {
  return Tiler(map, projections, chip).run();
}

}  // namespace rheo
