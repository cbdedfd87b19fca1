// Delay and Threshold nodes in the float reference, and what finishNetwork says of them.
#include <gmock/gmock.h>

#include "network/Builder.h"
#include "network/DelayNodes.h"
#include "sim/FloatReference.h"

namespace rheo {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kDt = 1e-3;

ConventionOptions conventions(Reset reset = Reset::ToVReset, SpikeUnit spikes = SpikeUnit::Unit) {
  ConventionOptions options;
  options.dt = kDt;
  options.reset = reset;
  options.spikes = spikes;
  return options;
}

// `x` is [steps][width] twice: the second sample has to start anew.
BasicRecording<float> run(const Expected<Network>& network, const std::vector<std::vector<float>>& x,
                          RunOptions options = {}) {
  EXPECT_TRUE(network) << (network ? "" : network.error().diagnostics[0].message);
  if (!network) return {};
  std::vector<Trace<float>> inputs{
      Trace<float>(2, static_cast<std::int64_t>(x.size()), static_cast<std::int64_t>(x[0].size()))};
  for (std::int64_t sample = 0; sample < 2; ++sample)
    for (std::size_t t = 0; t < x.size(); ++t)
      std::copy(x[t].begin(), x[t].end(), inputs[0].row(sample, static_cast<std::int64_t>(t)));
  auto recording = runFloat<float>(*network, floatInput(inputs), options);
  EXPECT_TRUE(recording) << (recording ? "" : recording.error().diagnostics[0].message);
  return recording ? *recording : BasicRecording<float>{};
}

std::vector<float> twice(std::vector<float> values) {
  values.insert(values.end(), values.begin(), values.end());
  return values;
}

std::string refusal(const Builder& builder) {
  const Expected<Network> network = builder.build();
  if (network) return "accepted";
  const Diagnostic& d = network.error().diagnostics[0];
  return d.code + " " + d.where + " " + d.message;
}

const Assumption* delaysOf(const Network& network) {
  for (const Assumption& a : network.assumptions)
    if (a.what == "delays") return &a;
  return nullptr;
}

TEST(DelayNode, f23_eachElementWaitsByItself) {
  Builder builder("d", conventions());
  builder.input("in", {3}).delay("late", {3}, {0, 2e-3, 1e-3}).connect("in", "late").output("out", "late");
  const auto recording = run(builder.build(), {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_EQ(recording.outputs.at("out").values, twice({1, 0, 0, 4, 0, 3, 7, 2, 6}));
}

TEST(DelayNode, f23_aBiasWaitsToo) {
  Builder builder("d", conventions());
  builder.input("in", {1}).delay("late", {1}, {2e-3}).integrator("sum", {1});
  builder.connect("in", "late", {1}, {10}).connect("late", "sum").output("out", "sum");
  const auto recording = run(builder.build(), {{1}, {2}, {3}, {4}});
  EXPECT_EQ(recording.outputs.at("out").values, twice({0, 0, 11, 23}));
}

TEST(DelayNode, f5_f23_addsToTheStepOfALoop) {
  Builder builder("d", conventions());
  builder.input("in", {1}).integrateAndFire("n", {1}, {.r = {1}, .vThreshold = {0.5}});
  builder.delay("late", {1}, {2e-3}).connect("in", "n").connect("n", "late").connect("late", "n");
  builder.output("out", "n");
  EXPECT_EQ(run(builder.build(), {{1}, {0}, {0}, {0}, {0}, {0}, {0}}).outputs.at("out").values,
            twice({1, 0, 0, 1, 0, 0, 1}));
}

TEST(DelayNode, f23_isRoundedToStepsAndSaysSo) {
  const auto build = [](std::vector<double> seconds) {
    Builder builder("d", conventions());
    const auto size = static_cast<std::int64_t>(seconds.size());
    builder.input("in", {size}).delay("late", {size}, std::move(seconds));
    return builder.connect("in", "late").output("out", "late").build();
  };
  const auto halves = build({0.0, 2.5e-3, 1.49e-3});
  ASSERT_TRUE(halves);
  EXPECT_THAT(delaySteps(halves->nodes[1], kDt), ElementsAre(0, 3, 1));
  ASSERT_TRUE(delaysOf(*halves));
  EXPECT_THAT(delaysOf(*halves)->value, HasSubstr("0 to 3 steps in 'late'"));
  EXPECT_THAT(delaysOf(*halves)->why, AllOf(HasSubstr("0.5 of a step"), HasSubstr("'late'")));
  EXPECT_TRUE(delaysOf(*halves)->warning);

  const auto single = build({static_cast<double>(0.003F)});
  ASSERT_TRUE(single);
  EXPECT_THAT(delaySteps(single->nodes[1], kDt), ElementsAre(3));
  EXPECT_FALSE(delaysOf(*single)->warning) << "float32 rounds further";
}

TEST(DelayNode, f23_isCountedAnewUnderAnotherTimeStep) {
  Builder builder("d", conventions());
  builder.input("in", {1}).delay("late", {1}, {4e-3}).connect("in", "late").output("out", "late");
  const Expected<Network> network = builder.build();
  ASSERT_TRUE(network);
  ConventionOptions longer;
  longer.dt = 2 * kDt;
  const Expected<Network> changed = underConventions(*network, longer);
  ASSERT_TRUE(changed);
  std::vector<std::string> told;
  for (const Assumption& a : changed->assumptions)
    if (a.what == "delays") told.push_back(a.value);
  EXPECT_THAT(told, ElementsAre("2 steps in 'late'"));
}

TEST(DelayNode, f23_whatHasNoMeaningOrNoBoundIsRefused) {
  Builder builder("d", conventions());
  builder.input("in", {2}).delay("early", {2}, {0, -1e-3}).connect("in", "early").output("out", "early");
  EXPECT_THAT(refusal(builder), AllOf(HasSubstr("R0204 early"), HasSubstr("-0.001 at flat index 1")));

  Builder longest("d", conventions());
  longest.input("in", {2}).connect("in", "late").output("out", "late");
  longest.delay("late", {2}, {kDt * (kMostWaiting / 2 - 1)});
  EXPECT_TRUE(longest.build());

  Builder longer("d", conventions());
  longer.input("in", {2}).connect("in", "late").output("out", "late");
  longer.delay("late", {2}, {kDt * (kMostWaiting / 2)});
  EXPECT_THAT(refusal(longer),
              AllOf(HasSubstr("R0209"), HasSubstr("16777218 values wait; at most 16777216")));

  Builder endless("d", conventions());
  endless.input("in", {1}).delay("late", {1}, {1e300}).connect("in", "late").output("out", "late");
  EXPECT_THAT(refusal(endless), HasSubstr("R0209"));
}

TEST(DelayNode, r0207_f23_aCycleOfDelaysAloneIsRefused) {
  Builder builder("d", conventions());
  builder.input("in", {1}).delay("late", {1}, {1e-3}).connect("in", "late").connect("late", "late", {1});
  EXPECT_THAT(refusal(builder.output("out", "late")), HasSubstr("R0207"));
}

TEST(ThresholdNode, f24_spikesStrictlyAboveItAndKeepsNothing) {
  Builder builder("t", conventions());
  builder.input("in", {3}).threshold("t", {3}, {1, 0, -2}).connect("in", "t").output("out", "t");
  RunOptions options;
  options.probes = {"t.v"};
  const auto recording = run(builder.build(), {{1, 0, -2}, {1.5, 1e-6F, -1.5}, {0.5, -1, -3}}, options);
  EXPECT_EQ(recording.spikes.at("t").values, twice({0, 0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(recording.outputs.at("out").values, recording.spikes.at("t").values);
  EXPECT_EQ(recording.states.at("t.v").values, twice({1, 0, -2, 0, 0, 0, 0.5, -1, -3}));
}

TEST(ThresholdNode, f24_noResetChangesIt) {
  for (const Reset reset : {Reset::Zero, Reset::ToVReset, Reset::Subtract, Reset::SubtractLate}) {
    Builder builder("t", conventions(reset));
    builder.input("in", {1}).threshold("t", {1}).connect("in", "t").output("out", "t");
    const auto network = builder.build();
    EXPECT_EQ(run(network, {{2}, {2}, {1}, {2}}).outputs.at("out").values, twice({1, 1, 0, 1}));
    for (const Assumption& a : network->assumptions)
      EXPECT_TRUE(a.what != "reset" || a.value == "not used") << "nothing is reset";
  }
}

TEST(ThresholdNode, f5_f24_closesCyclesAsANeuronDoes) {
  Builder builder("t", conventions());
  builder.input("in", {1}).threshold("t", {1}, {0.5}).connect("in", "t").connect("t", "t", {1});
  builder.output("out", "t");
  const auto network = builder.build();
  EXPECT_EQ(run(network, {{0}, {1}, {0}, {-1}, {0}}).outputs.at("out").values, twice({0, 1, 1, 0, 0}));

  ConventionOptions hops = conventions();
  hops.feedforwardDelay = FeedforwardDelay::OneStep;
  Builder late("t", hops);
  late.input("in", {1}).threshold("a", {1}, {0.5}).threshold("b", {1}, {0.5});
  late.connect("in", "a").connect("a", "b").output("out", "b");
  EXPECT_EQ(run(late.build(), {{1}, {0}, {0}, {0}}).outputs.at("out").values, twice({0, 0, 1, 0}));
}

TEST(ThresholdNode, f11_f24_itsSpikesAreDiracsWhereSpikesAre) {
  Builder builder("t", conventions(Reset::Zero, SpikeUnit::Dirac));
  builder.input("in", {1}).threshold("t", {1}, {500}).integrator("sum", {1}, {1});
  builder.connect("in", "t").connect("t", "sum").output("out", "sum").output("spikes", "t");
  const auto recording = run(builder.build(), {{1}, {0}, {1}});
  EXPECT_EQ(recording.spikes.at("t").values, twice({1, 0, 1})) << "recorded as 1";
  EXPECT_EQ(recording.outputs.at("out").values, twice({1, 1, 2})) << "r dt of 1/dt";
}

TEST(ThresholdNode, f24_oneValueHoldsForEveryNeuron) {
  Builder builder("t", conventions());
  builder.input("in", {2, 2}).threshold("t", {}, {0.5}).connect("in", "t").output("out", "t");
  const auto network = builder.build();
  ASSERT_TRUE(network) << network.error().diagnostics[0].message;
  EXPECT_THAT(network->nodes[1].outputShape, ElementsAre(2, 2));
  EXPECT_EQ(network->nodes[1].parameters.at("threshold").size(), 4);
  EXPECT_TRUE(network->nodes[1].spiking());
}

}  // namespace
}  // namespace rheo
