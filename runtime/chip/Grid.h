// Where cores lie: tiles in columns and rows, on one chip or several in a plane, and the way that a message
// takes from tile to tile. SPEC I12.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace rheo {

enum class Direction : std::uint8_t { East = 0, West = 1, South = 2, North = 3 };
inline constexpr std::array kDirections{Direction::East, Direction::West, Direction::South, Direction::North};
const char* directionName(Direction direction);

// A pair of neighbouring tiles whose link does not work, in either direction.
struct DeadLink {
  std::int32_t first = 0, second = 0;
  bool operator==(const DeadLink&) const = default;
};

// Rows run southwards, columns eastwards; tiles are numbered row by row over all chips. Core `id` of chip c
// is number id - c * coresPerChip of that chip, whose tiles hold coresPerTile consecutive ones each, row by
// row.
struct GridShape {
  std::int32_t chips = 1, chipColumns = 1;
  std::int32_t tileColumns = 1, tileRows = 1, coresPerTile = 1;  // of one chip
  std::int32_t coresPerChip = 1;
  std::int32_t chipLinkHops = 1;  // what a link between chips costs, in hops within one
  std::vector<std::int32_t> deadCores;
  std::vector<DeadLink> deadLinks;
  bool operator==(const GridShape&) const = default;
};

// Tiles of all chips; larger grids are refused.
inline constexpr std::int64_t kMostTiles = std::int64_t{1} << 22;

class Grid {
 public:
  Grid() : Grid(GridShape{}) {}
  // The shape has been checked: see chip/ChipSpec.h and decode().
  explicit Grid(GridShape shape);

  const GridShape& shape() const { return shape_; }
  std::int32_t columns() const { return columns_; }
  std::int32_t rows() const { return rows_; }
  std::int32_t tiles() const { return columns_ * rows_; }
  std::int32_t cores() const { return shape_.chips * shape_.coresPerChip; }
  std::int32_t columnOf(std::int32_t tile) const { return tile % columns_; }
  std::int32_t rowOf(std::int32_t tile) const { return tile / columns_; }
  std::int32_t chipOf(std::int32_t core) const { return core / shape_.coresPerChip; }
  std::int32_t tileOf(std::int32_t core) const;

  // Cores that work and whose tile the others reach, ascending.
  const std::vector<std::int32_t>& usableCores() const { return usable_; }
  // Those of one tile.
  std::span<const std::int32_t> usableCoresOf(std::int32_t tile) const;

  // The tile beside this one; nullopt at the edge.
  std::optional<std::int32_t> neighbour(std::int32_t tile, Direction direction) const;
  bool works(std::int32_t tile, Direction direction) const;
  bool crossesChips(std::int32_t tile, Direction direction) const;
  std::int32_t hopsOf(std::int32_t tile, Direction direction) const;  // 1, or chipLinkHops

  // SPEC I12: along the row first, then along the column.
  Direction straight(std::int32_t tile, std::int32_t destination) const;

 private:
  std::vector<bool> reachable() const;

  GridShape shape_;
  std::int32_t columns_, rows_;
  std::vector<std::int32_t> usable_;
};

// The way to one destination from every tile, around links that do not work: always on to a tile that is
// nearer, and straight where that is. SPEC I12
class WayTo {
 public:
  WayTo(const Grid& grid, std::int32_t destination);

  bool reaches(std::int32_t tile) const {
    return straight_ || distance_[static_cast<std::size_t>(tile)] >= 0;
  }
  Direction next(std::int32_t tile) const;
  // Tiles from which the way is not the straight one.
  std::vector<std::pair<std::int32_t, Direction>> detours() const;

 private:
  const Grid& grid_;
  std::int32_t destination_;
  bool straight_;                       // all links work: nothing to look up
  std::vector<std::int32_t> distance_;  // in links; -1 where nothing leads to the destination
};

// What the routers hold: straight on, but for the exceptions that are entered. SPEC I12
class RoutingTable {
 public:
  RoutingTable() = default;
  explicit RoutingTable(Grid grid) : grid_(std::move(grid)) {}

  const Grid& grid() const { return grid_; }
  // All exceptions on the ways to a destination.
  void enter(const WayTo& way, std::int32_t destination);
  void enter(std::int32_t tile, std::int32_t destination, Direction direction) {
    detours_[{tile, destination}] = direction;
  }
  const std::map<std::pair<std::int32_t, std::int32_t>, Direction>& detours() const { return detours_; }

  Direction next(std::int32_t tile, std::int32_t destination) const {
    if (!detours_.empty())
      if (const auto found = detours_.find({tile, destination}); found != detours_.end())
        return found->second;
    return grid_.straight(tile, destination);
  }
  // visit(tile, direction) for each link of the way; false where it ends in a link that does not work, or
  // goes round.
  template <class Visit>
  bool walk(std::int32_t tile, std::int32_t destination, Visit visit) const {
    for (std::int32_t links = 0; tile != destination; ++links) {
      const Direction direction = next(tile, destination);
      if (links > grid_.tiles() || !grid_.works(tile, direction)) return false;
      visit(tile, direction);
      tile = *grid_.neighbour(tile, direction);
    }
    return true;
  }

 private:
  Grid grid_;
  std::map<std::pair<std::int32_t, std::int32_t>, Direction> detours_;  // tile, destination
};

}  // namespace rheo
