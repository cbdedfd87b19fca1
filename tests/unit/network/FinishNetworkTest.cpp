// finishNetwork: what it infers, what it refuses, what it assumes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "network/Network.h"

namespace rheo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor tensor(std::vector<std::int64_t> shape, std::vector<double> values) {
  return Tensor{std::move(shape), std::move(values), DType::Float32, ""};
}
Tensor full(std::vector<std::int64_t> shape, double value) {
  std::int64_t size = 1;
  for (const auto d : shape) size *= d;
  return tensor(shape, std::vector<double>(size, value));
}

Node node(std::string name, std::string kind, std::map<std::string, Tensor> parameters = {}) {
  Node n;
  n.name = std::move(name);
  n.kind = std::move(kind);
  n.parameters = std::move(parameters);
  return n;
}
Node lif(std::string name, Tensor tau = tensor({}, {1e-3})) {
  return node(
      std::move(name), "LIF",
      {{"tau", std::move(tau)}, {"r", full({}, 1)}, {"v_leak", full({}, 0)}, {"v_threshold", full({}, 1)}});
}
Node cuba(std::string name, int n, double tauMem, double tauSyn, double dt) {
  return node(std::move(name), "CubaLIF",
              {{"tau_mem", full({n}, tauMem)},
               {"tau_syn", full({n}, tauSyn)},
               {"r", full({n}, tauMem / dt)},
               {"w_in", full({n}, tauSyn / dt)},
               {"v_leak", full({n}, 0)},
               {"v_threshold", full({n}, 1)}});
}

// input(3) -> fc [5, 3] -> hidden -> output, and hidden -> rec -> hidden.
Network recurrent() {
  Network network;
  network.nodes = {node("input", "Input", {{"shape", tensor({1}, {3})}}),
                   node("fc", "Linear", {{"weight", full({5, 3}, 0.5)}}), lif("hidden"),
                   node("rec", "Affine", {{"weight", full({5, 5}, 0.1)}, {"bias", full({5}, 0.1)}}),
                   node("output", "Output", {{"shape", tensor({1}, {5})}})};
  network.edges = {{0, 1}, {1, 2}, {2, 3}, {3, 2}, {2, 4}};
  return network;
}

const Edge* edge(const Network& network, const std::string& source, const std::string& target) {
  for (const Edge& e : network.edges) {
    if (network.nodes[e.source].name == source && network.nodes[e.target].name == target) return &e;
  }
  return nullptr;
}
const Assumption* assumption(const Network& network, const std::string& what) {
  for (const Assumption& a : network.assumptions) {
    if (a.what == what) return &a;
  }
  return nullptr;
}
std::string refusal(Network network, const ConventionOptions& options = {}) {
  const auto result = finishNetwork(std::move(network), options, "net.nir");
  return result ? "accepted"
                : result.error().diagnostics[0].code + " " + result.error().diagnostics[0].message;
}

