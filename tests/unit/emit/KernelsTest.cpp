// Convolutions on cores: tiles, kernel lists, and what they decode to. SPEC I10.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <tuple>

#include "Problems.h"
#include "place/Kernels.h"

namespace rheo {
namespace {

ConvolutionAxis axis(std::int64_t inputs, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                     std::int64_t dilation) {
  ConvolutionAxis made{inputs, 0, kernel, stride, padding, dilation};
  made.outputs = made.room();
  return made;
}

// (target neuron, source) -> summed weight, as the wiring says and as the image says.
using Sums = std::map<std::pair<int, int>, std::int64_t>;

Sums sumsOf(const ProjectionSpec& projection) {
  Sums all;
  for (std::int64_t source = 0; source < projection.wiring.sources(); ++source)
    projection.wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      if (const std::int32_t weight = projection.weights[static_cast<std::size_t>(index)]; weight != 0)
        all[{int(target), int(source)}] += weight;
    });
  return all;
}

Sums sumsIn(const Program& program) {
  Sums all;
  const InputInfo& input = program.inputs.at(0);
  for (int source = 0; source < input.size; ++source)
    for (auto r = input.routeStart[source]; r < input.routeStart[source + 1]; ++r) {
      const Core& core = program.cores[input.routes[r].core];
      const Axon& axon = core.axons[input.routes[r].axon];
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s)
        for (const CompartmentSlice& slice : core.slices) {
          const int place = axon.base + core.synapses[s].input - slice.firstInput;
          if (place >= 0 && place < slice.count)
            all[{slice.firstNeuron + place, source}] += core.synapses[s].weight;
        }
    }
  return all;
}

struct Placed {
  Placement placement;
  Program program;
};

std::optional<Placed> onChip(const Problem& problem, const ChipSpec& chip) {
  auto placement = place(problem, chip);
  if (!placement) return std::nullopt;
  auto image = emitImage(problem, *placement, chip, problem.metadata());
  EXPECT_TRUE(image) << image.error().diagnostics[0].message;
  auto program = decode(*image);
  EXPECT_TRUE(program) << program.error().diagnostics[0].where << program.error().diagnostics[0].message;
  return Placed{*std::move(placement), *std::move(program)};
}

int kernelGroups(const Placement& placement) {
  int count = 0;
  for (const PlacedCore& core : placement.cores)
    for (const PlacedGroup& group : core.groups) count += group.kind == ListKind::Kernel;
  return count;
}

ChipSpec smaller(ChipSpec chip, const std::map<std::string, std::int64_t>& limits) {
  for (const auto& [name, value] : limits) chip.limits[name].value = value;
  return chip;
}

TEST(Kernels, i10_random_convolutions_decode_to_their_wiring_on_chips_of_any_size) {
  std::mt19937 random(1);
  const auto draw = [&](int low, int high) { return low + int(random() % unsigned(high - low + 1)); };
  int placed = 0, severalCores = 0, withKernels = 0;
  for (int round = 0; round < 300; ++round) {
    const int groups = draw(1, 3);
    const Convolution convolution{groups * draw(1, 3), groups * draw(1, 3), groups,
                                  axis(draw(1, 9), draw(1, 3), draw(1, 3), draw(0, 2), draw(1, 2)),
                                  axis(draw(3, 12), draw(1, 4), draw(1, 3), draw(0, 2), draw(1, 2))};
    if (convolution.outputs() < 1) continue;
    Problem problem(kLavaProfile);
    const int in = problem.input("in", int(convolution.inputs()));
    const int map = problem.population("map", int(convolution.outputs()));
    ProjectionSpec& projection = problem.convolve(
        "w", true, in, map, convolution, [&](int) { return draw(0, 3) == 0 ? 0 : 2 * draw(-100, 100); });
    const ChipSpec chip = smaller(*findBuiltinChip(round % 3 == 0 ? "tiny" : "loihi2"),
                                  {{"neurons_per_core", draw(1, round % 3 == 0 ? 32 : 200)},
                                   {"synapse_words_per_core", draw(20, 600)},
                                   {"cores", round % 3 == 0 ? 16 : 128}});
    const auto result = onChip(problem, chip);
    if (!result) continue;
    ++placed;
    severalCores += result->placement.cores.size() > 1;
    withKernels += kernelGroups(result->placement) > 0;
    ASSERT_EQ(sumsIn(result->program), sumsOf(projection)) << "round " << round;
    for (const PlacedCore& core : result->placement.cores) {
      EXPECT_LE(core.use.neurons, chip.limit("neurons_per_core").value);
      EXPECT_LE(core.use.synapseWords, chip.limit("synapse_words_per_core").value);
    }
  }
  EXPECT_GT(placed, 150);
  EXPECT_GT(severalCores, 80);
  EXPECT_GT(withKernels, 80);
}

