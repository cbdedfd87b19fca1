// Where the cores of an image lie, and whether every message finds its way. SPEC I12.
#include <fmt/format.h>

#include <set>

#include "chip/Decoder.h"

namespace rheo {

// Files of minor version 0 have no grid: their cores stand in a row.
Expected<GridShape> Decoder::readGrid() const {
  GridShape shape;
  const image::Grid* grid = header_.grid();
  if (!grid) {
    std::uint32_t last = 0;
    for (const image::Core* core : *header_.cores()) last = std::max(last, core->id());
    if (last >= kMostTiles) return contentError("R0508", "", fmt::format("a core has the number {}", last));
    shape.tileColumns = shape.coresPerChip = static_cast<std::int32_t>(last) + 1;
    return shape;
  }
  const std::uint64_t cores = grid->cores_per_chip(),
                      tiles = std::uint64_t{grid->tile_columns()} * grid->tile_rows();
  const auto positive = {grid->chips(),         grid->chip_columns(),   grid->tile_columns(),
                         grid->tile_rows(),     grid->cores_per_tile(), grid->cores_per_chip(),
                         grid->chip_link_hops()};
  const bool small =
      std::all_of(positive.begin(), positive.end(), [](std::uint32_t n) { return n > 0 && n <= kMostTiles; });
  const auto most = static_cast<std::uint64_t>(kMostTiles);
  if (!small || grid->chips() % grid->chip_columns() != 0 || tiles > most || tiles * grid->chips() > most ||
      cores * grid->chips() > most || tiles * grid->cores_per_tile() < cores)
    return contentError("R0508", "grid",
                        fmt::format("{} chips of {} x {} tiles of {} cores, {} cores in each", grid->chips(),
                                    grid->tile_columns(), grid->tile_rows(), grid->cores_per_tile(), cores));
  const auto number = [](std::uint32_t value) { return static_cast<std::int32_t>(value); };
  shape = {number(grid->chips()),
           number(grid->chip_columns()),
           number(grid->tile_columns()),
           number(grid->tile_rows()),
           number(grid->cores_per_tile()),
           number(grid->cores_per_chip()),
           number(grid->chip_link_hops()),
           {},
           {}};
  for (const std::uint32_t core : *grid->dead_cores()) {
    if (core >= cores * grid->chips())
      return contentError("R0508", "grid", fmt::format("core {} is dead, which there is not", core));
    shape.deadCores.push_back(number(core));
  }
  for (const image::DeadLink* link : *grid->dead_links()) {
    if (link->first() >= tiles * grid->chips() || link->second() >= tiles * grid->chips())
      return contentError("R0508", "grid",
                          fmt::format("the link from tile {} to {} is dead, which there is not",
                                      link->first(), link->second()));
    shape.deadLinks.push_back({number(link->first()), number(link->second())});
  }
  return shape;
}

Status Decoder::decodeGrid() {
  Expected<GridShape> shape = readGrid();
  if (!shape) return std::move(shape).error();
  program_.routing = RoutingTable(Grid(*std::move(shape)));
  const Grid& grid = program_.routing.grid();
  if (header_.grid())
    for (const image::Detour* detour : *header_.grid()->detours()) {
      const auto tiles = static_cast<std::uint32_t>(grid.tiles());
      if (detour->tile() >= tiles || detour->destination() >= tiles ||
          detour->direction() >= kDirections.size())
        return contentError("R0508", "grid",
                            fmt::format("a detour from tile {} to {} leaves in direction {}", detour->tile(),
                                        detour->destination(), detour->direction()));
      program_.routing.enter(static_cast<std::int32_t>(detour->tile()),
                             static_cast<std::int32_t>(detour->destination()),
                             kDirections[detour->direction()]);
    }
  return indexCores();
}

Status Decoder::indexCores() {
  const Grid& grid = program_.routing.grid();
  coreIndex_.assign(static_cast<std::size_t>(grid.cores()), -1);
  std::int32_t index = 0;
  for (const image::Core* core : *header_.cores()) {
    if (core->id() >= coreIndex_.size())
      return contentError("R0508", "grid", fmt::format("core {} of {}", core->id(), coreIndex_.size()));
    std::int32_t& entry = coreIndex_[core->id()];
    if (entry >= 0) return contentError("R0508", fmt::format("core {}", core->id()), "the core occurs twice");
    entry = index++;
    if (!std::binary_search(grid.usableCores().begin(), grid.usableCores().end(),
                            static_cast<std::int32_t>(core->id())))
      return contentError("R0508", fmt::format("core {}", core->id()),
                          "the core does not work, or no link leads to it");
  }
  return ok();
}

Status Decoder::checkWays() {
  const Grid& grid = program_.routing.grid();
  for (const Core& core : program_.cores) {
    std::set<std::int32_t> targets;
    for (const Route& route : core.routes)
      targets.insert(program_.cores[static_cast<std::size_t>(route.core)].id);
    for (const std::int32_t target : targets)
      if (!program_.routing.walk(grid.tileOf(core.id), grid.tileOf(target), [](std::int32_t, Direction) {}))
        return contentError("R0508", fmt::format("core {}", core.id),
                            fmt::format("a message to core {} does not arrive", target));
  }
  return ok();
}

}  // namespace rheo
