// What is counted by each move against what is counted anew, and offers against moves made.
#include <gmock/gmock.h>

#include <map>

#include "Graphs.h"
#include "partition/Assignment.h"
#include "partition/Offers.h"

namespace rheo::partition {
namespace {

constexpr Index kCores = 7;
constexpr double kRounding = 1e-4;  // gains are sums of floats

Limits memoryLimits() {
  Limits limits;
  limits.perCore = {1000, 1000, 1000};
  limits.memory = {12, 9, 64};
  return limits;
}

void expectCountedRight(const Assignment& assignment) {
  const auto expected = usesOf(assignment.graph(), assignment.limits(), assignment.coresOf(), kCores);
  for (Index core = 0; core < kCores; ++core) EXPECT_EQ(assignment.use(core), expected[core]) << core;
  EXPECT_DOUBLE_EQ(assignment.connectivity(), connectivityOf(assignment.graph(), assignment.coresOf()));
}

std::vector<Index> randomCores(const Hypergraph& graph, std::mt19937& random) {
  std::vector<Index> cores(graph.vertices());
  for (Index& core : cores) core = random() % kCores;
  return cores;
}

TEST(SynapseMemory, listsFillWholeWords) {
  const SynapseMemory memory{10, 9, 64};
  EXPECT_EQ(memory.words(0), 0U);
  EXPECT_EQ(memory.words(1), 1U);
  EXPECT_EQ(memory.words(6), 1U);
  EXPECT_EQ(memory.words(7), 2U);
  EXPECT_EQ(SynapseMemory{}.words(5), 0U);
}

TEST(Assignment, movesKeepEveryCount) {
  std::mt19937 random(5);
  const Limits limits = memoryLimits();
  for (unsigned seed = 0; seed < 5; ++seed) {
    const Hypergraph graph = randomGraph(60, 30, seed);
    Assignment assignment(graph, limits, randomCores(graph, random), kCores);
    expectCountedRight(assignment);
    for (int i = 0; i < 500; ++i) assignment.move(random() % 60, random() % kCores);
    expectCountedRight(assignment);
  }
}

TEST(Offers, sayWhatAMoveThenDoes) {
  std::mt19937 random(6);
  const Limits limits = memoryLimits();
  const Hypergraph graph = randomGraph(50, 20, 9);
  Assignment assignment(graph, limits, randomCores(graph, random), kCores);
  Offers offers;
  for (int i = 0; i < 2000; ++i) {
    const Index vertex = random() % 50, core = random() % kCores, home = assignment.coreOf(vertex);
    if (core == home) continue;
    offers.gather(assignment, vertex);
    const CoreUse there = assignment.use(core), here = assignment.use(home);
    const double before = assignment.connectivity();
    assignment.move(vertex, core);
    EXPECT_NEAR(before - assignment.connectivity(), offers.gain(core) * assignment.unit(),
                kRounding * before);
    EXPECT_EQ(assignment.use(core).neurons, there.neurons + offers.added(core).neurons);
    EXPECT_EQ(assignment.use(core).axons, there.axons + offers.added(core).axons);
    EXPECT_EQ(assignment.use(core).words, there.words + offers.added(core).words);
    EXPECT_EQ(assignment.use(home).neurons, here.neurons - offers.freed().neurons);
    EXPECT_EQ(assignment.use(home).axons, here.axons - offers.freed().axons);
    EXPECT_EQ(assignment.use(home).words, here.words - offers.freed().words);
  }
}

TEST(Assignment, edgesMayTouchMoreCoresThanTheyDidAtFirst) {
  std::vector<Index> pins;
  for (Index vertex = 0; vertex < 300; ++vertex) pins.push_back(vertex);
  const Hypergraph graph = graphOf(300, {pins});
  const Limits limits;
  Assignment assignment(graph, limits, std::vector<Index>(300, 0), 300);
  for (Index vertex = 0; vertex < 300; ++vertex) assignment.move(vertex, 299 - vertex);
  EXPECT_EQ(assignment.connectivity(), 299);
  for (Index vertex = 0; vertex < 300; ++vertex) assignment.move(vertex, 4);
  EXPECT_EQ(assignment.connectivity(), 0);
  EXPECT_EQ(assignment.use(4).axons, 1U);
}

TEST(Assignment, excessIsWhatExceedsTheLimits) {
  Limits limits;
  limits.perCore = {2, 1, kUnlimited};
  const Hypergraph graph = graphOf(4, {{0, 1, 2}, {1, 2}, {3, 0}});
  const Assignment assignment(graph, limits, {0, 0, 0, 1}, 2);
  EXPECT_EQ(assignment.excess(), (CoreUse{1, 2, 0}));
  EXPECT_FALSE(assignment.withinLimits());
}

}  // namespace
}  // namespace rheo::partition