TEST(Kernels, i10_a_kernel_takes_its_weights_once_in_each_core) {
  // 24 -> 36 channels, 3 x 3, 8 bits: 24 * 9 entries of 36 weights, five words each.
  const Convolution convolution{24, 36, 1, axis(32, 3, 2, 0, 1), axis(99, 3, 2, 0, 1)};
  Problem problem(kLavaProfile);
  const int in = problem.input("in", int(convolution.inputs()));
  const int map = problem.population("map", int(convolution.outputs()));
  problem.convolve("w", true, in, map, convolution, [](int i) { return i % 50 * 2 - 48; });
  const auto result = onChip(problem, *findBuiltinChip("loihi2"));
  ASSERT_TRUE(result);
  ASSERT_GT(result->placement.cores.size(), 3u);
  for (const PlacedCore& core : result->placement.cores) EXPECT_EQ(core.use.synapseWords, 24 * 9 * 5);
}

TEST(Kernels, largeKernelsDecodeHoweverManyWaysTheyMeetTheirTargets) {
  for (const int size : {9, 11, 15, 31}) {
    const Convolution convolution{1, 2, 1, axis(32, size, 1, size / 2, 1), axis(32, size, 1, size / 2, 1)};
    Problem problem(kLavaProfile);
    const int in = problem.input("in", int(convolution.inputs()));
    const int map = problem.population("map", int(convolution.outputs()));
    ProjectionSpec& projection =
        problem.convolve("w", true, in, map, convolution, [](int i) { return 2 * (i % 5) - 4; });
    const auto result = onChip(problem, *findBuiltinChip("loihi2"));
    ASSERT_TRUE(result);
    EXPECT_GT(kernelGroups(result->placement), 0);
    EXPECT_EQ(sumsIn(result->program), sumsOf(projection)) << size;
  }
}

TEST(Kernels, delaysOfSingleSynapsesAreStoredWithThem) {
  const Convolution convolution{1, 2, 1, axis(1, 1, 1, 0, 1), axis(6, 3, 1, 1, 1)};
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 6), map = problem.population("map", 12);
  ProjectionSpec& projection =
      problem.convolve("w", true, in, map, convolution, [](int i) { return 2 * i + 2; });
  const std::vector<std::int32_t> delays{3, 5, 4, 3, 3, 9};
  projection.setDelays(delays);
  const auto result = onChip(problem, *findBuiltinChip("loihi2"));
  ASSERT_TRUE(result);
  EXPECT_EQ(kernelGroups(result->placement), 0) << "a kernel list has no room for delays";
  EXPECT_EQ(sumsIn(result->program), sumsOf(projection));
  const Core& core = result->program.cores.at(0);
  for (const Synapse& synapse : core.synapses)  // the weight tells which value of the kernel it is
    EXPECT_EQ(synapse.delay, delays[static_cast<std::size_t>(synapse.weight / 2 - 1)]);
}

