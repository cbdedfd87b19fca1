// The float reference on small networks made from arrays.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "network/Builder.h"
#include "sim/FloatReference.h"

namespace rheo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Trace<float> column(std::vector<float> values) {
  Trace<float> trace(1, static_cast<std::int64_t>(values.size()), 1);
  trace.values.assign(values.begin(), values.end());
  return trace;
}

BasicRecording<float> runOne(const Expected<Network>& network, const Trace<float>& x,
                             RunOptions options = {}) {
  EXPECT_TRUE(network) << (network ? "" : network.error().diagnostics[0].message);
  if (!network) return {};
  const std::vector<Trace<float>> inputs{x};
  auto recording = runFloat<float>(*network, floatInput(inputs), options);
  EXPECT_TRUE(recording) << (recording ? "" : recording.error().diagnostics[0].message);
  return recording ? *recording : BasicRecording<float>{};
}

ConventionOptions conventions(double dt, Reset reset = Reset::ToVReset) {
  ConventionOptions options;
  options.dt = dt;
  options.reset = reset;
  return options;
}

RunOptions probing(std::vector<std::string> probes) {
  RunOptions options;
  options.probes = std::move(probes);
  return options;
}

std::filesystem::path dataFolder() {
  const char* given = std::getenv("RHEOBASE_DATA");
  return given ? std::filesystem::path(given) : std::filesystem::path(RHEO_SOURCE_DIR) / "../shared/data";
}

TEST(FloatReference, f2_lifEqualsNorseBitForBit) {
  std::ifstream file(dataFolder() / "nir/lif_traces/lif_norse.csv");
  if (!file) GTEST_SKIP() << "no recordings under " << dataFolder();
  std::vector<float> x, v, z;
  for (std::string line; std::getline(file, line);) {
    double a, b, c;
    ASSERT_EQ(std::sscanf(line.c_str(), "%lf,%lf,%lf", &a, &b, &c), 3);
    x.push_back(static_cast<float>(a));
    v.push_back(static_cast<float>(b));
    z.push_back(static_cast<float>(c));
  }
  ASSERT_EQ(x.size(), 1000u);
  Builder builder("lif", conventions(1e-4));
  builder.input("in", {1})
      .lif("n", {1}, {.tau = {2.5e-3f}, .vThreshold = {0.1f}})
      .connect("in", "n", {1}, {0});
  const auto recording = runOne(builder.build(), column(x), probing({"n.v"}));
  EXPECT_EQ(recording.states.at("n.v").values, v);
  EXPECT_EQ(recording.spikes.at("n").values, z);
  EXPECT_EQ(recording.outputs.at("output").values, z);
}

// SPEC F14: the integer step over real numbers. The integers would lose 0.5 of v = 64.5 in the first step.
TEST(FloatReference, f14_exact_nodes_step_without_rounding) {
  Builder builder("exact");
  builder.input("in", {1})
      .neurons("cuba_lif", "n", {1},
               {{"decay_u", {2048}}, {"decay_v", {1024}}, {"threshold", {200}}, {"bias", {1}}})
      .connect("in", "n", {1});
  const auto recording = runOne(builder.build(), column({1, 0, 0, 1, 0, 0}), probing({"n.u", "n.v"}));
  EXPECT_THAT(recording.states.at("n.u").values, ElementsAre(64, 32, 16, 72, 36, 18));
  EXPECT_THAT(recording.states.at("n.v").values,
              ElementsAre(65, 81.75f, 78.3125f, 131.734375f, 135.80078125f, 120.8505859375f));
  EXPECT_THAT(recording.spikes.at("n").values, testing::Each(0.f));
  Builder readout("readout");
  readout.input("in", {1}).neurons("li", "n", {1}, {{"decay_v", {2048}}}).connect("in", "n", {2});
  EXPECT_THAT(runOne(readout.build(), column({1, 0, 0})).outputs.at("output").values,
              ElementsAre(128, 64, 32));
}

