// Quantization: what is chosen, what is obeyed, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "algorithms/Lags.h"
#include "algorithms/Quantize.h"
#include "models/Registers.h"

namespace rheo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ChipSpec chipWith(std::vector<std::string> extensions) {
  ChipSpec chip;
  chip.name = "test";
  chip.profiles = {"lava"};
  chip.extensions = std::move(extensions);
  chip.limits["weight_bits"] = {8, "bits", "test"};
  chip.limits["weight_exponent_min"] = {-8, "", "test"};
  chip.limits["weight_exponent_max"] = {7, "", "test"};
  chip.limits["max_delay"] = {62, "steps", "test"};
  return chip;
}

// One input channel, one LIF neuron: shared/data's lif_norse. k = 0.04, threshold 0.1.
FloatNet oneNeuron() {
  FloatNet net;
  net.name = "one";
  net.conventions.dt = 1e-4;
  net.inputs.push_back({"in", 1, {1}, 0, 1});
  FloatPopulation lif{"lif", models::findModel("lif"), 1, {1}, {}};
  lif.parameters = {{"tau", {2.5e-3}}, {"r", {1}}, {"v_leak", {0}}, {"v_threshold", {0.1}}};
  net.populations.push_back(lif);
  FloatProjection weight{"w", {true, 0}, 0, 0, Connections<double>(1, 1), {}};
  weight.weights.values = {1};
  net.projections.push_back(weight);
  return net;
}

FloatNet randomLayer(int bits, std::uint32_t seed) {
  FloatNet net = oneNeuron();
  net.inputs[0].size = 64;
  net.populations[0].size = 32;
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 0.3);
  net.projections[0].weights = Connections<double>(32, 64);
  for (double& weight : net.projections[0].weights.values) weight = normal(random);
  return net;
}

Expected<QuantResult> run(const FloatNet& net, const ChipSpec& chip, QuantSettings pins = {}) {
  QuantOptions options;
  options.chip = &chip;
  options.profile = &kLavaProfile;
  options.pins = std::move(pins);
  return quantize(net, options);
}

TEST(Quantize, pinned_integers_are_obeyed) {
  const auto pins = QuantSettings::fromJson(R"({"schema": "rheobase.quantization/1",
    "populations": {"lif": {"dv": 163, "vth": 25}}, "projections": {"w": {"weights": [[10]]}}})",
                                            "pins.json");
  ASSERT_TRUE(pins);
  const auto result = run(oneNeuron(), chipWith({}), *pins);
  ASSERT_TRUE(result) << result.error().diagnostics[0].message;
  const FixedPopulation& lif = result->net.populations[0];
  EXPECT_THAT(lif.registers.at("dv"), ElementsAre(163));
  EXPECT_THAT(lif.registers.at("vth"), ElementsAre(25));
  EXPECT_THAT(lif.scales.at("v"), ElementsAre(testing::DoubleNear(16000, 1e-9)));
  EXPECT_THAT(result->net.projections[0].weights.values, ElementsAre(10));
  EXPECT_EQ(result->net.projections[0].exponent, 0);
}

TEST(Quantize, w7_pairs_without_a_synapse_add_no_delay) {
  const ConvolutionAxis one{1, 1, 1, 1, 0, 1}, three{3, 2, 2, 1, 0, 1};
  Connections<double> kernel(Wiring::convolution({1, 1, 1, one, three}));
  kernel.values = {0.5, 0.25};
  kernel.delays = {4, 3};
  const Connections<double> pairs = dense(kernel);
  EXPECT_EQ(pairs.values, (std::vector<double>{0.5, 0.25, 0, 0, 0.5, 0.25}));
  EXPECT_EQ(pairs.delays, (std::vector<std::int32_t>{4, 3, 3, 3, 4, 3}));
}

