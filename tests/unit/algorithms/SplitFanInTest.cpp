// Fan-in split into partial sums: which synapses go where, what that costs, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "algorithms/SplitFanIn.h"
#include "chips/Chips.h"
#include "models/Model.h"

namespace rheo {
namespace {

using testing::Each;
using testing::HasSubstr;

ChipSpec tinyWith(std::int64_t axons) {
  ChipSpec chip = *resolveChip("tiny");
  chip.limits["input_axons_per_core"].value = axons;
  return chip;
}

FixedPopulation membranes(const std::string& name, std::int64_t size) {
  FixedPopulation population;
  population.name = name;
  population.model = models::findModel("cuba_lif");
  population.size = size;
  population.shape = {size};
  population.registers = {{"du", {4095}}, {"dv", {100}}, {"vth", {50}}, {"reset_mode", {0}}};
  return population;
}

FixedProjection projection(const std::string& name, Source source, int target, const Wiring& wiring,
                           int exponent = 0) {
  FixedProjection made;
  made.name = name;
  made.source = source;
  made.target = target;
  made.exponent = exponent;
  made.weights = Connections<std::int32_t>(wiring);
  for (std::size_t i = 0; i < made.weights.values.size(); ++i)
    made.weights.values[i] = 2 * (static_cast<std::int32_t>(i * 37 % 101) - 50) | 2;
  return made;
}

// in[20] -> a[6].
FixedNet layer(int exponent) {
  FixedNet net;
  net.inputs.push_back({"in", 20, {20}, 0, 1});
  net.populations.push_back(membranes("a", 6));
  net.projections.push_back(projection("w", {true, 0}, 0, Wiring::dense(6, 20), exponent));
  return net;
}

const Profile& lava() { return kLavaProfile; }

// What reaches each row of `target` from each source of `origin` in the end, parts and all.
std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::int32_t>> reached(const FixedNet& net,
                                                                                   int target) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::int32_t>> found;
  for (const FixedProjection& last : net.projections) {
    if (last.target != target) continue;
    const bool helped =
        !last.source.input && net.populations[static_cast<std::size_t>(last.source.index)].hidden;
    for (std::int64_t row = 0; row < last.weights.wiring.targets(); ++row)
      last.weights.wiring.sourcesOf(row, [&](std::int64_t source, std::int64_t index) {
        if (last.weights.value(index) == 0) return;
        if (!helped) return found[{row, source}].push_back(last.weights.value(index));
        EXPECT_EQ(last.weights.value(index), 1);
        for (const FixedProjection& into : net.projections)
          if (into.target == last.source.index)
            into.weights.wiring.sourcesOf(source, [&](std::int64_t origin, std::int64_t at) {
              if (into.weights.value(at) != 0) found[{row, origin}].push_back(into.weights.value(at));
            });
      });
  }
  return found;
}

TEST(SplitFanIn, e4_what_fits_is_left_alone) {
  const auto split = splitFanIn(layer(0), tinyWith(20), lava());
  ASSERT_TRUE(split);
  EXPECT_TRUE(split->sums.empty());
  EXPECT_EQ(split->net.populations.size(), 1U);
}

TEST(SplitFanIn, e4_sources_without_weight_cost_nothing) {
  FixedNet net = layer(0);
  for (std::int64_t row = 0; row < 6; ++row)
    for (std::int64_t source = 8; source < 20; ++source)
      net.projections[0].weights.values[row * 20 + source] = 0;
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_TRUE(split);
  EXPECT_TRUE(split->sums.empty());
}

TEST(SplitFanIn, e4_every_synapse_is_in_one_part_with_its_weight) {
  for (const int exponent : {-3, 0, 2}) {
    const FixedNet net = layer(exponent);
    const auto split = splitFanIn(net, tinyWith(8), lava());
    ASSERT_TRUE(split) << split.error().diagnostics[0].message;
    EXPECT_EQ(split->steps, 1);
    EXPECT_EQ(reached(split->net, 0), reached(net, 0));
  }
}

TEST(SplitFanIn, e4_w5_a_floor_acts_on_one_group) {
  const auto split = splitFanIn(layer(-3), tinyWith(8), lava());
  ASSERT_TRUE(split);
  ASSERT_EQ(split->sums.size(), 1U);
  EXPECT_FALSE(split->sums[0].kept);
  EXPECT_EQ(split->sums[0].parts.size(), 3U);
  EXPECT_EQ(split->sums[0].neurons, 18);
  int entering = 0;
  for (const FixedProjection& p : split->net.projections) {
    EXPECT_EQ(p.exponent, p.target == 0 ? -3 : 0) << p.name;
    entering += p.target == 0;
  }
  EXPECT_EQ(entering, 1);
}

TEST(SplitFanIn, e4_an_owner_keeps_a_part_where_that_saves_cores) {
  FixedNet net = layer(0);
  net.inputs[0].size = 40;
  net.populations[0] = membranes("a", 64);
  net.projections[0] = projection("w", {true, 0}, 0, Wiring::dense(64, 40));
  ChipSpec chip = tinyWith(39);
  chip.limits["neurons_per_core"].value = 32;
  const auto split = splitFanIn(net, chip, lava());
  ASSERT_TRUE(split);
  EXPECT_TRUE(split->sums[0].kept);
  EXPECT_EQ(split->sums[0].neurons, 64);  // of the other half
  EXPECT_EQ(reached(split->net, 0), reached(net, 0));
}

TEST(SplitFanIn, e4_w7_delays_that_are_floored_apart_have_parts_of_their_own) {
  for (const int exponent : {-2, 1}) {
    FixedNet net = layer(exponent);
    auto& delays = net.projections[0].weights.delays;
    for (int i = 0; i < 120; ++i) delays.push_back(1 + i % 3);
    const auto split = splitFanIn(net, tinyWith(8), lava());
    ASSERT_TRUE(split) << split.error().diagnostics[0].message;
    EXPECT_EQ(reached(split->net, 0), reached(net, 0));
    std::set<std::int32_t> waits;
    for (const Part& part : split->sums[0].parts) waits.insert(part.delay);
    EXPECT_EQ(waits.size(), exponent < 0 ? 3U : 1U);
    for (const FixedProjection& p : split->net.projections)
      if (p.source.input) {
        EXPECT_EQ(p.weights.delays.empty(), exponent < 0);
      }
  }
}

TEST(SplitFanIn, e4_w6_shifted_weights_are_the_helpers) {
  const auto split = splitFanIn(layer(-3), tinyWith(8), kLoihi1Profile);
  ASSERT_TRUE(split);
  for (const FixedProjection& p : split->net.projections)
    EXPECT_EQ(p.exponent, p.source.input ? -3 : 0) << p.name;
}

TEST(SplitFanIn, e4_a_convolution_is_split_by_channels) {
  FixedNet net;
  const ConvolutionAxis axis{4, 4, 3, 1, 1, 1};
  const Convolution map{8, 6, 2, axis, axis};
  net.inputs.push_back({"in", 128, {8, 4, 4}, 0, 1});
  net.populations.push_back(membranes("a", 96));
  net.projections.push_back(projection("w", {true, 0}, 0, Wiring::convolution(map), -1));
  const auto split = splitFanIn(net, tinyWith(20), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  ASSERT_EQ(split->sums.size(), 1U);
  EXPECT_TRUE(split->sums[0].channels);
  EXPECT_EQ(split->sums[0].parts.size(), 2U);  // 4 channels of 9 places, two by two
  EXPECT_EQ(reached(split->net, 0), reached(net, 0));
  EXPECT_EQ(split->net.populations[1].shape, (std::vector<std::int64_t>{12, 4, 4}));
  EXPECT_EQ(split->net.projections[1].weights.values.size(), 4U);
}

TEST(SplitFanIn, e4_parts_of_parts) {
  FixedNet net = layer(-1);
  net.inputs[0].size = 100;
  net.projections[0] = projection("w", {true, 0}, 0, Wiring::dense(6, 100), -1);
  const auto split = splitFanIn(net, tinyWith(6), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  EXPECT_EQ(split->sums.size(), 2U);
  EXPECT_EQ(split->steps, 2);
}

TEST(SplitFanIn, e4_t5_a_loop_finds_the_step_in_its_delay) {
  FixedNet net = layer(0);
  net.inputs[0].size = 4;
  net.populations[0] = membranes("a", 12);
  net.projections = {projection("w", {true, 0}, 0, Wiring::dense(12, 4)),
                     projection("rec", {false, 0}, 0, Wiring::dense(12, 12))};
  net.projections[1].delaySteps = 2;
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  EXPECT_EQ(split->steps, 0);
  net.projections[1].delaySteps = 1;
  const auto refused = splitFanIn(net, tinyWith(8), lava());
  ASSERT_FALSE(refused);
  const Diagnostic& loop = refused.error().diagnostics[0];
  EXPECT_EQ(loop.code, "R0750");
  EXPECT_EQ(loop.value, 2);
  EXPECT_EQ(loop.limit, 1);
  EXPECT_THAT(loop.message, HasSubstr("1 by 'rec'"));
  EXPECT_THAT(loop.message, HasSubstr("'a.part' sums 'rec' in parts"));
}

TEST(SplitFanIn, e4_t5_what_a_loop_has_no_step_for_is_kept) {
  FixedNet net = layer(-1);
  net.populations[0] = membranes("a", 6);
  net.projections.push_back(projection("rec", {false, 0}, 0, Wiring::dense(6, 6), -1));
  net.projections[1].delaySteps = 1;
  const auto split = splitFanIn(net, tinyWith(12), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  ASSERT_EQ(split->sums.size(), 1U);
  EXPECT_EQ(split->sums[0].projection, "w");
}

TEST(SplitFanIn, e4_t5_late_synapses_go_apart_from_those_without_a_step) {
  FixedNet net = layer(0);
  net.inputs[0].size = 1;
  net.populations[0] = membranes("a", 12);
  net.projections = {projection("w", {true, 0}, 0, Wiring::dense(12, 1)),
                     projection("rec", {false, 0}, 0, Wiring::dense(12, 12))};
  net.projections[1].delaySteps = 1;
  for (int i = 0; i < 144; ++i) net.projections[1].weights.delays.push_back(i % 12 < 4 ? 0 : 3);
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  EXPECT_EQ(split->sums[0].projection, "rec.delay3");
  EXPECT_EQ(split->steps, 0);
}

TEST(SplitFanIn, e4_p1_what_moves_by_itself_cannot_start_later) {
  FixedNet net = layer(0);
  net.populations[0].registers["bias_mantissa"] = {3};
  net.populations[0].registers["bias_exponent"] = {0};
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().diagnostics[0].code, "R0433");
  EXPECT_THAT(split.error().diagnostics[0].message, HasSubstr("moves without any input"));
}

TEST(SplitFanIn, e4_n20_a_clock_goes_with_the_lag) {
  FixedNet net = layer(0);
  net.populations[0].model = models::findModel("cuba_lif_reset");
  net.populations[0].registers = {{"decay_u", {4096}},
                                  {"decay_v", {100}},
                                  {"threshold", {3200}},
                                  {"reset_interval", {10}},
                                  {"reset_phase", {9}}};
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_TRUE(split) << split.error().diagnostics[0].message;
  EXPECT_THAT(split->net.populations[0].registers.at("reset_phase"), Each(0));
}

TEST(SplitFanIn, e4_a_sum_beyond_the_payload_is_refused) {
  FixedNet net = layer(-5);
  net.inputs[0].maxPayload = 100;
  ChipSpec chip = tinyWith(8);
  chip.limits["graded_payload_bits"].value = 10;
  const auto split = splitFanIn(net, chip, lava());
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().diagnostics[0].code, "R0433");
  EXPECT_THAT(split.error().diagnostics[0].message, HasSubstr("a payload of 'tiny' holds 511"));
}

TEST(SplitFanIn, w8_holds_for_the_sum_before_it_is_split) {
  FixedNet net = layer(7);
  for (std::int32_t& weight : net.projections[0].weights.values) weight = 254;
  const auto split = splitFanIn(net, tinyWith(8), lava());
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().diagnostics[0].code, "R0510");
}

TEST(SplitFanIn, e4_a_chip_without_the_extension_is_named) {
  ChipSpec chip = tinyWith(8);
  chip.extensions = {"microcode"};
  const auto split = splitFanIn(layer(0), chip, lava());
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().diagnostics[0].code, "R0411");
}

}  // namespace
}  // namespace rheo