// SPEC T1, F14: half a turn a step of a resonator, and a product of two ports.
TEST(FloatReference, f14_t1_exact_nodes_with_ports_step_without_rounding) {
  Builder builder("ports");
  builder.input("in", {2})
      .neurons("prod_neuron", "n", {1}, {{"exponent", {2}}, {"threshold", {0}}})
      .neurons("resonate_and_fire", "r", {1}, {{"cosine", {-16384}}, {"sine", {0}}, {"threshold", {100}}})
      .connect("in", "n", {1, 0, 0, 3})
      .connect("in", "r", {1, 0, 0, 1});
  Trace<float> input(1, 3, 2);
  input.values = {1, 1, 3, 5, 0, 0};
  const auto recording = runOne(builder.build(), input, probing({"n.product", "r.real", "r.imag"}));
  EXPECT_THAT(recording.states.at("n.product").values, ElementsAre(0.75f, 11.25f, 0));
  EXPECT_THAT(recording.spikes.at("n").values, ElementsAre(0.75f, 11.25f, 0));
  EXPECT_THAT(recording.states.at("r.real").values, ElementsAre(1, 2.5f, -1.25f));
  EXPECT_THAT(recording.states.at("r.imag").values, ElementsAre(1, 4.5f, -2.25f));
}

TEST(FloatReference, f2_cubaUsesTheNewCurrent) {
  Builder builder("cuba", conventions(1));
  builder.input("in", {1}).cubaLi("n", {1}, {.tauSyn = {2}, .tauMem = {4}, .inputWeight = {2}});
  builder.connect("in", "n");
  const auto recording = runOne(builder.build(), column({1, 0}), probing({"n.u", "n.v"}));
  EXPECT_THAT(recording.states.at("n.u").values, ElementsAre(1.0f, 0.5f));
  EXPECT_THAT(recording.states.at("n.v").values, ElementsAre(0.25f, 0.25f + 0.25f * (0.5f - 0.25f)));
}

TEST(FloatReference, f3_exponentialShare) {
  ConventionOptions options = conventions(1);
  options.discretization = Discretization::Exponential;
  Builder builder("li", options);
  builder.input("in", {1}).li("n", {1}, {.tau = {2}}).connect("in", "n");
  const auto recording = runOne(builder.build(), column({1}));
  EXPECT_FLOAT_EQ(recording.outputs.at("output").values[0], static_cast<float>(1 - std::exp(-0.5)));
}

TEST(FloatReference, f5_recurrentSpikesArriveOneStepLaterAndBiasActsAtOnce) {
  Builder builder("loop", conventions(1));
  builder.input("in", {1}).integrateAndFire("n", {1}, {.vThreshold = {0.9}}).connect("in", "n", {1});
  builder.connect("n", "n", {1}, {0.25});
  const auto recording = runOne(builder.build(), column({1, 0, 0}), probing({"n.v"}));
  EXPECT_THAT(recording.spikes.at("n").values, ElementsAre(1, 1, 1));  // 1.25, then 1 + 0.25 each
  const auto quiet = runOne(builder.build(), column({0, 0}), probing({"n.v"}));
  EXPECT_THAT(quiet.states.at("n.v").values, ElementsAre(0.25f, 0.5f));
}

TEST(FloatReference, f7_f9_aMatrixReadsAFlattenedInputInCOrder) {
  Network network;
  const auto node = [&](const char* name, const char* kind, std::vector<std::int64_t> shape) -> Node& {
    Node& made = network.nodes.emplace_back();
    made.name = name;
    made.kind = kind;
    made.inputShape = made.outputShape = std::move(shape);
    return made;
  };
  const auto tensor = [](std::vector<std::int64_t> shape, std::vector<double> values) {
    Tensor made;
    made.shape = std::move(shape);
    made.values = std::move(values);
    return made;
  };
  node("in", "Input", {2, 2}).parameters = {};
  node("flat", "Flatten", {}).parameters = {{"start_dim", tensor({}, {0})}, {"end_dim", tensor({}, {-1})}};
  node("w", "Linear", {}).parameters = {{"weight", tensor({1, 4}, {1, 10, 100, 1000})}};
  node("sum", "I", {}).parameters = {{"r", tensor({1}, {1})}};
  node("out", "Output", {1});
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {3, 4, 0}};
  Trace<float> x(1, 1, 4);
  x.values = {1, 2, 4, 8};
  const auto recording = runOne(finishNetwork(network, conventions(1e-3), "test"), x, probing({"sum.v"}));
  EXPECT_THAT(recording.states.at("sum.v").values, ElementsAre(8421));
}