// What settings pin need not have the places of the network's synapses. SPEC F14
TEST(Quantize, pinned_weights_bring_their_own_synapses) {
  FloatNet net = randomLayer(8, 1);
  const Wiring wiring = net.projections[0].weights.wiring;
  SynapseLists lists;
  for (std::int64_t target = 0; target < wiring.targets(); ++target) {
    lists.add(target % wiring.sources());
    lists.endTarget();
  }
  WeightRows rows{wiring.targets(), 0, {}, lists};
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    rows.values.push_back(static_cast<std::int32_t>(2 * target));
  QuantSettings settings;
  settings.projections[net.projections[0].name] = {{8}, {0}, SignMode::Mixed, rows};
  const auto result = run(net, chipWith({}), settings);
  ASSERT_TRUE(result) << result.error().diagnostics[0].message;
  const Connections<std::int32_t>& weights = result->net.projections[0].weights;
  EXPECT_EQ(weights.wiring, Wiring::listed(wiring.sources(), lists));
  EXPECT_EQ(weights.values, rows.values);
  const auto read = QuantSettings::fromJson(result->settings.toJson(), "settings");
  ASSERT_TRUE(read) << read.error().diagnostics[0].message;
  SynapseLists wide;
  for (std::int64_t target = 0; target < wiring.targets(); ++target) {
    wide.add(wiring.sources());
    wide.endTarget();
  }
  settings.projections[net.projections[0].name].weights->lists = wide;
  const auto refused = run(net, chipWith({}), settings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().diagnostics[0].code, "R0303");
  EXPECT_THAT(refused.error().diagnostics[0].message, HasSubstr("is of source 64, there are 0 to 63"));
}

TEST(Quantize, settings_list_weights_by_source) {
  const auto with = [](const std::string& weights) {
    return QuantSettings::fromJson(
        R"({"schema": "rheobase.quantization/1", "projections": {"w": {"weights": )" + weights + "}}}",
        "settings");
  };
  const auto read = with(R"([{"7": 3, "2": -4}, {}, {"0": 5}])");
  ASSERT_TRUE(read) << read.error().diagnostics[0].message;
  const WeightRows& rows = *read->projections.at("w").weights;
  EXPECT_THAT(rows.values, ElementsAre(-4, 3, 5));
  EXPECT_EQ(rows.lists->first(2), 2);
  EXPECT_EQ(rows.lists->source(0), 2);
  const auto again = QuantSettings::fromJson(read->toJson(), "settings");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->projections.at("w").weights->lists, *rows.lists);
  for (const char* bad : {R"([{"x": 1}])", R"([{"-1": 1}])", R"([{"1": 1}, [1]])", R"([{"1": 0.5}])",
                          R"([{"1": 1, "01": 2}])", R"([{"99999999999": 1}])", R"([{"": 1}])"}) {
    const auto refused = with(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().diagnostics[0].code, "R0302") << bad;
  }
}

TEST(Quantize, weights_thresholds_and_decays_keep_the_float_proportions) {
  const FloatNet net = randomLayer(8, 1);
  const auto result = run(net, chipWith({}));
  ASSERT_TRUE(result);
  const FixedPopulation& lif = result->net.populations[0];
  const FixedProjection& w = result->net.projections[0];
  const double scale = lif.scales.at("v")[0];
  EXPECT_EQ(lif.registers.at("dv")[0], 164);  // 163.84
  EXPECT_NEAR(lif.registers.at("vth")[0], 0.1 * scale / 64, 0.51);
  double largest = 0;
  for (std::size_t i = 0; i < w.weights.values.size(); ++i) {
    const double meant = w.weights.values[i] * std::ldexp(64.0, w.exponent) / scale;
    EXPECT_NEAR(meant, 0.04 * net.projections[0].weights.values[i],
                std::ldexp(64.0, w.exponent) / scale * 1.01);
    EXPECT_EQ(w.weights.values[i] % 2, 0) << "8-bit mixed weights are even (SPEC W3)";
    largest = std::max(largest, std::abs(double(w.weights.values[i])));
  }
  EXPECT_GE(largest, 127);
}

TEST(Quantize, settings_given_back_give_the_same_integers) {
  const FloatNet net = randomLayer(8, 2);
  const ChipSpec chip = chipWith({});
  for (const std::optional<int> bits : {std::optional<int>{}, std::optional<int>{3}}) {
    QuantSettings pins;
    pins.weightBits = bits;
    const auto first = run(net, chip, pins);
    ASSERT_TRUE(first);
    const auto read = QuantSettings::fromJson(first->settings.toJson(), "back.json");
    ASSERT_TRUE(read) << read.error().diagnostics[0].message;
    const auto second = run(net, chip, *read);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->net.projections[0].weights.values, second->net.projections[0].weights.values);
    EXPECT_EQ(first->net.populations[0].registers, second->net.populations[0].registers);
    EXPECT_EQ(first->settings.toJson(), second->settings.toJson());
  }
}

