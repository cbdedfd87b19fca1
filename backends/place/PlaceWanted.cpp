// What is wanted on a core of its own: as much of it as the limits allow.
#include <algorithm>
#include <set>

#include "place/Placer.h"

namespace rheo {

// A feature map is kept in the tiles that it is wanted in, or cut anew: what is left between tiles is none.
bool Placer::wantsWholeMap(int population) const {
  const Convolution& map = *featureMapOf(problem_, population);
  std::int64_t held = 0;
  for (const WantedCore& wanted : wanted_)
    for (const PlacedSlice& slice : wanted.slices) {
      if (slice.population != population) continue;
      if (!tileOf(slice, map)) return false;
      held += slice.size();
    }
  return held == problem_.populations[population].size;
}

void Placer::takeWanted(const PlacedSlice& slice, OpenCore& open) {
  const int population = slice.population;
  PlacedSlice taken = slice;
  Trial trial;
  if (const Convolution* map = featureMapOf(problem_, population)) {
    if (!wantsWholeMap(population)) return;
    const Tile tile = *tileOf(slice, *map);
    trial = tryTile(open, population, *map, tile);
    if (trial.rows == 0) return refusedTiles_[population].push_back(tile);
  } else {
    std::vector<std::int32_t> neurons;
    for (std::int32_t i = 0; i < slice.size(); ++i) neurons.push_back(slice.neuron(i));
    trial = tryRows(open, population, neurons);
    if (trial.rows == 0) return;
    taken = sliceOf(population, std::span(neurons).first(static_cast<std::size_t>(trial.rows)));
  }
  for (std::int32_t i = 0; i < taken.size(); ++i) taken_[population][taken.neuron(i)] = true;
  commit(open, std::move(taken), std::move(trial));
}

void Placer::openWanted() {
  taken_.clear();
  for (const PopulationSpec& population : problem_.populations) taken_.emplace_back(population.size, false);
  refusedTiles_.assign(problem_.populations.size(), {});
  const Grid grid(chip_.grid());
  const auto works = [&](std::int32_t id) {
    return std::binary_search(grid.usableCores().begin(), grid.usableCores().end(), id);
  };
  for (const WantedCore& wanted : wanted_) {
    if (wanted.id >= 0 && !works(wanted.id)) continue;
    OpenCore open;
    open.kept = wanted.id >= 0;
    open.core.id = wanted.id;
    for (const PlacedSlice& slice : wanted.slices) takeWanted(slice, open);
    if (!open.core.slices.empty()) cores_.push_back(std::move(open));
  }
}

// Of every core: its own, or the next that works and is nobody's own.
std::vector<std::int32_t> Placer::giveIds() const {
  std::vector<std::int32_t> ids;
  std::set<std::int32_t> owned;
  for (const OpenCore& open : cores_)
    if (open.kept) owned.insert(open.core.id);
  const Grid grid(chip_.grid());
  auto free = grid.usableCores().begin();
  for (const OpenCore& open : cores_) {
    while (!open.kept && owned.contains(*free)) ++free;
    ids.push_back(open.kept ? open.core.id : *free++);
  }
  return ids;
}

}  // namespace rheo
