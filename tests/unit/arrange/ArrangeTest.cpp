// Arrangements against walked ways, bounds and exact optima. SPEC I12.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "arrange/Arrange.h"

namespace rheo {
namespace {

GridShape shapeOf(std::int32_t columns, std::int32_t rows) {
  GridShape shape;
  shape.tileColumns = columns;
  shape.tileRows = rows;
  shape.coresPerChip = columns * rows;
  return shape;
}

// Each core sends to some others, nearer ones of a hidden order more often.
std::vector<Flow> randomFlows(std::int32_t cores, int perCore, std::mt19937& random) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(cores));
  for (std::int32_t i = 0; i < cores; ++i) order[static_cast<std::size_t>(i)] = i;
  std::shuffle(order.begin(), order.end(), random);
  FlowCollector flows;
  for (std::int32_t at = 0; at < cores; ++at)
    for (int f = 0; f < perCore; ++f) {
      std::vector<std::int32_t> targets;
      for (unsigned n = 1 + random() % 3; n > 0; --n) {
        const auto far = static_cast<std::int32_t>(1 + random() % 4);
        targets.push_back(order[static_cast<std::size_t>((at + far) % cores)]);
      }
      flows.add(order[static_cast<std::size_t>(at)], targets, 0.1 + static_cast<double>(random() % 100) / 10);
    }
  return flows.take();
}

TEST(Arrange, i12_closedCostEqualsWalkedWays) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    GridShape shape = shapeOf(3, 2);
    shape.chips = 4;
    shape.chipColumns = 2;
    shape.chipLinkHops = 7;
    const Grid grid(shape);
    std::vector<std::int32_t> ids = grid.usableCores();
    std::shuffle(ids.begin(), ids.end(), random);
    const std::vector<Flow> flows = randomFlows(20, 5, random);
    EXPECT_NEAR(StraightCost(grid).of(flows, ids), trafficOf(flows, ids, RoutingTable(grid)).hops, 1e-6)
        << seed;
  }
}

TEST(Arrange, reachesTheExactOptimumOfSmallGrids) {
  double worst = 1;
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::mt19937 random(seed);
    const bool small = seed % 3 != 0;
    const Grid grid(small ? shapeOf(3, 2) : shapeOf(3, 3));
    const std::int32_t cores = grid.cores();
    const std::vector<Flow> flows = randomFlows(cores, 2, random);
    StraightCost straight(grid);
    std::vector<std::int32_t> ids = grid.usableCores();
    double optimum = straight.of(flows, ids);
    while (std::next_permutation(ids.begin(), ids.end()))
      optimum = std::min(optimum, straight.of(flows, ids));
    worst = std::max(worst, straight.of(flows, arrange(flows, cores, grid, seed)) / optimum);
  }
  EXPECT_LE(worst, 1.03);
}

TEST(Arrange, beatsTheOrderOfCoresAndKeepsTheBound) {
  for (unsigned seed = 0; seed < 3; ++seed) {
    std::mt19937 random(seed);
    const Grid grid(shapeOf(8, 8));
    const std::vector<Flow> flows = randomFlows(60, 3, random);
    const RoutingTable routing(grid);
    const Traffic arranged = trafficOf(flows, arrange(flows, 60, grid), routing);
    EXPECT_LE(arranged.hops, 0.75 * trafficOf(flows, arrangeInOrder(60, grid), routing).hops);
    EXPECT_GE(arranged.hops, arranged.hopsAtLeast);
  }
}

TEST(Arrange, usesEachWorkingCoreOnceAndDependsOnTheSeedAlone) {
  std::mt19937 random(3);
  GridShape shape = shapeOf(4, 4);
  shape.deadCores = {0, 5, 6};
  shape.deadLinks = {{1, 2}};
  const Grid grid(shape);
  const std::vector<Flow> flows = randomFlows(13, 3, random);
  std::vector<std::int32_t> ids = arrange(flows, 13, grid, 1);
  EXPECT_EQ(ids, arrange(flows, 13, grid, 1));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, grid.usableCores());
}

TEST(Arrange, aCurveIsConnected) {
  const Grid grid(shapeOf(8, 8));
  const std::vector<std::int32_t> ids = arrangeAlongCurve(64, grid);
  for (std::size_t i = 1; i < ids.size(); ++i)
    EXPECT_EQ(std::abs(grid.columnOf(ids[i]) - grid.columnOf(ids[i - 1])) +
                  std::abs(grid.rowOf(ids[i]) - grid.rowOf(ids[i - 1])),
              1)
        << i;
}

// Number of a tile along the Hilbert curve, from the tile: the other way round than the product goes.
std::int64_t alongCurve(std::int64_t side, std::int64_t column, std::int64_t row) {
  std::int64_t number = 0;
  for (std::int64_t half = side / 2; half > 0; half /= 2) {
    const bool right = (column & half) != 0, low = (row & half) != 0;
    number += half * half * (right ? (low ? 2 : 3) : (low ? 1 : 0));
    if (low) continue;
    if (right) {
      column = side - 1 - column;
      row = side - 1 - row;
    }
    std::swap(column, row);
  }
  return number;
}

TEST(Arrange, theCurveVisitsUsableCoresInOrderWhateverTheGrid) {
  std::vector<GridShape> shapes{shapeOf(8, 8), shapeOf(5, 3), shapeOf(1, 3000), shapeOf(700, 2)};
  GridShape several = shapeOf(3, 5);
  several.chips = 5;
  several.chipColumns = 2;
  several.coresPerTile = 4;
  several.coresPerChip = 3 * 5 * 4 - 6;  // the last tile of a chip has none
  several.deadCores = {0, 7, 60, 61, 62, 63};
  several.deadLinks = {{0, 1}, {0, 6}};  // what lies behind them is not reached
  shapes.push_back(several);
  for (const GridShape& shape : shapes) {
    const Grid grid(shape);
    std::int64_t side = 1;
    while (side < std::max(grid.columns(), grid.rows())) side *= 2;
    std::vector<std::pair<std::int64_t, std::int32_t>> order;
    for (const std::int32_t core : grid.usableCores()) {
      const std::int32_t tile = grid.tileOf(core);
      order.emplace_back(alongCurve(side, grid.columnOf(tile), grid.rowOf(tile)), core);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::int32_t> expected;
    for (const auto& [number, core] : order) expected.push_back(core);
    EXPECT_EQ(arrangeAlongCurve(static_cast<std::int32_t>(expected.size()), grid), expected);
    expected.resize(expected.size() / 3);
    EXPECT_EQ(arrangeAlongCurve(static_cast<std::int32_t>(expected.size()), grid), expected);
  }
}

}  // namespace
}  // namespace rheo