TEST(Kernels, i10_a_padded_map_is_cut_where_its_middle_takes_more_than_its_corner) {
  struct Case {
    ChipSpec chip;
    Convolution convolution;
  };
  for (const Case& c :
       {Case{*findBuiltinChip("loihi1"), {64, 190, 1, axis(4, 3, 1, 1, 1), axis(4, 3, 1, 1, 1)}},
        Case{*findBuiltinChip("tiny"), {16, 16, 16, axis(4, 3, 1, 1, 1), axis(4, 3, 1, 1, 1)}},
        // Corner and middle read one position, others two.
        Case{smaller(*findBuiltinChip("loihi2"), {{"input_axons_per_core", 20}}),
             {16, 16, 16, axis(1, 1, 1, 0, 1), axis(4, 3, 1, 6, 3)}}}) {
    Problem problem(kLavaProfile);
    const int in = problem.input("in", int(c.convolution.inputs()));
    const int map = problem.population("map", int(c.convolution.outputs()));
    const ProjectionSpec& projection =
        problem.convolve("w", true, in, map, c.convolution, [](int i) { return i % 7 * 8 - 24; });
    const auto result = onChip(problem, c.chip);
    ASSERT_TRUE(result) << place(problem, c.chip).error().diagnostics[0].message;
    EXPECT_EQ(sumsIn(result->program), sumsOf(projection));
  }
}

TEST(Kernels, listsBesideLargeKernelsAreNotTheirDoing) {
  const Convolution convolution{8, 8, 1, axis(22, 11, 1, 5, 1), axis(22, 11, 1, 5, 1)};
  Problem problem(kLavaProfile);
  const int in = problem.input("in", int(convolution.inputs())), one = problem.input("one", 1);
  const int map = problem.population("map", int(convolution.outputs()));
  problem.convolve("w", true, in, map, convolution, [](int i) { return 2 * (i % 5) + 2; });
  problem.connect("bias", true, one, map, [](int, int) { return 4; });
  ASSERT_TRUE(onChip(problem, *findBuiltinChip("loihi2")));
}

TEST(Kernels, slicesAreTilesAndBack) {
  const Convolution map{3, 4, 1, axis(9, 3, 1, 0, 1), axis(10, 3, 1, 0, 1)};  // 7 x 8 positions
  for (const Tile& tile :
       {Tile{{0, 4}, {0, 7}, {0, 8}}, Tile{{1, 2}, {0, 7}, {0, 8}}, Tile{{0, 4}, {2, 3}, {0, 8}},
        Tile{{2, 1}, {6, 1}, {0, 8}}, Tile{{1, 3}, {4, 1}, {3, 5}}, Tile{{3, 1}, {4, 1}, {7, 1}}}) {
    const PlacedSlice slice = sliceOf(tile, map, 0);
    ASSERT_EQ(slice.size(), tile.size());
    const auto back = tileOf(slice, map);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->channels.first, tile.channels.first);
    EXPECT_EQ(back->channels.count, tile.channels.count);
    EXPECT_EQ(back->rows.first, tile.rows.first);
    EXPECT_EQ(back->rows.count, tile.rows.count);
    EXPECT_EQ(back->columns.first, tile.columns.first);
    EXPECT_EQ(back->columns.count, tile.columns.count);
    for (std::int32_t i = 0; i < slice.size(); ++i) EXPECT_EQ(slice.find(slice.neuron(i)), i);
  }
  EXPECT_FALSE(tileOf({0, 3, 10}, map)) << "it turns a corner";
}

TEST(Kernels, r0413_a_position_that_fits_no_core_is_named) {
  const Convolution convolution{8, 8, 1, axis(4, 3, 1, 0, 1), axis(4, 3, 1, 0, 1)};
  Problem problem(kLavaProfile);
  const int in = problem.input("in", int(convolution.inputs()));
  const int map = problem.population("map", int(convolution.outputs()));
  problem.convolve("w", true, in, map, convolution, [](int) { return 2; });
  const auto placement =
      place(problem, smaller(*findBuiltinChip("loihi2"), {{"synapse_words_per_core", 40}}));
  ASSERT_FALSE(placement);
  EXPECT_EQ(placement.error().diagnostics[0].code, "R0413");
  EXPECT_EQ(placement.error().diagnostics[0].where, "map");
}

}  // namespace
}  // namespace rheo