TEST(FinishNetwork, f5_theEdgeThatLeavesTheNeuronIntoTheLoopIsDelayed) {
  const auto network = finishNetwork(recurrent(), {}, "net.nir");
  ASSERT_TRUE(network);
  EXPECT_EQ(edge(*network, "hidden", "rec")->delaySteps, 1);
  EXPECT_EQ(edge(*network, "rec", "hidden")->delaySteps, 0);
  EXPECT_EQ(edge(*network, "hidden", "output")->delaySteps, 0);
  std::vector<int> place(network->nodes.size());
  const auto order = updateOrder(*network);
  ASSERT_EQ(order.size(), network->nodes.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  for (const Edge& e : network->edges) {
    EXPECT_TRUE(e.delaySteps == 1 || place[e.source] < place[e.target]);
  }
}

TEST(FinishNetwork, f5_feedbackFromTheDeeperLayerIsDelayed) {
  Network network;
  network.nodes = {node("z_in", "Input", {{"shape", tensor({1}, {2})}}), lif("y1"), lif("a2"),
                   node("out", "Output", {{"shape", tensor({1}, {2})}})};
  network.edges = {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {2, 2}};
  const auto finished = finishNetwork(network, {}, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(edge(*finished, "y1", "a2")->delaySteps, 0);
  EXPECT_EQ(edge(*finished, "a2", "y1")->delaySteps, 1);
  EXPECT_EQ(edge(*finished, "a2", "a2")->delaySteps, 1);
}

TEST(FinishNetwork, f5_everyHopTakesAStepWhereAsked) {
  ConventionOptions options;
  options.feedforwardDelay = FeedforwardDelay::OneStep;
  const auto network = finishNetwork(recurrent(), options, "net.nir");
  ASSERT_TRUE(network);
  EXPECT_EQ(edge(*network, "input", "fc")->delaySteps, 1);
  EXPECT_EQ(edge(*network, "fc", "hidden")->delaySteps, 0);
  EXPECT_EQ(edge(*network, "hidden", "rec")->delaySteps, 1);
  EXPECT_EQ(edge(*network, "rec", "hidden")->delaySteps, 0);
  EXPECT_EQ(edge(*network, "hidden", "output")->delaySteps, 0);
  const Assumption* told = assumption(*network, "feedforward delay");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->value, "1");
  EXPECT_EQ(updateOrder(*network).size(), network->nodes.size());
}

TEST(FinishNetwork, f1_gainsAreReadOnlyWhereShapesFit) {
  Network network = recurrent();
  network.nodes[2] = cuba("hidden", 5, 2e-3, 1e-3, 1e-4);
  network.nodes[2].parameters["tau_syn"] = full({2}, 1e-3);
  const auto refused = finishNetwork(network, {}, "net.nir");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().diagnostics[0].code, "R0205");
}

TEST(FinishNetwork, f13_singleValuesSpreadToTheInferredShape) {
  const auto network = finishNetwork(recurrent(), {}, "net.nir");
  ASSERT_TRUE(network);
  const Node& hidden = network->nodes[network->find("hidden")];
  EXPECT_THAT(hidden.outputShape, ElementsAre(5));
  EXPECT_THAT(hidden.parameters.at("tau").shape, ElementsAre(5));
  EXPECT_EQ(hidden.parameters.at("tau").values, std::vector<double>(5, 1e-3));
  EXPECT_EQ(hidden.parameters.at("v_reset").values, std::vector<double>(5, 0));
  EXPECT_EQ(hidden.parameters.at("tau").unit, "s");
  ASSERT_TRUE(assumption(*network, "missing parameters"));
  EXPECT_THAT(assumption(*network, "missing parameters")->value, HasSubstr("hidden.v_reset = 0"));
}

