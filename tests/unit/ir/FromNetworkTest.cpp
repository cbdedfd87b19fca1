// From Network to spk: what is folded, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/FromNetwork.h"
#include "ir/Stages.h"

namespace rheo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor tensor(std::vector<std::int64_t> shape, std::vector<double> values) {
  Tensor result;
  result.shape = std::move(shape);
  result.values = std::move(values);
  return result;
}

Node node(std::string name, std::string kind, std::int64_t in, std::int64_t out,
          std::map<std::string, Tensor> parameters = {}) {
  Node result;
  result.name = std::move(name);
  result.kind = std::move(kind);
  result.inputShape = {in};
  result.outputShape = {out};
  result.parameters = std::move(parameters);
  return result;
}

std::map<std::string, Tensor> ifParameters() {
  return {{"r", tensor({1}, {1})}, {"v_threshold", tensor({1}, {1})}};
}

// in(2) -> w(3x2, bias) -> scale -> if(3) -> out, and if -> rec(3x3) -> if.
Network recurrentNetwork() {
  Network network;
  network.name = "net";
  network.nodes = {
      node("in", "Input", 2, 2),
      node("w", "Affine", 2, 3,
           {{"weight", tensor({3, 2}, {1, 2, 3, 4, 5, 6})}, {"bias", tensor({3}, {1, 2, 3})}}),
      node("scale", "Scale", 3, 3, {{"scale", tensor({3}, {10, 100, 1000})}}),
      node("if", "IF", 3, 3, ifParameters()),
      node("rec", "Linear", 3, 3, {{"weight", tensor({3, 3}, std::vector<double>(9, 0.5))}}),
      node("out", "Output", 3, 3),
  };
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {3, 4, 0}, {3, 5, 0}, {4, 3, 1}};
  network.assumptions = {{"dt", "0.0001 s", "default", "--dt SECONDS", true}};
  return network;
}

struct FromNetwork : ::testing::Test {
  FromNetwork() { loadDialects(context); }
  mlir::MLIRContext context;
};

spk::SynapseOp synapse(mlir::ModuleOp module, llvm::StringRef name) {
  spk::SynapseOp found;
  module.walk([&](spk::SynapseOp op) {
    if (op.getName() == name) found = op;
  });
  return found;
}

TEST_F(FromNetwork, f6_f8_chainsFoldToOneMatrixAndBias) {
  auto module = fromNetwork(recurrentNetwork(), context);
  ASSERT_TRUE(module) << module.error().diagnostics[0].message;
  ASSERT_TRUE(checkStage(**module, Stage::Float));
  spk::SynapseOp in = synapse(**module, "w+scale");
  ASSERT_TRUE(in);
  EXPECT_THAT(*spk::floatValues(in.getWeight()), ElementsAre(10, 20, 300, 400, 5000, 6000));
  EXPECT_THAT(*spk::floatValues(*in.getBias()), ElementsAre(10, 200, 3000));
  EXPECT_EQ(in.getFloatDelay(), 0u);
}

TEST_F(FromNetwork, t5_recurrenceIsACycleOfValuesWithFloatDelay) {
  auto module = fromNetwork(recurrentNetwork(), context);
  ASSERT_TRUE(module);
  spk::SynapseOp recurrent = synapse(**module, "rec");
  ASSERT_TRUE(recurrent);
  EXPECT_EQ(recurrent.getFloatDelay(), 1u);
  EXPECT_EQ(recurrent.getSource().getDefiningOp(), *recurrent.getOutput().getUsers().begin());
}

TEST_F(FromNetwork, aBareConnectionIsTheIdentity) {
  Network network;
  network.nodes = {node("in", "Input", 2, 2), node("i", "I", 2, 2, {{"r", tensor({1}, {1})}}),
                   node("out", "Output", 2, 2)};
  network.edges = {{0, 1, 0}, {1, 2, 0}};
  auto module = fromNetwork(network, context);
  ASSERT_TRUE(module);
  EXPECT_THAT(*spk::floatValues(synapse(**module, "in->i").getWeight()), ElementsAre(1, 1));
  const Wiring wiring = synapse(**module, "in->i").getWiring();
  EXPECT_EQ(wiring, Wiring::convolution(Convolution::elementwise(2))) << "a value for each neuron";
}