TEST(Quantize, t4_a_bias_arrives_with_the_first_float_step) {
  FloatNet net = oneNeuron();
  net.projections[0].bias = {-0.5};
  net.populations.push_back(net.populations[0]);
  net.populations[1].name = "second";
  FloatProjection next = net.projections[0];
  next.name = "w2";
  next.source = {false, 0};
  next.target = 1;
  net.projections.push_back(next);
  auto result = run(net, chipWith({}));
  ASSERT_TRUE(result);
  ASSERT_TRUE(assignLags(result->net, 62));
  const FixedNet& fixed = result->net;
  ASSERT_EQ(fixed.populations.size(), 3u);
  EXPECT_TRUE(fixed.populations[2].hidden);
  EXPECT_EQ(fixed.populations[2].name, "bias");
  EXPECT_EQ(fixed.populations[1].lag, 2);
  ASSERT_EQ(fixed.projections.size(), 4u);
  EXPECT_EQ(fixed.projections[1].name, "w.bias");
  EXPECT_EQ(fixed.projections[1].axonDelay, 0);
  EXPECT_EQ(fixed.projections[3].axonDelay, 1);
  EXPECT_EQ(fixed.projections[1].signMode, SignMode::Inhibitory);
}

TEST(Quantize, f2_a_resting_potential_is_a_drive_in_every_step) {
  FloatNet net = oneNeuron();
  net.populations[0].parameters["v_leak"] = {0.05};
  const auto result = run(net, chipWith({}));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->net.projections.size(), 2u);
  const FixedProjection& leak = result->net.projections[1];
  EXPECT_EQ(leak.name, "lif.leak");
  const double scale = result->net.populations[0].scales.at("v")[0];
  EXPECT_NEAR(leak.weights.values[0] * std::ldexp(64.0, leak.exponent) / scale, 0.04 * 0.05,
              0.04 * 0.05 / 250);
  EXPECT_THAT(result->net.populations[0].registers.at("reset_mode"), ElementsAre(models::kResetZero));
}

TEST(Quantize, f11_dirac_spikes_are_worth_one_over_dt) {
  FloatNet unit = oneNeuron(), dirac = oneNeuron();
  dirac.conventions.spikes = SpikeUnit::Dirac;
  dirac.projections[0].weights.values = {1e-4};
  const auto one = run(unit, chipWith({})), other = run(dirac, chipWith({}));
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->net.projections[0].weights.values, other->net.projections[0].weights.values);
  EXPECT_EQ(one->net.populations[0].registers, other->net.populations[0].registers);
}

// Two neurons, the second with half the gain of the first.
FloatNet twoNeurons() {
  FloatNet net = oneNeuron();
  net.populations[0] = {"cuba", models::findModel("cuba_lif"), 2, {2}, {}};
  net.populations[0].parameters = {{"tau_syn", {1e-3}}, {"tau_mem", {1e-3, 2e-3}}, {"r", {10, 10}},
                                   {"v_leak", {0}},     {"v_threshold", {1}},      {"w_in", {10}}};
  net.projections[0].weights = Connections<double>(2, 1);
  net.projections[0].weights.values = {1, 1};
  return net;
}

TEST(Quantize, cuba_current_has_a_unit_per_neuron) {
  QuantSettings pins;
  pins.populations["cuba"].scaleV = 16000;
  const auto result = run(twoNeurons(), chipWith({}), pins);
  ASSERT_TRUE(result);
  const FixedPopulation& cuba = result->net.populations[0];
  EXPECT_THAT(cuba.registers.at("du"), ElementsAre(409));  // 4096 * 0.1 - 1
  EXPECT_THAT(cuba.registers.at("dv"), ElementsAre(410, 205));
  ASSERT_EQ(cuba.scales.at("u").size(), 2u);
  EXPECT_NEAR(cuba.scales.at("u")[0], 2 * cuba.scales.at("u")[1], 1e-6);
  const auto& weights = result->net.projections[0].weights.values;
  EXPECT_NEAR(weights[0], 2 * weights[1], 1);
}

TEST(Quantize, neurons_with_small_weights_count_in_a_finer_unit) {
  const auto result = run(twoNeurons(), chipWith({}));
  ASSERT_TRUE(result);
  const FixedPopulation& cuba = result->net.populations[0];
  const std::vector<double>& unit = cuba.scales.at("v");
  ASSERT_EQ(unit.size(), 2u);
  EXPECT_EQ(unit[1], 2 * unit[0]);
  EXPECT_NEAR(cuba.registers.at("vth")[1], 2 * cuba.registers.at("vth")[0], 1);
  const std::vector<std::int32_t>& weights = result->net.projections[0].weights.values;
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_GT(weights[0], 200);

  const auto read = QuantSettings::fromJson(result->settings.toJson(), "again.json");
  ASSERT_TRUE(read);
  const auto again = run(twoNeurons(), chipWith({}), *read);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->net.projections[0].weights.values, weights);
  EXPECT_EQ(again->net.populations[0].registers, cuba.registers);
  EXPECT_EQ(again->net.populations[0].scales, cuba.scales);
}