TEST(FloatReference, f11_resets) {
  const auto potentials = [](Reset reset) {
    Builder builder("if", conventions(1, reset));
    builder.input("in", {1})
        .integrateAndFire("n", {1}, {.vThreshold = {1}, .vReset = {0.25}})
        .connect("in", "n");
    return runOne(builder.build(), column({1.5f, 0.5f, 0}), probing({"n.v"})).states.at("n.v").values;
  };
  EXPECT_THAT(potentials(Reset::Zero), ElementsAre(0, 0.5f, 0.5f));
  EXPECT_THAT(potentials(Reset::ToVReset), ElementsAre(0.25f, 0.75f, 0.75f));
  EXPECT_THAT(potentials(Reset::Subtract), ElementsAre(0.5f, 1, 1));  // strictly above: 1 is no spike
  EXPECT_THAT(potentials(Reset::SubtractLate), ElementsAre(0.5f, 1, 1));
}

TEST(FloatReference, f11_diracSpikesHaveAreaOne) {
  ConventionOptions options = conventions(0.5);
  options.spikes = SpikeUnit::Dirac;
  Builder builder("dirac", options);
  builder.input("in", {1}).integrateAndFire("n", {1}, {.vThreshold = {0.5}}).li("out", {1}, {.tau = {2}});
  builder.connect("in", "n").connect("n", "out");
  const auto recording = runOne(builder.build(), column({1, 0}), probing({"n.v", "out.v"}));
  EXPECT_THAT(recording.spikes.at("n").values, ElementsAre(1, 0));
  EXPECT_THAT(recording.states.at("out.v").values, ElementsAre(0.5f, 0.375f));  // (dt / tau) / dt
}

TEST(FloatReference, f4_zerosThreadsAndPrecisionDoNotChangeTheOrderOfSums) {
  constexpr int kSources = 40, kTargets = 9;
  std::vector<double> weights(kSources * kTargets);
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(std::sin(0.7 * i) * std::pow(3.0, i % 11));
  Builder builder("sums", conventions(1));
  builder.input("in", {kSources}).integrator("n", {kTargets}).connect("in", "n", weights);
  const auto network = builder.build();
  ASSERT_TRUE(network);
  std::vector<Trace<float>> inputs{Trace<float>(17, 6, kSources)};
  for (std::size_t i = 0; i < inputs[0].values.size(); ++i)
    inputs[0].values[i] = i % 3 == 0 ? 0.1f * (i % 7) : 0.0f;
  RunOptions options;
  options.threads = 1;
  const auto one = runFloat<float>(*network, floatInput(inputs), options);
  options.threads = 4;
  const auto four = runFloat<float>(*network, floatInput(inputs), options);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->outputs.at("output").values, four->outputs.at("output").values);
  for (int sample = 0; sample < 17; ++sample) {
    std::vector<float> v(kTargets, 0.0f);
    for (int t = 0; t < 6; ++t) {
      for (int i = 0; i < kTargets; ++i) {
        volatile float sum = 0;
        for (int j = 0; j < kSources; ++j) {
          const volatile float product =
              static_cast<float>(weights[i * kSources + j]) * inputs[0].row(sample, t)[j];
          sum = sum + product;
        }
        v[i] += sum;
        EXPECT_EQ(one->outputs.at("output").row(sample, t)[i], v[i]);
      }
    }
  }
}

