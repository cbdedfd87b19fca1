// Tiles, dead parts and ways between them. SPEC I12.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "chip/Grid.h"
#include "chip/Traffic.h"

namespace rheo {
namespace {

GridShape shapeOf(std::int32_t columns, std::int32_t rows, std::int32_t coresPerTile = 1) {
  GridShape shape;
  shape.tileColumns = columns;
  shape.tileRows = rows;
  shape.coresPerTile = coresPerTile;
  shape.coresPerChip = columns * rows * coresPerTile;
  return shape;
}

// Links from tile to tile, nearest first, around what is dead: what WayTo is compared with.
int linksBetween(const Grid& grid, std::int32_t from, std::int32_t to) {
  std::set<std::int32_t> seen{from}, edge{from};
  for (int links = 0; !edge.empty(); ++links) {
    if (edge.contains(to)) return links;
    std::set<std::int32_t> next;
    for (const std::int32_t tile : edge)
      for (const Direction direction : kDirections)
        if (grid.works(tile, direction) && seen.insert(*grid.neighbour(tile, direction)).second)
          next.insert(*grid.neighbour(tile, direction));
    edge = next;
  }
  return -1;
}

TEST(Grid, i12_numbersTilesRowByRowAndCoresTileByTile) {
  GridShape shape = shapeOf(3, 2, 4);
  shape.chips = 4;
  shape.chipColumns = 2;
  const Grid grid(shape);
  EXPECT_EQ(grid.columns(), 6);
  EXPECT_EQ(grid.rows(), 4);
  EXPECT_EQ(grid.cores(), 96);
  EXPECT_EQ(grid.tileOf(0), 0);
  EXPECT_EQ(grid.tileOf(11), 2);
  EXPECT_EQ(grid.tileOf(12), 6);   // second row of the first chip
  EXPECT_EQ(grid.tileOf(24), 3);   // the second chip, beside it
  EXPECT_EQ(grid.tileOf(48), 12);  // the third, below
  EXPECT_EQ(grid.tileOf(95), 23);
  EXPECT_TRUE(grid.crossesChips(2, Direction::East));
  EXPECT_FALSE(grid.crossesChips(1, Direction::East));
  EXPECT_TRUE(grid.crossesChips(6, Direction::South));
  EXPECT_EQ(grid.hopsOf(2, Direction::East), 1);
}

TEST(Grid, i12_messagesGoAlongTheRowFirst) {
  const RoutingTable routing{Grid(shapeOf(4, 4))};
  std::vector<Direction> way;
  ASSERT_TRUE(routing.walk(0, 10, [&](std::int32_t, Direction direction) { way.push_back(direction); }));
  EXPECT_EQ(way, (std::vector{Direction::East, Direction::East, Direction::South, Direction::South}));
}

TEST(Grid, i12_waysAroundDeadLinksAreShortestAndArrive) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    GridShape shape = shapeOf(5, 4);
    for (int i = 0; i < 9; ++i) {
      const Grid grid(shape);
      const auto tile = static_cast<std::int32_t>(random() % 20);
      if (const auto other = grid.neighbour(tile, kDirections[random() % 4]))
        shape.deadLinks.push_back({tile, *other});
    }
    const Grid grid(shape);
    RoutingTable routing(grid);
    for (const std::int32_t core : grid.usableCores()) routing.enter(WayTo(grid, core), core);
    for (const std::int32_t from : grid.usableCores())
      for (const std::int32_t to : grid.usableCores()) {
        int links = 0;
        EXPECT_TRUE(routing.walk(from, to, [&](std::int32_t, Direction) { ++links; })) << seed;
        EXPECT_EQ(links, linksBetween(grid, from, to)) << seed << ": " << from << " to " << to;
      }
  }
}

TEST(Grid, i12_coresBehindDeadLinksAreNotUsed) {
  GridShape shape = shapeOf(3, 1);
  shape.deadLinks = {{1, 2}};
  EXPECT_EQ(Grid(shape).usableCores(), (std::vector<std::int32_t>{0, 1}));
  shape.deadCores = {0};
  EXPECT_EQ(Grid(shape).usableCores(), (std::vector<std::int32_t>{1}));
}

TEST(Grid, i12_usableCoresOfTilesAreAllUsableCores) {
  GridShape shape = shapeOf(3, 2, 4);
  shape.chips = 3;
  shape.chipColumns = 2;
  shape.coresPerChip -= 5;
  shape.deadCores = {2, 19, 25};
  shape.deadLinks = {{0, 1}};
  const Grid grid(shape);
  std::set<std::int32_t> all;
  for (std::int32_t tile = 0; tile < grid.tiles(); ++tile)
    for (const std::int32_t core : grid.usableCoresOf(tile)) {
      EXPECT_EQ(grid.tileOf(core), tile);
      EXPECT_TRUE(all.insert(core).second) << core;
    }
  EXPECT_EQ(std::vector<std::int32_t>(all.begin(), all.end()), grid.usableCores());
}

TEST(Traffic, messagesOfOneSpikeShareLinks) {
  const RoutingTable routing{Grid(shapeOf(3, 3))};
  const std::vector<std::int32_t> ids{0, 2, 5, 8};
  const std::vector<Flow> flows{{0, {1, 2, 3}, 2.0}};  // east, east, then south twice
  const Traffic traffic = trafficOf(flows, ids, routing);
  EXPECT_EQ(traffic.hops, 8);
  EXPECT_EQ(traffic.hopsAtLeast, 6);
  EXPECT_EQ(traffic.largestLoad, 2);
  EXPECT_EQ(traffic.links.size(), 4u);
}

TEST(Traffic, neuronsOfEqualTargetsAreOneFlow) {
  FlowCollector collector;
  collector.add(0, {2, 1, 2}, 1);
  collector.add(0, {1, 2, 0}, 3);
  collector.add(1, {1}, 5);
  const std::vector<Flow> flows = collector.take();
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0].targets, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(flows[0].rate, 4);
}

}  // namespace
}  // namespace rheo
