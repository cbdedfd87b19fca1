// Delay nodes folded into projections, Threshold nodes as populations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/FromNetwork.h"
#include "ir/Projections.h"
#include "ir/Stages.h"
#include "network/Builder.h"

namespace rheo {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kDt = 1e-3;

Builder begin(std::int64_t inputs = 2) {
  ConventionOptions options;
  options.dt = kDt;
  Builder builder("delays", options);
  builder.input("in", {inputs});
  return builder;
}

// The only projection; what was refused fails the test.
FoldedProjection only(const Builder& builder) {
  const Expected<Network> network = builder.build();
  EXPECT_TRUE(network) << network.error().diagnostics[0].message;
  auto projections = foldProjections(*network);
  EXPECT_TRUE(projections) << projections.error().diagnostics[0].message;
  EXPECT_EQ(projections->size(), 1u);
  return (*projections)[0];
}

std::string refusal(const Builder& builder) {
  const Expected<Network> network = builder.build();
  EXPECT_TRUE(network) << network.error().diagnostics[0].message;
  const auto projections = foldProjections(*network);
  if (projections) return "accepted";
  const Diagnostic& d = projections.error().diagnostics[0];
  return d.code + " " + d.where + " " + d.message;
}

TEST(FoldDelays, f23_chainsAddUpInTheProjection) {
  Builder builder = begin();
  builder.delay("d", {2}, {2e-3, 5e-3}).delay("e", {3}, {1e-3, 1e-3, 4e-3}).threshold("t", {3});
  builder.connect("in", "d").connect("d", "e", {1, 2, 3, 4, 5, 6}).connect("e", "t");
  const FoldedProjection p = only(builder);
  EXPECT_EQ(p.name, "d+d_to_e+e");
  EXPECT_EQ(p.delaySteps, 3) << "what all of them wait";
  EXPECT_THAT(p.weight, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(p.delays, ElementsAre(0, 3, 0, 3, 3, 6));
}

TEST(FoldDelays, f23_aLoopTakesItsStepBesideThem) {
  Builder builder = begin(1);
  builder.threshold("t", {1}).delay("d", {1}, {3e-3});
  builder.connect("in", "t").connect("t", "d").connect("d", "t", {2}).output("out", "t");
  auto projections = foldProjections(*builder.build());
  ASSERT_TRUE(projections);
  ASSERT_EQ(projections->size(), 2u);
  for (const FoldedProjection& p : *projections) {
    const bool loop = p.source == p.target;
    EXPECT_EQ(p.delaySteps, loop ? 4 : 0);
    EXPECT_THAT(p.delays, IsEmpty());
  }
}

TEST(FoldDelays, f23_kernelsStaySharedWhereTheirChannelsWaitAlike) {
  const auto build = [](std::vector<double> seconds) {
    Network network;
    const auto tensor = [](std::vector<std::int64_t> shape, std::vector<double> values) {
      return Tensor{std::move(shape), std::move(values), DType::Float64, ""};
    };
    const auto add = [&](const char* name, const char* kind, std::map<std::string, Tensor> parameters) {
      network.nodes.push_back({name, kind, {}, {}, std::move(parameters), ""});
    };
    add("in", "Input", {{"shape", tensor({2}, {2, 2})}});
    add("d", "Delay", {{"delay", tensor({2, 2}, std::move(seconds))}});
    add("w", "Conv1d", {{"weight", tensor({1, 2, 2}, {1, 2, 3, 4})}});
    add("t", "Threshold", {{"threshold", tensor({}, {1})}});
    add("out", "Output", {});
    network.edges = {{0, 1}, {1, 2}, {2, 3}, {3, 4}};
    ConventionOptions options;
    options.dt = kDt;
    auto finished = finishNetwork(std::move(network), options, "");
    EXPECT_TRUE(finished) << finished.error().diagnostics[0].message;
    return (*foldProjections(*finished))[0];
  };
  const FoldedProjection alike = build({1e-3, 1e-3, 3e-3, 3e-3});
  EXPECT_TRUE(alike.wiring.convolution());
  EXPECT_EQ(alike.delaySteps, 1);
  EXPECT_THAT(alike.delays, ElementsAre(0, 0, 2, 2));

  const FoldedProjection mixed = build({0, 1e-3, 0, 0});
  EXPECT_THAT(mixed.weight, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(mixed.delays, ElementsAre(0, 1, 0, 0));
}

TEST(FoldDelays, f6_f23_aBiasWaitsBeforeADelayAndNotBehindIt) {
  Builder before = begin();
  before.delay("d", {2}, {1e-3, 4e-3}).threshold("t", {2});
  before.connect("in", "d", {1, 2, 3, 4}, {5, 6}).connect("d", "t");
  FoldedProjection p = only(before);
  EXPECT_THAT(p.bias, ElementsAre(5, 6));
  EXPECT_THAT(p.biasDelays, ElementsAre(1, 4));

  Builder behind = begin();
  behind.delay("d", {2}, {1e-3}).threshold("t", {2});
  behind.connect("in", "d").connect("d", "t", {1, 2, 3, 4}, {5, 6});
  p = only(behind);
  EXPECT_THAT(p.bias, ElementsAre(5, 6));
  EXPECT_THAT(p.biasDelays, IsEmpty());

  Builder both = begin();
  both.delay("d", {2}, {1e-3}).threshold("t", {2});
  both.connect("in", "d", {1, 2, 3, 4}, {5, 6}).connect("d", "t", {1, 0, 0, 1}, {0, 7});
  EXPECT_THAT(refusal(both),
              AllOf(HasSubstr("R0701 t"), HasSubstr("neuron 1 of 't' receives biases that start")));
}

TEST(FoldDelays, r0701_r0418_f23_whatNoProjectionHoldsIsRefused) {
  Builder mixing = begin();
  mixing.delay("d", {2}, {0, 1e-3}).threshold("t", {2});
  mixing.connect("in", "d", {1, 2, 3, 4}).connect("d", "t", {1, 2, 3, 4});
  EXPECT_THAT(refusal(mixing), AllOf(HasSubstr("R0701 d_to_t"), HasSubstr("follows 'd'")));

  const auto spread = [](double longest) {
    Builder builder = begin();
    builder.delay("d", {2}, {0, longest}).threshold("t", {2}).connect("in", "d").connect("d", "t");
    return refusal(builder);
  };
  EXPECT_EQ(spread(62e-3), "accepted");
  EXPECT_THAT(spread(63e-3), AllOf(HasSubstr("R0418 t"), HasSubstr("63 steps")));
}

TEST(FromNetworkWithDelays, f23_f24_theFloatStageHoldsThem) {
  mlir::MLIRContext context;
  loadDialects(context);
  Builder builder = begin();
  builder.delay("d", {2}, {1e-3, 70e-3}).threshold("t", {2}, {3, -4});
  builder.delay("same", {2}, {69e-3, 0})
      .connect("in", "same")
      .connect("same", "d")
      .connect("d", "t", {1, 0, 0, 1}, {5, 6});
  auto module = fromNetwork(*builder.build(), context);
  ASSERT_TRUE(module) << module.error().diagnostics[0].message;
  ASSERT_TRUE(checkStage(**module, Stage::Float)) << dumpModule(**module);
  spk::SynapseOp synapse;
  spk::NeuronOp neuron;
  (*module)->walk([&](spk::SynapseOp op) { synapse = op; });
  (*module)->walk([&](spk::NeuronOp op) { neuron = op; });
  EXPECT_EQ(synapse.getFloatDelay(), 70u) << "longer than an axon's: lags may take the rest";
  EXPECT_FALSE(synapse.getDelays());
  EXPECT_EQ(neuron.getModel().name, "lif");
  EXPECT_THAT(*spk::floatValues(neuron.getParameter("tau")), ElementsAre(0, 0));
  EXPECT_THAT(*spk::floatValues(neuron.getParameter("v_threshold")), ElementsAre(3, -4));
}

TEST(FromNetworkWithDelays, r0701_anOutputBehindADelayIsRefused) {
  mlir::MLIRContext context;
  loadDialects(context);
  Builder builder = begin();
  builder.threshold("t", {2}).delay("d", {2}, {1e-3}).connect("in", "t").connect("t", "d").output("out", "d");
  auto module = fromNetwork(*builder.build(), context);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().diagnostics[0].code, "R0701");
  EXPECT_THAT(module.error().diagnostics[0].remedy, HasSubstr("neurons before 'd'"));
}

}  // namespace
}  // namespace rheo
