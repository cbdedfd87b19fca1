// The mapper: near the optimum where that can be enumerated, within every limit always, the same on any
// number of threads, and clear where nothing fits.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>

#include "Graphs.h"
#include "partition/Partition.h"
#include "partition/Tridiagonal.h"

namespace rheo::partition {
namespace {

using testing::HasSubstr;

Limits limitsOf(std::uint64_t neurons, std::uint64_t axons = kUnlimited, std::uint64_t cores = kUnlimited) {
  Limits limits;
  limits.perCore = {neurons, axons, kUnlimited};
  limits.cores = cores;
  return limits;
}

bool holds(const Hypergraph& graph, const Limits& limits, const std::vector<Index>& coreOf, Index cores) {
  const std::vector<CoreUse> uses = usesOf(graph, limits, coreOf, cores);
  return cores <= limits.cores && std::all_of(uses.begin(), uses.end(), [&](const CoreUse& use) {
           return use.neurons > 0 && use.within(limits.perCore);
         });
}

CoreMap mapped(const Hypergraph& graph, const Limits& limits, Options options = {}) {
  auto map = mapToCores(graph, limits, options);
  EXPECT_TRUE(map) << (map ? "" : map.error().diagnostics.front().message);
  if (!map) return {};
  EXPECT_TRUE(holds(graph, limits, map->coreOf, map->cores));
  EXPECT_NEAR(map->connectivity, connectivityOf(graph, map->coreOf), 1e-9 * (1 + map->connectivity));
  EXPECT_GE(map->connectivity, map->bounds.connectivity.value);
  EXPECT_GE(map->cores, map->bounds.cores.value);
  return *std::move(map);
}

// The least connectivity of all partitions, cores numbered by their first vertex.
double optimum(const Hypergraph& graph, const Limits& limits) {
  double best = std::numeric_limits<double>::infinity();
  std::vector<Index> coreOf(graph.vertices(), 0);
  const auto assign = [&](auto& self, Index vertex, Index cores) -> void {
    if (vertex == graph.vertices()) {
      if (holds(graph, limits, coreOf, cores)) best = std::min(best, connectivityOf(graph, coreOf));
      return;
    }
    for (Index core = 0; core <= cores; ++core) {
      coreOf[vertex] = core;
      self(self, vertex + 1, std::max(cores, core + 1));
    }
  };
  assign(assign, 0, 0);
  return best;
}

TEST(MapToCores, findsTheOptimumOfSmallGraphs) {
  int optimal = 0, cases = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const Hypergraph graph = randomGraph(8, 3, seed);
    const Limits limits = limitsOf(3 + seed % 2, 9);
    const double best = optimum(graph, limits);
    const CoreMap map = mapped(graph, limits);
    EXPECT_LE(map.connectivity, 1.25 * best + 1e-9) << seed;
    optimal += map.connectivity <= best + 1e-9;
    ++cases;
  }
  EXPECT_GE(optimal, cases * 3 / 4);
}

// Groups that talk among themselves, and little to the next.
Hypergraph groups(Index count, Index size) {
  std::vector<std::vector<Index>> edges;
  std::vector<double> weights;
  for (Index vertex = 0; vertex < count * size; ++vertex) {
    // Neighbours in number are strangers: a group's vertices lie `count` apart.
    std::vector<Index> pins{vertex};
    for (Index step = 1; step < size; ++step) pins.push_back((vertex + step * count) % (count * size));
    edges.push_back(pins);
    weights.push_back(1);
    if (vertex < count) {
      edges.push_back({vertex, (vertex + 1) % count});
      weights.push_back(0.25);
    }
  }
  return graphOf(count * size, edges, weights);
}

TEST(MapToCores, findsGroups) {
  const Hypergraph graph = groups(12, 20);
  const CoreMap map = mapped(graph, limitsOf(20));
  EXPECT_EQ(map.cores, 12U);
  EXPECT_DOUBLE_EQ(map.connectivity, 12 * 0.25);
}

TEST(MapToCores, theSameOnAnyNumberOfThreads) {
  const Hypergraph graph = randomGraph(700, 12, 4);
  const Limits limits = limitsOf(64, 420);
  const auto run = [&](int threads, std::uint64_t seed) {
    Options options;
    options.threads = threads;
    options.seed = seed;
    options.effort = 1;
    return mapped(graph, limits, options).coreOf;
  };
  const auto one = run(1, 3);
  EXPECT_EQ(run(1, 3), one);
  EXPECT_EQ(run(2, 3), one);
  EXPECT_EQ(run(5, 3), one);
  EXPECT_NE(run(1, 4), one);
}

TEST(MapToCores, everyLimitBinds) {
  const Hypergraph graph = randomGraph(300, 20, 8);
  EXPECT_EQ(mapped(graph, limitsOf(300)).cores, 1U);
  EXPECT_EQ(mapped(graph, limitsOf(30)).cores, 10U);
  const CoreMap byAxons = mapped(graph, limitsOf(300, 120));
  EXPECT_GT(byAxons.cores, 3U);
  EXPECT_LE(byAxons.most.axons, 120U);
  Limits limits = limitsOf(300);
  limits.perCore.words = 200;
  limits.memory = {10, 9, 64};
  const CoreMap byWords = mapped(graph, limits);
  EXPECT_LE(byWords.most.words, 200U);
  EXPECT_GT(byWords.most.words, 150U);
}

TEST(MapToCores, vertexWeightsCount) {
  const Hypergraph graph = graphOf(4, {{0, 1, 2, 3}}, {1}, {5, 1, 5, 0});
  const CoreMap map = mapped(graph, limitsOf(6));
  EXPECT_EQ(map.cores, 2U);
  EXPECT_NE(map.coreOf[0], map.coreOf[2]);
}

TEST(MapToCores, oddGraphsAreMapped) {
  EXPECT_EQ(mapped(graphOf(0, {}), limitsOf(4)).cores, 0U);
  EXPECT_EQ(mapped(graphOf(1, {{0}}), limitsOf(4)).cores, 1U);
  EXPECT_EQ(mapped(graphOf(2, {{0, 1}}), limitsOf(1)).connectivity, 1);
  EXPECT_EQ(mapped(graphOf(100, {}), limitsOf(9)).cores, 12U);  // nothing but silent vertices
  EXPECT_EQ(mapped(graphOf(9, {{0}, {1}, {2}, {0, 0}}), limitsOf(3)).connectivity, 0);
  EXPECT_EQ(mapped(graphOf(6, {{0, 1, 2}, {3, 4, 5}}, {0, 0}), limitsOf(3)).connectivity, 0);
  std::vector<Index> all;
  for (Index vertex = 0; vertex < 1000; ++vertex) all.push_back(vertex);
  EXPECT_EQ(mapped(graphOf(1000, {all}, {2}), limitsOf(100)).connectivity, 2 * 9);
}

TEST(MapToCores, layersThatFeedForward) {
  // Dense layers: every core of a layer needs all axons of the one before.
  std::vector<std::vector<Index>> edges;
  const Index size = 64, layers = 6;
  for (Index vertex = 0; vertex < size * (layers - 1); ++vertex) {
    edges.push_back({vertex});
    for (Index target = 0; target < size; ++target)
      edges.back().push_back((vertex / size + 1) * size + target);
  }
  const CoreMap map = mapped(graphOf(size * layers, edges), limitsOf(64, 64));
  EXPECT_EQ(map.cores, 6U);
  EXPECT_LE(map.connectivity, size * (layers - 1.0));
}

TEST(MapToCores, findsCompactTilesOfAGrid) {
  const Index side = 48;
  std::vector<std::vector<Index>> edges;
  for (Index y = 0; y < side; ++y)
    for (Index x = 0; x < side; ++x) {
      edges.push_back({y * side + x});
      if (x + 1 < side) edges.back().push_back(y * side + x + 1);
      if (x > 0) edges.back().push_back(y * side + x - 1);
      if (y + 1 < side) edges.back().push_back((y + 1) * side + x);
      if (y > 0) edges.back().push_back((y - 1) * side + x);
    }
  // Sixteen squares cost twice the length of the six lines between them.
  const CoreMap map = mapped(graphOf(side * side, edges), limitsOf(side * side / 16));
  EXPECT_EQ(map.cores, 16U);
  EXPECT_LE(map.connectivity, 1.1 * 2 * 6 * side);
}

TEST(MapToCores, coresThatShareAllAxonsDoNotGrowTogether) {
  // Every vertex hears from nearly all: a core's axons hardly grow with its vertices.
  const Hypergraph graph = randomGraph(400, 120, 7);
  const CoreMap map = mapped(graph, limitsOf(400, 200));
  EXPECT_LE(map.cores, 120U);
}

TEST(MapToCores, whatNoCoreHoldsIsNamed) {
  const Hypergraph graph = graphOf(4, {{0, 3}, {1, 3}, {2, 3}}, {}, {1, 1, 1, 9});
  const auto axons = mapToCores(graph, limitsOf(9, 2), {});
  ASSERT_FALSE(axons);
  EXPECT_EQ(axons.error().kind, ErrorKind::Compile);
  EXPECT_EQ(axons.error().diagnostics.front().where, "vertex 4");
  EXPECT_EQ(axons.error().diagnostics.front().value, 3);
  EXPECT_EQ(axons.error().diagnostics.front().limit, 2);
  const auto weight = mapToCores(graph, limitsOf(8), {});
  ASSERT_FALSE(weight);
  EXPECT_THAT(weight.error().diagnostics.front().message, HasSubstr("9 is its weight"));
  Limits words = limitsOf(9);
  words.perCore.words = 2;
  words.memory = {10, 9, 64};
  EXPECT_FALSE(mapToCores(graph, words, {}));
}

TEST(MapToCores, tooFewCoresAreCounted) {
  const Hypergraph graph = randomGraph(100, 4, 2);
  const auto counted = mapToCores(graph, limitsOf(10, kUnlimited, 9), {});
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().diagnostics.front().value, 10);
  EXPECT_THAT(counted.error().diagnostics.front().message, HasSubstr("there are 9"));
  EXPECT_TRUE(mapToCores(graph, limitsOf(10, kUnlimited, 10), {}));
}