TEST_F(FromNetwork, placesAreReadOnceAndJudgedByTheSizesOfEach) {
  Network network;
  std::vector<double> weights(16 * 16);
  for (std::size_t i = 0; i < 16; ++i) weights[i * 16 + 15 - i] = 1;
  network.nodes = {node("in", "Input", 16, 16),
                   node("w", "Linear", 16, 16, {{"weight", tensor({16, 16}, weights)}}),
                   node("i", "I", 16, 16, {{"r", tensor({1}, {1})}}), node("out", "Output", 16, 16)};
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}};
  auto module = fromNetwork(network, context);
  ASSERT_TRUE(module);
  spk::SynapseOp op = synapse(**module, "w");
  const Wiring before = op.getWiring();
  ASSERT_TRUE(checkStage(**module, Stage::Float));
  EXPECT_EQ(op.getWiring(), before) << "as it was read before it was verified";
  EXPECT_EQ(op.getWiring().lists(), op.getWiring().lists()) << "the same lists, not equal ones";
  const auto sound = [&](std::int64_t targets, std::int64_t sources) {
    mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic&) { return mlir::success(); });
    return succeeded(spk::verifyWiring(op, "w", {}, op.getPlaces(), {}, targets, sources));
  };
  EXPECT_TRUE(sound(16, 16));
  EXPECT_TRUE(sound(17, 20));
  EXPECT_FALSE(sound(15, 16));
  EXPECT_FALSE(sound(16, 15));
}

TEST_F(FromNetwork, f6_anAffineBehindTwoSourcesAddsItsBiasOnce) {
  Network network;
  network.nodes = {node("a", "Input", 1, 1), node("b", "Input", 1, 1),
                   node("w", "Affine", 1, 1, {{"weight", tensor({1, 1}, {2})}, {"bias", tensor({1}, {7})}}),
                   node("i", "I", 1, 1, {{"r", tensor({1}, {1})}}), node("out", "Output", 1, 1)};
  network.edges = {{0, 2, 0}, {1, 2, 0}, {2, 3, 0}, {3, 4, 0}};
  auto module = fromNetwork(network, context);
  ASSERT_TRUE(module);
  EXPECT_TRUE(synapse(**module, "w[a->i]").getBias());
  EXPECT_FALSE(synapse(**module, "w[b->i]").getBias());
}

TEST_F(FromNetwork, r0701_outputsReadNeuronsOnly) {
  Network network = recurrentNetwork();
  network.edges.push_back({2, 5, 0});
  auto module = fromNetwork(network, context);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().diagnostics[0].code, "R0701");
  EXPECT_THAT(module.error().diagnostics[0].message, HasSubstr("'scale', which is no neuron"));
}

TEST_F(FromNetwork, r0701_potentialsDoNotFeedSynapses) {
  Network network;
  network.nodes = {node("in", "Input", 1, 1), node("i", "I", 1, 1, {{"r", tensor({1}, {1})}}),
                   node("if", "IF", 1, 1, ifParameters()), node("out", "Output", 1, 1)};
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}};
  auto module = fromNetwork(network, context);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().diagnostics[0].where, "i");
}

TEST_F(FromNetwork, dumpsReadBackToTheSameBytes) {
  auto module = fromNetwork(recurrentNetwork(), context);
  ASSERT_TRUE(module);
  const std::string text = dumpModule(**module);
  EXPECT_THAT(text, HasSubstr("loc(\"if\")"));
  EXPECT_EQ(text.find('/'), std::string::npos) << "a path in a dump";
  mlir::MLIRContext fresh;
  loadDialects(fresh);
  auto again = parseModule(text, "somewhere/net.mlir", fresh);
  ASSERT_TRUE(again) << again.error().diagnostics[0].message;
  EXPECT_EQ(dumpModule(**again), text);
  EXPECT_THAT(*spk::floatValues(synapse(**again, "w+scale").getWeight()),
              ElementsAre(10, 20, 300, 400, 5000, 6000));
}

TEST_F(FromNetwork, dumpsForReadingHaveNoWeights) {
  auto module = fromNetwork(recurrentNetwork(), context);
  ASSERT_TRUE(module);
  EXPECT_THAT(dumpModule(**module), HasSubstr("dialect_resources"));
  EXPECT_THAT(dumpForReading(**module), ::testing::Not(HasSubstr("0x")));
}

}  // namespace
}  // namespace rheo