TEST(FinishNetwork, f13_parametersBroadcastAlongDimensionsOfOne) {
  Network network;
  network.nodes = {node("input", "Input", {{"shape", tensor({3}, {2, 1, 3})}}),
                   lif("n", tensor({2, 1, 1}, {1, 2})),
                   node("flat", "Flatten", {{"start_dim", tensor({}, {0})}, {"end_dim", tensor({}, {-1})}}),
                   node("output", "Output")};
  network.edges = {{0, 1}, {1, 2}, {2, 3}};
  network.nodes[1].parameters["r"] = tensor({1, 1, 3}, {4, 5, 6});
  const auto finished = finishNetwork(network, {}, "");
  ASSERT_TRUE(finished) << finished.error().diagnostics[0].message;
  EXPECT_THAT(finished->nodes[1].parameters.at("tau").values, ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THAT(finished->nodes[1].parameters.at("r").values, ElementsAre(4, 5, 6, 4, 5, 6));
  EXPECT_THAT(finished->nodes[2].outputShape, ElementsAre(6));
  EXPECT_THAT(finished->nodes[3].inputShape, ElementsAre(6));
}

// Two ports: a row of what arrives for each port of each neuron.
TEST(FinishNetwork, t1_portsAreTheLastDimensionOfWhatNeuronsTake) {
  const auto shapes = [](const Tensor& inputShape, const char* middle, const Tensor& weight) {
    Network network;
    network.nodes = {node("input", "Input", {{"shape", inputShape}}),
                     node("n", "prod_neuron", {{"threshold", tensor({}, {5})}}), node("output", "Output")};
    network.edges = {{0, 1}, {1, 2}};
    if (std::string(middle) == "Linear") {
      network.nodes.push_back(node("w", "Linear", {{"weight", weight}}));
      network.edges = {{0, 3}, {3, 1}, {1, 2}};
    }
    auto finished = finishNetwork(network, {}, "");
    EXPECT_TRUE(finished) << finished.error().diagnostics[0].message;
    return *finished;
  };
  const Network matrix = shapes(tensor({1}, {3}), "Linear", full({10, 3}, 2));
  EXPECT_THAT(matrix.nodes[1].inputShape, ElementsAre(5, 2));
  EXPECT_THAT(matrix.nodes[1].outputShape, ElementsAre(5));
  EXPECT_EQ(matrix.nodes[1].parameters.at("threshold").values, std::vector<double>(5, 5));
  EXPECT_THAT(matrix.nodes[2].inputShape, ElementsAre(5));
  const Network direct = shapes(tensor({2}, {4, 2}), "", {});
  EXPECT_THAT(direct.nodes[1].inputShape, ElementsAre(4, 2));
  EXPECT_THAT(direct.nodes[1].outputShape, ElementsAre(4));
  Network odd;  // a row that belongs to no neuron
  odd.nodes = {node("input", "Input", {{"shape", tensor({1}, {7})}}), node("n", "prod_neuron"),
               node("output", "Output")};
  odd.edges = {{0, 1}, {1, 2}};
  EXPECT_THAT(refusal(odd), HasSubstr("R0205"));
}

TEST(FinishNetwork, f10_strayDimensionsOfOneDoNotMatter) {
  Network network = recurrent();
  network.nodes[0].parameters["shape"] = tensor({2}, {1, 3});
  EXPECT_EQ(refusal(network), "accepted");
}

TEST(FinishNetwork, f1_dtIsInferredWhereBothGainsAgree) {
  Network network = recurrent();
  network.nodes[2] = cuba("hidden", 5, 9.99999762e-4, 2.2222e-4, 1e-4);
  auto finished = finishNetwork(network, {}, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->conventions.dt, 1e-4);
  EXPECT_FALSE(assumption(*finished, "dt")->warning);
  EXPECT_THAT(assumption(*finished, "dt")->why, HasSubstr("all 5 current-based neurons"));

  network.nodes[2].parameters["w_in"].values[3] *= 1.01;
  finished = finishNetwork(network, {}, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->conventions.dt, 1e-4);
  EXPECT_TRUE(assumption(*finished, "dt")->warning);
  EXPECT_THAT(assumption(*finished, "dt")->why, HasSubstr("neuron 3 of 'hidden'"));
}

TEST(FinishNetwork, f1_rAloneIsNoEvidence) {
  const auto finished = finishNetwork(recurrent(), {}, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->conventions.dt, 1e-4);
  EXPECT_TRUE(assumption(*finished, "dt")->warning);
  EXPECT_EQ(assumption(*finished, "dt")->howToChange, "--dt SECONDS");
}

TEST(FinishNetwork, f1_whatTheUserPinsWins) {
  ConventionOptions options;
  options.dt = 2e-3;
  options.reset = Reset::Subtract;
  options.framework = "norse";
  const auto finished = finishNetwork(recurrent(), options, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->conventions.dt, 2e-3);
  EXPECT_EQ(finished->conventions.reset, Reset::Subtract);
  EXPECT_TRUE(assumption(*finished, "coarse step"));
  options.dt = -1;
  EXPECT_THAT(refusal(recurrent(), options), HasSubstr("R0211"));
  options.dt = 1e-3;
  options.framework = "pynn";
  EXPECT_THAT(refusal(recurrent(), options), HasSubstr("'pynn'"));
}

TEST(FinishNetwork, f4_repeatedEdgesCountOnce) {
  Network network = recurrent();
  network.edges.push_back({0, 1});
  const auto finished = finishNetwork(network, {}, "");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->edges.size(), 5u);
  EXPECT_TRUE(assumption(*finished, "repeated edge")->warning);
}