TEST(MapToCores, stopsWhenTold) {
  std::atomic<bool> cancel = false;
  double last = 0;
  Options options;
  options.cancel = &cancel;
  options.progress = [&](double done, double) {
    EXPECT_GT(done, last);
    EXPECT_LT(done, 1);
    last = done;
    cancel = done > 0.2;
  };
  const auto map = mapToCores(randomGraph(400, 10, 2), limitsOf(32), options);
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().kind, ErrorKind::Undecided);
}

TEST(MapToCores, optionsOutOfRangeAreRefused) {
  const Hypergraph graph = randomGraph(10, 2, 2);
  Options options;
  options.effort = 0;
  EXPECT_FALSE(mapToCores(graph, limitsOf(3), options));
  options.effort = 1;
  options.threads = 0;
  EXPECT_FALSE(mapToCores(graph, limitsOf(3), options));
}

TEST(Bounds, countEdgesLargerThanACore) {
  const Bounds bounds = lowerBounds(graphOf(7, {{0, 1, 2, 3, 4, 5, 6}, {1, 2}}, {2, 5}), limitsOf(3, 1));
  EXPECT_EQ(bounds.connectivity.value, 2 * 2);
  EXPECT_EQ(bounds.cores.value, 3);
  // Four vertices that have four synapses each, on cores of words for eight: two of them fill one.
  const Hypergraph full = graphOf(4, {{0, 1, 2, 3}, {0, 1, 2, 3}, {0, 1, 2, 3}, {0, 1, 2, 3}}, {1, 2, 3, 4});
  Limits limits = limitsOf(4);
  limits.perCore.words = 8;
  limits.memory = {0, 32, 32};
  EXPECT_EQ(lowerBounds(full, limits).connectivity.value, 1 + 2 + 3 + 4);
  limits.perCore.words = 16;
  EXPECT_EQ(lowerBounds(full, limits).connectivity.value, 0);
  EXPECT_EQ(lowerBounds(graphOf(2, {{0, 1}}), limitsOf(0)).cores.value, 2);
  EXPECT_EQ(lowerBounds(graphOf(0, {}), limitsOf(3)).cores.reason, "there is no vertex");
}

TEST(Tridiagonal, thePathsModesAreCosines) {
  const int size = 20;
  const auto pairs = largestEigenPairs(std::vector<double>(size, 0), std::vector<double>(size, 1), 3);
  ASSERT_EQ(pairs.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(pairs[i].value, 2 * std::cos(M_PI * (i + 1) / (size + 1)), 1e-12);
    const double ratio = pairs[i].vector[1] / pairs[i].vector[0];
    EXPECT_NEAR(ratio, 2 * std::cos(M_PI * (i + 1) / (size + 1)), 1e-9);
  }
}

}  // namespace
}  // namespace rheo::partition
