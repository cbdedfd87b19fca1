// The cost of a flow in closed form: one way along the source's row, one up or down in every column that has
// targets.
#include <algorithm>

#include "arrange/Arrange.h"

namespace rheo {

StraightCost::StraightCost(const Grid& grid)
    : grid_(grid),
      columnAt_(static_cast<std::size_t>(grid.columns())),
      rowAt_(static_cast<std::size_t>(grid.rows())),
      north_(static_cast<std::size_t>(grid.columns()), -1),
      south_(static_cast<std::size_t>(grid.columns()), -1) {
  for (std::int32_t column = 1; column < grid.columns(); ++column)
    columnAt_[static_cast<std::size_t>(column)] =
        columnAt_[static_cast<std::size_t>(column - 1)] + grid.hopsOf(column - 1, Direction::East);
  for (std::int32_t row = 1; row < grid.rows(); ++row)
    rowAt_[static_cast<std::size_t>(row)] =
        rowAt_[static_cast<std::size_t>(row - 1)] + grid.hopsOf((row - 1) * grid.columns(), Direction::South);
}

StraightCost::Place StraightCost::placeOf(std::int32_t core) {
  for (auto next = static_cast<std::int32_t>(places_.size()); next <= core; ++next) {
    const std::int32_t tile = grid_.tileOf(next);
    places_.push_back({grid_.columnOf(tile), grid_.rowOf(tile)});
  }
  return places_[static_cast<std::size_t>(core)];
}

double StraightCost::of(const Flow& flow, std::span<const std::int32_t> ids) {
  const Place source = placeOf(ids[static_cast<std::size_t>(flow.source)]);
  std::int32_t west = source.column, east = west;
  reached_.clear();
  for (const std::int32_t target : flow.targets) {
    const Place place = placeOf(ids[static_cast<std::size_t>(target)]);
    const auto column = static_cast<std::size_t>(place.column);
    if (north_[column] < 0) {
      reached_.push_back(static_cast<std::int32_t>(column));
      north_[column] = south_[column] = source.row;
    }
    north_[column] = std::min(north_[column], place.row);
    south_[column] = std::max(south_[column], place.row);
  }
  double hops = 0;
  for (const std::int32_t column : reached_) {
    west = std::min(west, column);
    east = std::max(east, column);
    std::int32_t& north = north_[static_cast<std::size_t>(column)];
    hops += rowAt_[static_cast<std::size_t>(south_[static_cast<std::size_t>(column)])] -
            rowAt_[static_cast<std::size_t>(north)];
    north = -1;
  }
  hops += columnAt_[static_cast<std::size_t>(east)] - columnAt_[static_cast<std::size_t>(west)];
  return hops * flow.rate;
}

double StraightCost::of(std::span<const Flow> flows, std::span<const std::int32_t> ids) {
  double hops = 0;
  for (const Flow& flow : flows) hops += of(flow, ids);
  return hops;
}

}  // namespace rheo