TEST(Quantize, a_readout_counts_in_one_unit) {
  FloatNet net = twoNeurons();
  net.populations[0].model = models::findModel("cuba_li");
  net.populations[0].parameters.erase("v_threshold");
  const auto result = run(net, chipWith({}));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->net.populations[0].scales.at("v").size(), 1u);
}

TEST(Quantize, r0303_a_spread_needs_its_scale_and_a_value_for_each_neuron) {
  QuantSettings pins;
  pins.populations["cuba"].spreadV = {1, 2};
  EXPECT_FALSE(run(twoNeurons(), chipWith({}), pins));
  pins.populations["cuba"].scaleV = 8000;
  EXPECT_TRUE(run(twoNeurons(), chipWith({}), pins));
  pins.populations["cuba"].spreadV = {1, 2, 2};
  EXPECT_FALSE(run(twoNeurons(), chipWith({}), pins));
}

TEST(Quantize, e1_e2_resets_are_refused_where_the_chip_lacks_them) {
  FloatNet net = oneNeuron();
  net.conventions.reset = Reset::Subtract;
  const auto refused = run(net, chipWith({}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().diagnostics[0].code, "R0411");
  const auto subtracts = run(net, chipWith({"subtract_reset"}));
  ASSERT_TRUE(subtracts);
  EXPECT_THAT(subtracts->net.populations[0].registers.at("reset_mode"), ElementsAre(models::kResetSubtract));

  net.conventions.reset = Reset::ToVReset;
  net.populations[0].parameters["v_reset"] = {-0.05};
  EXPECT_FALSE(run(net, chipWith({"subtract_reset"})));
  const auto resets = run(net, chipWith({"reset_value"}));
  ASSERT_TRUE(resets);
  const FixedPopulation& lif = resets->net.populations[0];
  EXPECT_NEAR(lif.registers.at("reset_value")[0], -0.5 * lif.registers.at("vth")[0], 1);
}

TEST(Quantize, r0301_unknown_names_get_the_nearest_one) {
  QuantSettings pins;
  pins.populations["lff"].scaleV = 100;
  const auto result = run(oneNeuron(), chipWith({}), pins);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().diagnostics[0].code, "R0301");
  EXPECT_THAT(result.error().diagnostics[0].remedy, HasSubstr("'lif'"));
  const auto key = QuantSettings::fromJson(
      R"({"schema": "rheobase.quantization/1", "populations": {"lif": {"vthh": 3}}})", "pins.json");
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().diagnostics[0].remedy, HasSubstr("'vth'"));
}

TEST(Quantize, r0303_pins_beyond_the_chip_are_refused) {
  QuantSettings pins;
  pins.populations["lif"].registers["vth"] = {1 << 17};
  const auto threshold = run(oneNeuron(), chipWith({}), pins);
  ASSERT_FALSE(threshold);
  EXPECT_EQ(threshold.error().diagnostics[0].code, "R0303");
  EXPECT_EQ(threshold.error().diagnostics[0].limit, (1 << 17) - 1);
  QuantSettings odd;
  odd.projections["w"].weights = WeightRows{1, 1, {11}};
  EXPECT_FALSE(run(oneNeuron(), chipWith({}), odd)) << "an 8-bit mixed weight is even";
}

TEST(Quantize, r0302_text_that_is_no_settings_is_refused) {
  for (const char* text :
       {"", "[]", "{", R"({"schema": "other"})",
        R"({"schema": "rheobase.quantization/1", "populations": {"a": {"vth": "x"}}})",
        R"({"schema": "rheobase.quantization/1", "projections": {"a": {"weights": [[1],[1,2]]}}})",
        R"({"schema": "rheobase.quantization/1", "weight_bits": 1e99})"})
    EXPECT_FALSE(QuantSettings::fromJson(text, "x.json")) << text;
}

TEST(Quantize, w8_the_sum_of_weights_stays_in_bounds) {
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    const auto result = run(randomLayer(8, seed), chipWith({}));
    ASSERT_TRUE(result);
    const FixedProjection& w = result->net.projections[0];
    for (std::int64_t target = 0; target < w.weights.wiring.targets(); ++target) {
      double sum = 0;
      w.weights.wiring.sourcesOf(
          target, [&](std::int64_t, std::int64_t index) { sum += std::abs(w.weights.value(index)); });
      EXPECT_LE(std::ldexp(sum, w.exponent), 1 << 18);
    }
  }
}

}  // namespace
}  // namespace rheo
