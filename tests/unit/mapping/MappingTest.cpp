// The mapper behind compile: neighbours share cores, limits hold, the better placement is taken, threads do
// not matter.
#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "../emit/Problems.h"
#include "mapping/Mapping.h"
#include "mapping/MappingText.h"

namespace rheo {
namespace {

using testing::Each;
using testing::HasSubstr;

const ChipSpec& tiny() { return *findBuiltinChip("tiny"); }

// A ring whose neurons reach `reach` neighbours on each side, numbered at random.
void addRing(Problem& problem, const std::string& name, int size, int reach, unsigned seed) {
  std::vector<int> at(static_cast<std::size_t>(size));
  std::iota(at.begin(), at.end(), 0);
  std::shuffle(at.begin(), at.end(), std::mt19937(seed));
  const int ring = problem.population(name, size);
  problem.connect(name + "->" + name, false, ring, ring, [&](int target, int source) {
    const int apart = std::abs(at[static_cast<std::size_t>(target)] - at[static_cast<std::size_t>(source)]);
    return std::min(apart, size - apart) <= reach ? 2 : 0;
  });
}

// Every neuron once, every core within the limits: of what was placed and of what its words say.
void expectSound(const Problem& problem, const Placement& placement, const ChipSpec& chip) {
  std::vector<std::vector<int>> held;
  for (const PopulationSpec& population : problem.populations)
    held.emplace_back(static_cast<std::size_t>(population.size), 0);
  for (const PlacedCore& core : placement.cores) {
    for (const CoreLimit& limit : coreLimits()) EXPECT_LE(core.use.*limit.use, chip.limit(limit.name).value);
    for (const PlacedSlice& slice : core.slices)
      for (int i = 0; i < slice.size(); ++i) {
        ++held[static_cast<std::size_t>(slice.population)][static_cast<std::size_t>(slice.neuron(i))];
        EXPECT_EQ(slice.find(slice.neuron(i)), i);
      }
  }
  for (const auto& population : held) EXPECT_THAT(population, Each(1));
  auto image = emitImage(problem, placement, chip, problem.metadata());  // counts what it emits
  ASSERT_TRUE(image) << image.error().diagnostics.front().message;
  auto program = decode(*image);
  EXPECT_TRUE(program) << program.error().diagnostics.front().message;
}

MappingOptions by(Mapper mapper) {
  MappingOptions options;
  options.mapper = mapper;
  return options;
}

TEST(Mapping, neighboursShareCores) {
  Problem problem(kLavaProfile);
  addRing(problem, "ring", 128, 1, 1);
  auto ordered = mapNetwork(problem, tiny(), by(Mapper::Order));
  auto chosen = mapNetwork(problem, tiny(), by(Mapper::Auto));
  ASSERT_TRUE(ordered && chosen);
  EXPECT_FALSE(ordered->report.byGraph);  // was not tried
  ASSERT_TRUE(chosen->report.mapped);
  expectSound(problem, chosen->placement, tiny());
  // Four arcs: two neurons of each send to the next arc, and two to the one before.
  EXPECT_EQ(chosen->report.byGraph->cores, 4);
  EXPECT_EQ(chosen->report.byGraph->connectivity, 8);
  EXPECT_GT(chosen->report.inOrder->connectivity, 100);
  EXPECT_LT(chosen->report.byGraph->hops, chosen->report.inOrder->hops / 4);
  EXPECT_LE(chosen->report.bound->value, chosen->report.byGraph->connectivity);
  const auto told = assumptionOf(chosen->report);
  ASSERT_TRUE(told);
  EXPECT_THAT(told->why, HasSubstr("by the mapper: 4 cores, connectivity 8"));
  EXPECT_EQ(told->howToChange, "--mapper order");
  EXPECT_FALSE(assumptionOf(ordered->report));
}

TEST(Mapping, findsRoomWherePopulationsInOrderHaveNone) {
  Problem problem(kLavaProfile);
  addRing(problem, "ring", 320, 3, 2);  // any 32 neurons in order read far more than a core's 64 axons
  EXPECT_FALSE(mapNetwork(problem, tiny(), by(Mapper::Order)));
  auto chosen = mapNetwork(problem, tiny(), by(Mapper::Auto));
  ASSERT_TRUE(chosen) << chosen.error().diagnostics.front().message;
  EXPECT_TRUE(chosen->report.mapped);
  EXPECT_FALSE(chosen->report.inOrder);
  expectSound(problem, chosen->placement, tiny());
}

TEST(Mapping, whatIsNoBetterIsNotTaken) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 8), a = problem.population("a", 64);
  problem.connect("w", true, in, a, [](int, int) { return 2; });  // all to all: any half is like any other
  auto chosen = mapNetwork(problem, tiny(), by(Mapper::Auto));
  auto forced = mapNetwork(problem, tiny(), by(Mapper::Graph));
  ASSERT_TRUE(chosen && forced);
  EXPECT_FALSE(chosen->report.mapped);
  EXPECT_TRUE(forced->report.mapped);
  EXPECT_EQ(chosen->placement.cores.size(), 2u);
  EXPECT_EQ(assumptionOf(chosen->report)->howToChange, "--mapper graph");
  expectSound(problem, forced->placement, tiny());
}

