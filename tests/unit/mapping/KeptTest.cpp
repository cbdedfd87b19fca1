// What stays on its core after a change, and what does not.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "../emit/Problems.h"
#include "mapping/Kept.h"
#include "mapping/Mapping.h"

namespace rheo {
namespace {

using Homes = std::map<std::pair<std::string, std::int32_t>, std::int32_t>;  // neuron -> id of its core

const ChipSpec& tiny() { return *findBuiltinChip("tiny"); }

Image imageOf(const Problem& problem, const Placement& placement, const ChipSpec& chip) {
  auto image = emitImage(problem, placement, chip, problem.metadata());
  EXPECT_TRUE(image) << (image ? "" : image.error().diagnostics.front().message);
  return *std::move(image);
}

Homes homesOf(const Image& image) {
  Homes homes;
  const auto program = decode(image);
  EXPECT_TRUE(program);
  for (const Core& core : program->cores)
    for (const CompartmentSlice& slice : core.slices)
      for (std::int32_t i = 0; i < slice.count; ++i)
        homes[{program->populations[static_cast<std::size_t>(slice.population)].name,
               slice.firstNeuron + i}] = core.id;
  return homes;
}

Image firstImage(const Problem& problem, const ChipSpec& chip, Mapper mapper = Mapper::Order) {
  MappingOptions options;
  options.mapper = mapper;
  auto mapping = mapNetwork(problem, chip, options);
  EXPECT_TRUE(mapping) << (mapping ? "" : mapping.error().diagnostics.front().message);
  return imageOf(problem, mapping->placement, chip);
}

Expected<Mapping> again(const Problem& problem, const ChipSpec& chip, const Image& old) {
  auto kept = keptOf(old, problem, chip);
  if (!kept) return kept.error();
  MappingOptions options;
  options.kept = *std::move(kept);
  return mapNetwork(problem, chip, options);
}

// Layers of these sizes, each sparsely read by the next; weights as the layer's seed says.
void addLayers(Problem& problem, const std::vector<int>& sizes, const std::vector<unsigned>& seeds) {
  const int in = problem.input("in", 20);
  for (std::size_t layer = 0; layer < sizes.size(); ++layer) {
    const int target = problem.population("layer" + std::to_string(layer), sizes[layer]);
    std::mt19937 random(seeds[layer]);
    problem.connect("w" + std::to_string(layer), layer == 0, layer == 0 ? in : target - 1, target,
                    [&](int, int) { return random() % 4 == 0 ? 2 * static_cast<int>(random() % 60) : 0; });
  }
}

TEST(Kept, whatDidNotChangeStays) {
  for (const Mapper mapper : {Mapper::Order, Mapper::Graph}) {
    Problem before(kLavaProfile), reweighed(kLavaProfile), resized(kLavaProfile);
    addLayers(before, {20, 20, 20, 20}, {1, 2, 3, 4});
    addLayers(reweighed, {20, 20, 20, 20}, {1, 2, 9, 4});
    addLayers(resized, {20, 20, 32, 20}, {1, 2, 9, 8});
    const Image old = firstImage(before, tiny(), mapper);
    const Homes were = homesOf(old);
    for (const Problem* changed : {&reweighed, &resized}) {
      auto mapping = again(*changed, tiny(), old);
      ASSERT_TRUE(mapping) << mapping.error().diagnostics.front().message;
      const Homes are = homesOf(imageOf(*changed, mapping->placement, tiny()));
      std::int64_t kept = 0, added = 0;
      for (const auto& [neuron, core] : are) {
        const bool known = changed == &reweighed || neuron.first != "layer2";
        kept += known && core == were.at(neuron);
        added += !known;
      }
      EXPECT_EQ(mapping->report.kept->kept, kept);
      EXPECT_EQ(mapping->report.kept->added, added);
      EXPECT_EQ(mapping->report.kept->kept + mapping->report.kept->moved, std::ssize(are) - added);
      EXPECT_TRUE(mapper != Mapper::Order || mapping->report.kept->moved == 0);
    }
  }
}

TEST(Kept, newNeuronsTakeFreeCoresFirst) {
  Problem before(kLavaProfile), longer(kLavaProfile);
  addLayers(before, {20, 20}, {1, 2});
  addLayers(longer, {20, 20, 5}, {1, 2, 3});
  const Image old = firstImage(before, tiny());
  auto mapping = again(longer, tiny(), old);
  ASSERT_TRUE(mapping);
  const Homes were = homesOf(old), are = homesOf(imageOf(longer, mapping->placement, tiny()));
  for (const auto& [neuron, core] : were) EXPECT_NE(core, are.at({"layer2", 0})) << neuron.first;
  // Where there are none, gaps.
  ChipSpec small = tiny();
  small.limits.at("cores").value = 2;
  small.limits.at("tile_columns").value = 2;
  small.limits.at("tile_rows").value = 1;
  const Image full = firstImage(before, small);
  auto filled = again(longer, small, full);
  ASSERT_TRUE(filled) << filled.error().diagnostics.front().message;
  EXPECT_EQ(filled->placement.cores.size(), 2u);
  EXPECT_EQ(filled->report.kept->kept, 40);
}

TEST(Kept, whatFitsNoLongerMoves) {
  Problem before(kLavaProfile), heavier(kLavaProfile);
  for (Problem* problem : {&before, &heavier}) {
    const int in = problem->input("in", 60), a = problem->population("a", 16),
              b = problem->population("b", 16);
    problem->connect("wa", true, in, a, [&](int, int s) { return problem == &heavier || s < 20 ? 2 : 0; });
    problem->connect("wb", true, in, b, [](int, int s) { return s < 20 ? 2 : 0; });
  }
  const Image old = firstImage(before, tiny());  // both on a core, whose axons then are 80 of 64
  auto mapping = again(heavier, tiny(), old);
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->placement.cores.size(), 2u);
  EXPECT_EQ(mapping->report.kept->kept, 16);
  EXPECT_EQ(mapping->report.kept->moved, 16);
}

TEST(Kept, tilesOfFeatureMapsStayTiles) {
  const ChipSpec& chip = *findBuiltinChip("loihi2");
  const auto make = [](Problem& problem, int readouts) {
    const Convolution first{3, 20, 1, {24, 24, 3, 1, 1, 1}, {24, 24, 3, 1, 1, 1}},
        second{20, 24, 1, {24, 24, 3, 1, 1, 1}, {24, 24, 3, 1, 1, 1}};
    const int in = problem.input("image", 3 * 24 * 24), a = problem.population("a", 20 * 24 * 24),
              b = problem.population("b", 24 * 24 * 24), out = problem.population("out", readouts);
    problem.convolve("c1", true, in, a, first, [](int i) { return 2 + i % 9; });
    problem.convolve("c2", false, a, b, second, [](int i) { return 2 + i % 7; });
    problem.connect("read", false, b, out, [](int t, int s) { return s % 97 == t ? 2 : 0; });
  };
  Problem before(kLavaProfile), after(kLavaProfile);
  make(before, 10);
  make(after, 11);
  const Image old = firstImage(before, chip);
  auto mapping = again(after, chip, old);
  ASSERT_TRUE(mapping) << mapping.error().diagnostics.front().message;
  EXPECT_EQ(mapping->report.kept->moved, 0);
  EXPECT_EQ(mapping->report.kept->added, 11);
  const auto kernels = [](const Placement& placement) {
    std::int64_t axons = 0;
    for (const PlacedCore& core : placement.cores)
      for (const PlacedAxon& axon : core.axons) axons += core.groups[axon.group].kind == ListKind::Kernel;
    return axons;
  };
  auto fresh = mapNetwork(after, chip, {});
  ASSERT_TRUE(fresh);
  EXPECT_GT(kernels(mapping->placement), 0);
  EXPECT_EQ(kernels(mapping->placement), kernels(fresh->placement));
}

TEST(Kept, placesAllAnewWhereNothingElseFits) {
  ChipSpec three = tiny();
  three.limits.at("cores").value = 3;
  three.limits.at("tile_columns").value = 3;
  three.limits.at("tile_rows").value = 1;
  Problem before(kLavaProfile), after(kLavaProfile);
  for (Problem* problem : {&before, &after}) {
    const int in = problem->input("in", 80);
    const auto add = [&](const char* name, int size, int first, int channels) {
      problem->connect(std::string("w") + name, true, in, problem->population(name, size),
                       [=](int, int s) { return s >= first && s < first + channels ? 2 : 0; });
    };
    const int reads = problem == &before ? 40 : 20;  // 80 axons are too many for one core
    add("a", 16, 0, reads);
    add("b", 32, 0, 1);
    add("c", 16, 40, reads);
    if (problem == &after) add("d", 32, 0, 60);
  }
  const Image old = firstImage(before, three);
  auto mapping = again(after, three, old);
  ASSERT_TRUE(mapping) << mapping.error().diagnostics.front().message;
  EXPECT_THAT(mapping->report.notKept, testing::HasSubstr("needs"));
  EXPECT_EQ(mapping->placement.cores.size(), 3u);
  EXPECT_EQ(mapping->report.kept->added, 32);
  EXPECT_GT(mapping->report.kept->moved, 0);
}

TEST(Kept, imagesOfOtherChipsAreRefused) {
  Problem problem(kLavaProfile);
  addLayers(problem, {20, 20}, {1, 2});
  const Image old = firstImage(problem, tiny());
  const auto code = [&](const ChipSpec& chip) {
    auto kept = keptOf(old, problem, chip);
    return kept ? std::string() : kept.error().diagnostics.front().code;
  };
  EXPECT_EQ(code(tiny()), "");
  EXPECT_EQ(code(*findBuiltinChip("loihi2")), "R0441");
  ChipSpec wider = tiny();
  wider.limits.at("tile_columns").value = 8;
  EXPECT_EQ(code(wider), "R0441");
  ChipSpec damaged = tiny();
  damaged.deadCores = {homesOf(old).begin()->second};
  EXPECT_EQ(code(damaged), "");
  auto moved = again(problem, damaged, old);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->report.kept->moved, 20);
}

}  // namespace
}  // namespace rheo
