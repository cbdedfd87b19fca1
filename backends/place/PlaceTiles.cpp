// Feature maps on cores: whole, or cut into tiles of channels, rows and columns.
#include <iterator>
#include <limits>

#include "place/ListCost.h"
#include "place/Placer.h"

namespace rheo {
namespace {

// The largest count up to `most` for which fits() holds; it holds for every smaller one then.
template <class Fits>
std::int64_t mostThatFits(std::int64_t most, Fits fits) {
  std::int64_t known = 0;
  for (std::int64_t tried = most; known < most; tried = known + (most - known + 1) / 2) {
    if (fits(tried))
      known = tried;
    else
      most = tried - 1;
  }
  return known;
}

}  // namespace

// All of a tile or nothing: `rows` is its size or 0.
Trial Placer::tryTile(const OpenCore& open, int population, const Convolution& map, const Tile& tile) const {
  Trial trial;
  trial.use = open.core.use;
  trial.profiles = open.profiles;
  trial.constants = open.constants;
  const PlacedSlice slice = sliceOf(tile, map, population);
  const std::int64_t inputs = problem_.populations[population].model->inputsOf(slice.size());
  const bool roomy = open.core.use.inputs + inputs <= chip_.limit("neurons_per_core").value;
  if (roomy || slice.size() == 1) {
    for (std::int32_t i = 0; i < slice.size(); ++i) takeNeuron(population, slice.neuron(i), trial);
    for (const int index : incoming_[population]) {
      const ProjectionSpec& projection = problem_.projections[index];
      ListChoice choice{index, 0, ListKind::Kernel, false};
      KernelCost cost;
      if (sameMap(projection, map) && kernelsFit(projection, chip_, tile)) {
        cost = kernelCost(projection, chip_, tile);
      } else {
        ListCost lists(problem_, chip_, index);
        for (std::int32_t i = 0; i < slice.size(); ++i) lists.addNeuron(slice.neuron(i));
        cost = {lists.axons(), lists.singleWords()};
        choice.kind = lists.kind();
      }
      if (cost.axons == 0) continue;
      trial.use.inputAxons += cost.axons;
      trial.use.synapseWords += cost.words;
      ++trial.use.formats;
      trial.lists.push_back(choice);
    }
    trial.rows = fits(trial.use) ? slice.size() : 0;
  }
  trial.refused = trial.use;
  return trial;
}

// A feature map whole, where a core holds it; else in blocks of channels.
void Placer::placeTiles(int population, const Convolution& map) {
  const Tile whole{{0, map.channelsOut}, {0, map.rows.outputs}, {0, map.columns.outputs}};
  for (OpenCore& open : cores_)
    if (Trial trial = tryTile(open, population, map, whole); trial.rows > 0)
      return commit(open, sliceOf(whole, map, population), std::move(trial));
  for (std::int64_t first = 0; first < map.channelsOut;) first += placeChannels(population, map, first);
}

// Channels from the first on, so many that each takes as few cores as possible: as many as one position
// allows share the sources of that position, a half or a quarter of them leave room for more positions.
// Returns how many.
std::int64_t Placer::placeChannels(int population, const Convolution& map, std::int64_t first) {
  // At the edge of a padded map fewer sources reach a position, in the middle most do.
  const Range middleRow{map.rows.outputs / 2, 1}, middleColumn{map.columns.outputs / 2, 1};
  const std::int64_t most = mostThatFits(map.channelsOut - first, [&](std::int64_t count) {
    return tryTile({}, population, map, {{first, count}, {0, 1}, {0, 1}}).rows > 0 &&
           tryTile({}, population, map, {{first, count}, middleRow, middleColumn}).rows > 0;
  });
  const std::size_t before = cores_.size();
  const auto start = [&] { return cores_.begin() + static_cast<std::ptrdiff_t>(before); };
  const std::vector<Violation> violations = violations_;
  std::vector<OpenCore> best;
  std::vector<Violation> bestViolations;
  std::int64_t channels = 0;
  for (std::int64_t count = std::max<std::int64_t>(1, most); count > 0; count /= 2) {
    // Fewer for each channel than the best so far.
    const auto bound = channels == 0 ? std::numeric_limits<std::int64_t>::max()
                                     : (static_cast<std::int64_t>(best.size()) * count - 1) / channels;
    if (placeBlock(population, map, {first, count}, bound)) {
      best.assign(std::move_iterator(start()), std::move_iterator(cores_.end()));
      bestViolations = violations_;
      channels = count;
    }
    cores_.erase(start(), cores_.end());
    violations_ = violations;
  }
  cores_.insert(cores_.end(), std::move_iterator(best.begin()), std::move_iterator(best.end()));
  violations_ = std::move(bestViolations);
  return channels;
}

// False as soon as it takes more cores than `most`.
bool Placer::placeBlock(int population, const Convolution& map, const Range& channels, std::int64_t most) {
  const std::size_t before = cores_.size();
  const Range columns{0, map.columns.outputs};
  for (std::int64_t row = 0; row < map.rows.outputs;) {
    const std::int64_t rows = mostThatFits(map.rows.outputs - row, [&](std::int64_t count) {
      return tryTile({}, population, map, {channels, {row, count}, columns}).rows > 0;
    });
    if (rows > 0)
      placeTile(population, map, {channels, {row, rows}, columns});
    else
      placeRow(population, map, {channels, {row, 1}, columns});
    row += std::max<std::int64_t>(1, rows);
    if (static_cast<std::int64_t>(cores_.size() - before) > most) return false;
  }
  return true;
}

// Part of a row that no core holds whole, in pieces; a position that takes too much, by half its channels.
void Placer::placeRow(int population, const Convolution& map, const Tile& part) {
  for (std::int64_t column = part.columns.first; column < part.columns.end();) {
    const std::int64_t columns = mostThatFits(part.columns.end() - column, [&](std::int64_t count) {
      return tryTile({}, population, map, {part.channels, part.rows, {column, count}}).rows > 0;
    });
    const Tile tile{part.channels, part.rows, {column, std::max<std::int64_t>(1, columns)}};
    if (columns > 0) {
      placeTile(population, map, tile);
    } else if (const std::int64_t half = part.channels.count / 2; half > 0) {
      const Range rest{part.channels.first + half, part.channels.count - half};
      placeRow(population, map, {{part.channels.first, half}, part.rows, tile.columns});
      placeRow(population, map, {rest, part.rows, tile.columns});
    } else {
      noteRefused(population, sliceOf(tile, map, population).firstNeuron,
                  tryTile({}, population, map, tile).refused);
    }
    column += tile.columns.count;
  }
}

void Placer::placeTile(int population, const Convolution& map, const Tile& tile) {
  OpenCore fresh;
  Trial trial = tryTile(fresh, population, map, tile);
  commit(fresh, sliceOf(tile, map, population), std::move(trial));
  cores_.push_back(std::move(fresh));
}

}  // namespace rheo