TEST(FinishNetwork, r02_faultsAreRefusedByName) {
  Network n = recurrent();
  n.nodes[2].kind = "LIFF";
  EXPECT_THAT(refusal(n), testing::AllOf(HasSubstr("R0201"), HasSubstr("'LIFF'"), HasSubstr("'LIF'")));
  n = recurrent();
  n.nodes[2].kind = "NIRGraph";
  EXPECT_THAT(refusal(n), HasSubstr("R0201"));
  n = recurrent();
  n.nodes[2].parameters.erase("tau");
  EXPECT_THAT(refusal(n), HasSubstr("R0202"));
  n = recurrent();
  n.nodes[2].parameters["tua"] = full({}, 1);
  EXPECT_THAT(refusal(n), HasSubstr("R0202"));
  n = recurrent();
  n.nodes[1].parameters["weight"].values[2] = std::nan("");
  EXPECT_THAT(refusal(n), HasSubstr("R0203"));
  n = recurrent();
  n.nodes[2].parameters["tau"].values[0] = 0;
  EXPECT_THAT(refusal(n), HasSubstr("R0204"));
  n = recurrent();
  n.nodes[1].parameters["weight"] = full({5, 4}, 1);
  EXPECT_THAT(refusal(n), testing::AllOf(HasSubstr("R0205"), HasSubstr("[3]"), HasSubstr("[4]")));
  n = recurrent();
  n.nodes[1].parameters["weight"].values.pop_back();
  EXPECT_THAT(refusal(n), HasSubstr("R0205"));
  n = recurrent();
  n.edges.push_back({2, 9});
  EXPECT_THAT(refusal(n), HasSubstr("R0206"));
  n = recurrent();
  n.edges.push_back({2, 0});
  EXPECT_THAT(refusal(n), HasSubstr("R0206"));
  n = recurrent();
  n.edges.push_back({3, 3});
  EXPECT_THAT(refusal(n), testing::AllOf(HasSubstr("R0207"), HasSubstr("'rec' -> 'rec'")));
  n = recurrent();
  n.nodes[4].kind = "Input";
  EXPECT_THAT(refusal(n), HasSubstr("R0208"));
  n = recurrent();
  n.nodes[3].name = "fc";
  EXPECT_THAT(refusal(n), HasSubstr("R0210"));
  n = recurrent();
  n.nodes[0].parameters["shape"] = tensor({2}, {1e6, 1e6});
  EXPECT_THAT(refusal(n), HasSubstr("R0209"));
  EXPECT_THAT(refusal(Network{}), HasSubstr("R0208"));
}

// Five parameters of 2^13 values, each in a dimension of its own: 2^65 neurons, which is 0 in 64 bits.
TEST(FinishNetwork, r0209_shortParametersMakeNoHugeShape) {
  Network network = recurrent();
  std::vector<std::int64_t> shape(5, 1);
  std::size_t own = 0;
  network.nodes[2].parameters["v_reset"] = full({}, 0);
  for (auto& [name, parameter] : network.nodes[2].parameters) {
    shape.assign(5, 1);
    shape[own++] = 1 << 13;
    parameter = full(shape, 1);
  }
  EXPECT_THAT(refusal(network), HasSubstr("R0209"));
}

// 2^24 neurons fit, and so does a file with one value for each parameter; what it stands for does not.
TEST(FinishNetwork, r0209_expandedParametersAreCounted) {
  Network network;
  network.nodes = {node("input", "Input", {{"shape", tensor({1}, {1 << 24})}}), lif("a"), lif("b"),
                   node("output", "Output")};
  network.edges = {{0, 1}, {1, 2}, {2, 3}};
  EXPECT_THAT(refusal(network), testing::AllOf(HasSubstr("R0209"), HasSubstr("one value for each neuron")));
}

// No shorter decimal of these is a double.
TEST(FinishNetwork, f1_dtAtTheEndsOfItsRange) {
  for (const double dt : {1e-310, 5e-324, 1.7e308, std::numeric_limits<double>::max()}) {
    Network network;
    const double tau = std::min(dt * 1e10, std::numeric_limits<double>::max());
    network.nodes = {node("input", "Input", {{"shape", tensor({1}, {1})}}), cuba("c", 1, tau, tau, dt),
                     node("output", "Output")};
    network.edges = {{0, 1}, {1, 2}};
    const auto finished = finishNetwork(network, {}, "net.nir");
    ASSERT_TRUE(finished) << dt;
    EXPECT_NEAR(finished->conventions.dt / dt, 1, 1e-3) << dt;
  }
}

TEST(FinishNetwork, r0214_unknowableShapesAreRefused) {
  Network network;
  network.nodes = {node("input", "Input"), node("output", "Output")};
  network.edges = {{0, 1}};
  EXPECT_THAT(refusal(network), HasSubstr("R0214"));
}

}  // namespace
}  // namespace rheo
