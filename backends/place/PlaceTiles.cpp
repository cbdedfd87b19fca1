// Feature maps on cores: whole, or cut into tiles of channels, rows and columns.
#include "place/ListCost.h"
#include "place/Placer.h"
#include "place/Tiling.h"

namespace rheo {

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
      ListNeeds cost;
      int delay = projection.mostDelay();
      if (sameMap(projection, map) && kernelsFit(projection, chip_, tile)) {
        cost = kernelNeeds(projection, chip_, tile);
      } else {
        ListCost lists(problem_, chip_, index);
        for (std::int32_t i = 0; i < slice.size(); ++i) lists.addNeuron(slice.neuron(i));
        cost = lists.needs();
        delay = lists.mostDelay();
        choice.kind = lists.kind();
      }
      if (cost.axons == 0) continue;
      trial.use.wait(delay);
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

// A feature map whole, where a core holds it; else in tiles, each where there is room. One that is wanted
// somewhere is cut already.
void Placer::placeTiles(int population, const Convolution& map) {
  for (const Tile& tile : refusedTiles_[population]) placeTile(population, map, tile);
  if (taken_[population][0] || !refusedTiles_[population].empty()) return;
  const Tile whole{{0, map.channelsOut}, {0, map.rows.outputs}, {0, map.columns.outputs}};
  if (putIntoOpenCore(population, map, whole, tryTile({}, population, map, whole))) return;
  std::vector<const ProjectionSpec*> convolutions;
  for (const int index : incoming_[population])
    if (sameMap(problem_.projections[index], map)) convolutions.push_back(&problem_.projections[index]);
  for (const Tile& tile : tilesOf(map, convolutions, chip_)) placeTile(population, map, tile);
}

// `alone`: the tile in a core of its own. What no limit of a core allows beside what it holds is not tried.
bool Placer::putIntoOpenCore(int population, const Convolution& map, const Tile& tile, const Trial& alone) {
  if (alone.rows == 0) return false;
  const auto roomFor = [&](const CoreUse& use, std::size_t limit, std::int64_t CoreUse::*part) {
    return use.*part + alone.use.*part <= limits_[limit];
  };
  for (OpenCore& open : cores_) {
    bool roomy = mayFill(open);
    for (std::size_t i = 0; i < limits_.size() && roomy; ++i)
      if (const auto part = coreLimits()[i].use;  // of the others, cores share some
          part == &CoreUse::inputs || part == &CoreUse::inputAxons || part == &CoreUse::synapseWords)
        roomy = roomFor(open.core.use, i, part);
    if (!roomy) continue;
    if (Trial trial = tryTile(open, population, map, tile); trial.rows > 0) {
      commit(open, sliceOf(tile, map, population), std::move(trial));
      return true;
    }
  }
  return false;
}

// What no core holds after all (its routes, its lists beside the kernels) in two halves, along its longest
// side.
void Placer::placeTile(int population, const Convolution& map, const Tile& tile) {
  OpenCore fresh;
  Trial trial = tryTile(fresh, population, map, tile);
  if (putIntoOpenCore(population, map, tile, trial)) return;
  if (trial.rows > 0) {
    commit(fresh, sliceOf(tile, map, population), std::move(trial));
    cores_.push_back(std::move(fresh));
  } else if (tile.size() == 1) {
    noteRefused(population, sliceOf(tile, map, population).firstNeuron, trial.refused);
  } else {
    Tile half = tile, rest = tile;
    Range Tile::*side = &Tile::channels;
    if (tile.rows.count > (tile.*side).count) side = &Tile::rows;
    if (tile.columns.count > (tile.*side).count) side = &Tile::columns;
    (half.*side).count /= 2;
    (rest.*side) = {(half.*side).end(), (tile.*side).count - (half.*side).count};
    placeTile(population, map, half);
    placeTile(population, map, rest);
  }
}

}  // namespace rheo