TEST(FloatReference, f2_float64RunsTheSameRules) {
  Builder builder("li", conventions(1e-4));
  builder.input("in", {1}).li("n", {1}, {.tau = {1e-3}}).connect("in", "n");
  const auto network = builder.build();
  ASSERT_TRUE(network);
  std::vector<Trace<double>> inputs{Trace<double>(1, 1, 1)};
  inputs[0].values = {1};
  const auto recording = runFloat<double>(*network, floatInput(inputs), {});
  ASSERT_TRUE(recording);
  EXPECT_EQ(recording->outputs.at("output").values[0], 1e-4 / 1e-3);
}

TEST(FloatReference, r066_faultsAreNamed) {
  Builder builder("li", conventions(1e-4));
  builder.input("in", {2}).li("n", {2}, {.tau = {1e-3}}).connect("in", "n");
  const auto network = builder.build();
  ASSERT_TRUE(network);
  const auto code = [&](const std::vector<Trace<float>>& inputs, const RunOptions& options) {
    const auto result = runFloat<float>(*network, floatInput(inputs), options);
    return result ? std::string("accepted") : result.error().diagnostics[0].code;
  };
  EXPECT_EQ(code({Trace<float>(1, 1, 3)}, {}), "R0660");
  EXPECT_EQ(code({}, {}), "R0660");
  EXPECT_EQ(code({Trace<float>(1, 1, 2)}, probing({"n.u"})), "R0661");
  EXPECT_EQ(code({Trace<float>(1, 1, 2)}, probing({"v"})), "R0661");
  Trace<float> nan(1, 1, 2);
  nan.values[1] = std::nanf("");
  EXPECT_EQ(code({nan}, {}), "R0662");
  std::atomic<bool> cancel{true};
  RunOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(code({Trace<float>(1, 1, 2)}, options), "R0663");
  EXPECT_EQ(code({Trace<float>(0, 1, 2)}, {}), "accepted");
}

TEST(FloatReference, f10_integerPayloadsAreTakenAsTheyAre) {
  Builder builder("if", conventions(1));
  builder.input("in", {2}).integrator("n", {2}).connect("in", "n");
  const auto network = builder.build();
  ASSERT_TRUE(network);
  InputBatch batch;
  batch.batch = 1;
  batch.steps = 2;
  batch.inputs.resize(1);
  batch.inputs[0].narrow = {1, 0, 0, 3};
  const auto recording = runFloat<float>(*network, floatInput<float>(batch, *network), {});
  ASSERT_TRUE(recording);
  EXPECT_THAT(recording->outputs.at("output").values, ElementsAre(1, 0, 1, 3));
}

TEST(Builder, connectionsBecomeNamedNodes) {
  Builder builder("net");
  builder.input("in", {2}).lif("hidden", {3}, {.tau = {1e-3, 2e-3, 3e-3}});
  builder.connect("in", "hidden", {1, 2, 3, 4, 5, 6}).connect("in", "hidden", {1, 2, 3, 4, 5, 6}, {1, 1, 1});
  const auto network = builder.build();
  ASSERT_TRUE(network) << network.error().diagnostics[0].message;
  EXPECT_EQ(network->nodes[network->find("in_to_hidden")].kind, "Linear");
  EXPECT_EQ(network->nodes[network->find("in_to_hidden_2")].kind, "Affine");
  EXPECT_GE(network->find("output"), 0);
}

TEST(Builder, r02_mistakesAreReported) {
  const auto code = [](const Builder& builder) {
    const auto network = builder.build();
    return network ? std::string("accepted") : network.error().diagnostics[0].code;
  };
  Builder weights;
  weights.input("in", {2}).lif("n", {3}, {.tau = {1}}).connect("in", "n", {1, 2, 3});
  EXPECT_EQ(code(weights), "R0205");
  Builder name;
  name.input("in", {2}).lif("n", {3}, {.tau = {1}}).connect("in", "m", {1, 2, 3});
  EXPECT_EQ(code(name), "R0206");
  Builder tau;
  tau.input("in", {2}).lif("n", {3}, {.tau = {1, 2}}).connect("in", "n", {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(code(tau), "R0205");
}

}  // namespace
}  // namespace rheo