TEST(Mapping, whatDoesNotFitAsTheMapperSaysIsPlacedInOrder) {
  ChipSpec two = tiny();
  for (const auto& [name, value] : {std::pair{"cores", 2}, {"tile_columns", 2}, {"tile_rows", 1}})
    two.limits.at(name).value = value;
  two.limits.at("profiles_per_core").value = 1;  // of which the mapper knows nothing
  Problem problem(kLavaProfile);
  const int a = problem.population("a", 32), b = problem.population("b", 32);
  problem.populations.back().registers["reset_mode"] = {2};
  problem.connect("ab", false, a, b, [](int t, int s) { return t == s ? 2 : 0; });
  problem.connect("ba", false, b, a, [](int t, int s) { return t / 2 == s / 2 ? 2 : 0; });
  auto mapping = mapNetwork(problem, two, by(Mapper::Graph));
  ASSERT_TRUE(mapping) << mapping.error().diagnostics.front().message;
  EXPECT_FALSE(mapping->report.mapped || mapping->report.byGraph);
  EXPECT_THAT(mapping->report.refused, HasSubstr("cores"));
  EXPECT_THAT(assumptionOf(mapping->report)->why, HasSubstr("by the mapper: does not fit"));
  expectSound(problem, mapping->placement, two);
}

TEST(Mapping, whatLiesOnOneCoreIsNotAsked) {
  Problem problem(kLavaProfile);
  addRing(problem, "ring", 20, 2, 3);
  auto chosen = mapNetwork(problem, tiny(), by(Mapper::Auto));
  ASSERT_TRUE(chosen);
  EXPECT_FALSE(chosen->report.inOrder || chosen->report.byGraph);
}

TEST(Mapping, ratesDecideWhoStaysTogether) {
  // Forty neurons are paired in two ways, each pair driven by a neuron of its own: the pairs of busy ones
  // stay together, whichever they are.
  Problem problem(kLavaProfile);
  const int all = problem.population("all", 40);
  const int even = problem.population("even", 20), far = problem.population("far", 20);
  problem.connect("neighbours", false, even, all, [](int t, int s) { return t / 2 == s ? 2 : 0; });
  problem.connect("halves", false, far, all, [](int t, int s) { return t * 17 % 40 / 2 == s ? 2 : 0; });
  MappingOptions options = by(Mapper::Graph);
  for (const char* quiet : {"even", "far"}) {
    options.rates = {{quiet, std::vector<double>(20, 0.01)}};
    auto mapped = mapNetwork(problem, tiny(), options);
    ASSERT_TRUE(mapped);
    EXPECT_GT(mapped->report.byGraph->connectivity, 0) << quiet;
    EXPECT_LT(mapped->report.byGraph->connectivity, 1) << quiet;
  }
}

TEST(Mapping, threadsAndRepetitionChangeNothing) {
  Problem problem(kLavaProfile);
  addRing(problem, "ring", 120, 2, 4);
  addRing(problem, "other", 40, 2, 5);
  MappingOptions options = by(Mapper::Graph);
  std::vector<std::vector<std::vector<std::int32_t>>> seen;
  for (const int threads : {1, 2, 5, 0}) {
    options.threads = threads;
    auto mapped = mapNetwork(problem, tiny(), options);
    ASSERT_TRUE(mapped);
    auto& cores = seen.emplace_back();
    for (const PlacedCore& core : mapped->placement.cores) {
      cores.push_back({core.id});
      for (const PlacedSlice& slice : core.slices)
        for (int i = 0; i < slice.size(); ++i) cores.back().push_back(slice.neuron(i));
    }
  }
  EXPECT_THAT(seen, Each(seen.front()));
}

// Several models, ports, delays, feature maps and formats: what the mapper does not know is put right.
TEST(Mapping, limitsHoldOfAnyNetwork) {
  int mapped = 0, refused = 0;
  for (unsigned seed = 0; seed < 24; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Problem problem(kLavaProfile);
    const int in = problem.input("in", 1 + below(20));
    const int populations = 1 + below(4);
    constexpr const char* kModels[] = {"lif", "cuba_lif", "integrate_and_fire"};
    for (int p = 0; p < populations; ++p) {
      const int size = 1 + below(60);
      problem.population("p" + std::to_string(p), size, kModels[below(3)]);
      auto& registers = problem.populations.back().registers;
      if (below(2)) {
        registers["reset_mode"].clear();  // a profile of its own
        for (int i = 0; i < size; ++i) registers["reset_mode"].push_back(below(3));
      }
    }
    const int density = 1 + below(30);
    const auto some = [&](int, int) { return below(100) < density ? 2 : 0; };
    problem.connect("in", true, in, below(populations), some);
    for (int k = below(6); k > 0; --k) {
      ProjectionSpec& made =
          problem.connect("w" + std::to_string(k), false, below(populations), below(populations), some);
      made.delay = below(4);
    }
    if (below(3) == 0) {
      const Convolution map{1, 2, 1, {8, 8, 3, 1, 1, 1}, {8, 8, 3, 1, 1, 1}};
      const int image = problem.input("image", 64), features = problem.population("features", 128);
      problem.convolve("c", true, image, features, map, [](int i) { return 2 + i; });
      problem.connect("pooled", false, features, 0, some);
    }
    auto result = mapNetwork(problem, tiny(), by(Mapper::Graph));
    if (!result) {
      ++refused;
      continue;
    }
    mapped += result->report.mapped;
    expectSound(problem, result->placement, tiny());
  }
  EXPECT_GT(mapped, 12) << refused << " refused";
}

TEST(Mapping, namesOfMappers) {
  EXPECT_EQ(*mapperOf("graph"), Mapper::Graph);
  auto unknown = mapperOf("grap");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().diagnostics.front().code, "R0690");
  EXPECT_THAT(unknown.error().diagnostics.front().remedy, HasSubstr("graph"));
}

}  // namespace
}  // namespace rheo
