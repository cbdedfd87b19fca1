// The grid of tiles, and ways through it.
#include "chip/Grid.h"

#include <algorithm>
#include <numeric>

namespace rheo {

const char* directionName(Direction direction) {
  constexpr std::array kNames{"east", "west", "south", "north"};
  return kNames[static_cast<std::size_t>(direction)];
}

Grid::Grid(GridShape shape)
    : shape_(std::move(shape)),
      columns_(shape_.chipColumns * shape_.tileColumns),
      rows_((shape_.chips + shape_.chipColumns - 1) / shape_.chipColumns * shape_.tileRows) {
  std::sort(shape_.deadCores.begin(), shape_.deadCores.end());
  usable_.resize(static_cast<std::size_t>(cores()));
  std::iota(usable_.begin(), usable_.end(), 0);
  if (shape_.deadCores.empty() && shape_.deadLinks.empty()) return;
  const std::vector<bool> reached = reachable();
  std::erase_if(usable_, [&](std::int32_t core) {
    return std::binary_search(shape_.deadCores.begin(), shape_.deadCores.end(), core) ||
           !reached[static_cast<std::size_t>(tileOf(core))];
  });
}

std::int32_t Grid::tileOf(std::int32_t core) const {
  const std::int32_t chip = chipOf(core);
  const std::int32_t tile = core % shape_.coresPerChip / shape_.coresPerTile;
  const std::int32_t column = chip % shape_.chipColumns * shape_.tileColumns + tile % shape_.tileColumns;
  const std::int32_t row = chip / shape_.chipColumns * shape_.tileRows + tile / shape_.tileColumns;
  return row * columns_ + column;
}

std::span<const std::int32_t> Grid::usableCoresOf(std::int32_t tile) const {
  const std::int32_t column = columnOf(tile), row = rowOf(tile);
  const std::int32_t chip = row / shape_.tileRows * shape_.chipColumns + column / shape_.tileColumns;
  if (chip >= shape_.chips) return {};
  const std::int32_t number = row % shape_.tileRows * shape_.tileColumns + column % shape_.tileColumns;
  // Of the chip: the last tiles may hold fewer cores than the others, or none.
  const std::int64_t first = std::int64_t{number} * shape_.coresPerTile;
  const std::int64_t end = std::min<std::int64_t>(first + shape_.coresPerTile, shape_.coresPerChip);
  const std::int64_t before = std::int64_t{chip} * shape_.coresPerChip;
  const auto at = [&](std::int64_t core) {
    return std::lower_bound(usable_.begin(), usable_.end(), before + core);
  };
  return first < end ? std::span(at(first), at(end)) : std::span<const std::int32_t>();
}

std::optional<std::int32_t> Grid::neighbour(std::int32_t tile, Direction direction) const {
  const std::int32_t column = columnOf(tile), row = rowOf(tile);
  switch (direction) {
    case Direction::East:
      return column + 1 < columns_ ? std::optional(tile + 1) : std::nullopt;
    case Direction::West:
      return column > 0 ? std::optional(tile - 1) : std::nullopt;
    case Direction::South:
      return row + 1 < rows_ ? std::optional(tile + columns_) : std::nullopt;
    case Direction::North:
      return row > 0 ? std::optional(tile - columns_) : std::nullopt;
  }
  return std::nullopt;
}

bool Grid::works(std::int32_t tile, Direction direction) const {
  const std::optional<std::int32_t> other = neighbour(tile, direction);
  if (!other) return false;
  return std::none_of(shape_.deadLinks.begin(), shape_.deadLinks.end(), [&](const DeadLink& link) {
    return (link.first == tile && link.second == *other) || (link.first == *other && link.second == tile);
  });
}

bool Grid::crossesChips(std::int32_t tile, Direction direction) const {
  const std::optional<std::int32_t> other = neighbour(tile, direction);
  return other && (columnOf(tile) / shape_.tileColumns != columnOf(*other) / shape_.tileColumns ||
                   rowOf(tile) / shape_.tileRows != rowOf(*other) / shape_.tileRows);
}

std::int32_t Grid::hopsOf(std::int32_t tile, Direction direction) const {
  return crossesChips(tile, direction) ? shape_.chipLinkHops : 1;
}

Direction Grid::straight(std::int32_t tile, std::int32_t destination) const {
  const std::int32_t from = columnOf(tile), to = columnOf(destination);
  if (from != to) return from < to ? Direction::East : Direction::West;
  return rowOf(tile) < rowOf(destination) ? Direction::South : Direction::North;
}

// The largest part of the grid that links hold together; of equal ones the first.
std::vector<bool> Grid::reachable() const {
  const auto count = static_cast<std::size_t>(tiles());
  if (shape_.deadLinks.empty()) return std::vector<bool>(count, true);
  std::vector<std::int32_t> part(count, -1);
  std::vector<std::size_t> sizes;
  for (std::int32_t start = 0; start < tiles(); ++start) {
    if (part[static_cast<std::size_t>(start)] >= 0) continue;
    std::vector<std::int32_t> open{start};
    part[static_cast<std::size_t>(start)] = static_cast<std::int32_t>(sizes.size());
    std::size_t size = 0;
    for (; size < open.size(); ++size)
      for (const Direction direction : kDirections) {
        if (!works(open[size], direction)) continue;
        const std::int32_t other = *neighbour(open[size], direction);
        if (part[static_cast<std::size_t>(other)] >= 0) continue;
        part[static_cast<std::size_t>(other)] = static_cast<std::int32_t>(sizes.size());
        open.push_back(other);
      }
    sizes.push_back(size);
  }
  const auto largest =
      static_cast<std::int32_t>(std::max_element(sizes.begin(), sizes.end()) - sizes.begin());
  std::vector<bool> reached(count);
  for (std::size_t tile = 0; tile < count; ++tile) reached[tile] = part[tile] == largest;
  return reached;
}

WayTo::WayTo(const Grid& grid, std::int32_t destination)
    : grid_(grid), destination_(destination), straight_(grid.shape().deadLinks.empty()) {
  if (straight_) return;
  distance_.assign(static_cast<std::size_t>(grid.tiles()), -1);
  distance_[static_cast<std::size_t>(destination)] = 0;
  std::vector<std::int32_t> open{destination};
  for (std::size_t i = 0; i < open.size(); ++i)
    for (const Direction direction : kDirections) {
      if (!grid.works(open[i], direction)) continue;
      const auto other = static_cast<std::size_t>(*grid.neighbour(open[i], direction));
      if (distance_[other] >= 0) continue;
      distance_[other] = distance_[static_cast<std::size_t>(open[i])] + 1;
      open.push_back(static_cast<std::int32_t>(other));
    }
}

Direction WayTo::next(std::int32_t tile) const {
  const Direction straight = grid_.straight(tile, destination_);
  if (straight_) return straight;
  const auto nearer = [&](Direction direction) {
    return grid_.works(tile, direction) &&
           distance_[static_cast<std::size_t>(*grid_.neighbour(tile, direction))] ==
               distance_[static_cast<std::size_t>(tile)] - 1;
  };
  if (nearer(straight)) return straight;
  return *std::find_if(kDirections.begin(), kDirections.end(), nearer);
}

void RoutingTable::enter(const WayTo& way, std::int32_t destination) {
  for (const auto& [tile, direction] : way.detours()) enter(tile, destination, direction);
}

std::vector<std::pair<std::int32_t, Direction>> WayTo::detours() const {
  std::vector<std::pair<std::int32_t, Direction>> found;
  if (straight_) return found;
  for (std::int32_t tile = 0; tile < grid_.tiles(); ++tile) {
    if (tile == destination_ || !reaches(tile)) continue;
    if (const Direction direction = next(tile); direction != grid_.straight(tile, destination_))
      found.emplace_back(tile, direction);
  }
  return found;
}

}  // namespace rheo
