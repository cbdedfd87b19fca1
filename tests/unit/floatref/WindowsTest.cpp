// Convolutions, poolings and delays of the float reference against the rules written out as loops.
#include <gmock/gmock.h>

#include <random>

#include "network/ConvolutionNodes.h"
#include "network/Delays.h"
#include "sim/FloatReference.h"

namespace rheo::windows {
namespace {

Tensor tensor(std::vector<std::int64_t> shape, std::vector<double> values) {
  return Tensor{std::move(shape), std::move(values), DType::Float64, ""};
}

// A network of one stateless node between an Input and an Output.
Network single(std::vector<std::int64_t> shape, const std::string& kind,
               std::map<std::string, Tensor> parameters) {
  Network network;
  network.nodes.resize(3);
  network.nodes[0] = {"in", "Input", shape, shape, {}, ""};
  network.nodes[1] = {"node", kind, {}, {}, std::move(parameters), ""};
  network.nodes[2] = {"out", "Output", {}, {}, {}, ""};
  network.edges = {{0, 1, 0}, {1, 2, 0}};
  auto finished = finishNetwork(network, {}, "test");
  EXPECT_TRUE(finished) << (finished ? "" : finished.error().diagnostics[0].message);
  return finished ? *finished : Network{};
}

template <class Real>
std::vector<Real> run(const Network& network, const Trace<Real>& x) {
  const std::vector<Trace<Real>> inputs{x};
  auto recording = runFloat<Real>(network, floatInput(inputs), {});
  EXPECT_TRUE(recording) << (recording ? "" : recording.error().diagnostics[0].message);
  const auto& values = recording->outputs.at("out").values;
  return {values.begin(), values.end()};
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(engine_() % bound); }
  double value() { return std::normal_distribution<double>()(engine_); }
  Tensor values(std::vector<std::int64_t> shape) {
    Tensor made = tensor(shape, {});
    std::int64_t size = 1;
    for (const std::int64_t extent : shape) size *= extent;
    for (std::int64_t i = 0; i < size; ++i) made.values.push_back(value());
    return made;
  }
  Tensor counts(std::size_t size, std::int64_t least, std::int64_t most) {
    Tensor made = tensor({static_cast<std::int64_t>(size)}, {});
    for (std::size_t i = 0; i < size; ++i)
      made.values.push_back(static_cast<double>(least + below(most - least + 1)));
    return made;
  }

 private:
  std::mt19937 engine_;
};

template <class Real>
Trace<Real> someInput(Random& random, std::int64_t steps, std::int64_t width) {
  Trace<Real> x(1, steps, width);
  for (auto& value : x.values) value = random.below(3) == 0 ? Real(0) : static_cast<Real>(random.value());
  return x;
}

// SPEC F15, one output at a time, inputs in ascending order.
template <class Real>
std::vector<Real> byHand(const Node& node, const Real* x) {
  const Convolution c = convolutionOf(node);
  const std::vector<double> kernel = isPool(node.kind)
                                         ? std::vector<double>(static_cast<std::size_t>(c.kernelSize()), 1.0)
                                         : node.parameters.at("weight").values;
  std::vector<Real> y;
  for (std::int64_t o = 0; o < c.channelsOut; ++o)
    for (std::int64_t row = 0; row < c.rows.outputs; ++row)
      for (std::int64_t column = 0; column < c.columns.outputs; ++column) {
        Real sum = 0;
        const std::int64_t first = o / c.channelsOutPerGroup() * c.channelsInPerGroup();
        for (std::int64_t i = 0; i < c.channelsInPerGroup(); ++i)
          for (std::int64_t k = 0; k < c.rows.kernel; ++k)
            for (std::int64_t l = 0; l < c.columns.kernel; ++l) {
              const std::int64_t r = row * c.rows.stride - c.rows.padding + k * c.rows.dilation;
              const std::int64_t q = column * c.columns.stride - c.columns.padding + l * c.columns.dilation;
              if (r < 0 || q < 0 || r >= c.rows.inputs || q >= c.columns.inputs) continue;
              sum += static_cast<Real>(kernel[c.kernelIndex(o, i, k, l)]) *
                     x[((first + i) * c.rows.inputs + r) * c.columns.inputs + q];
            }
        if (node.kind == "AvgPool2d") sum /= static_cast<Real>(c.rows.kernel * c.columns.kernel);
        if (const auto bias = node.parameters.find("bias"); bias != node.parameters.end())
          sum += static_cast<Real>(bias->second.values[o]);
        y.push_back(sum);
      }
  return y;
}

template <class Real>
void compare(const Network& network, Random& random) {
  const Node& node = network.nodes[1];
  const Trace<Real> x = someInput<Real>(random, 2, node.inputSize());
  std::vector<Real> expected;
  for (std::int64_t t = 0; t < 2; ++t) {
    const std::vector<Real> step = byHand(node, x.row(0, t));
    expected.insert(expected.end(), step.begin(), step.end());
  }
  EXPECT_EQ(run(network, x), expected) << node.kind;
}

TEST(FloatWindows, f15_equalsTheSumBitForBit) {
  Random random(1);
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t axes = 1 + random.below(2);
    const std::int64_t groups = 1 + random.below(3);
    std::vector<std::int64_t> shape{groups * (1 + random.below(3))},
        kernel{groups * (1 + random.below(5)), shape[0] / groups};
    for (std::size_t i = 0; i < axes; ++i) {
      shape.push_back(7 + random.below(6));
      kernel.push_back(1 + random.below(4));
    }
    std::map<std::string, Tensor> parameters{{"weight", random.values(kernel)},
                                             {"stride", random.counts(axes, 1, 4)},
                                             {"padding", random.counts(axes, 0, 5)},
                                             {"dilation", random.counts(axes, 1, 2)},
                                             {"groups", tensor({}, {static_cast<double>(groups)})}};
    if (random.below(2) == 0) parameters["bias"] = random.values({kernel[0]});
    const Network network = single(shape, axes == 1 ? "Conv1d" : "Conv2d", parameters);
    compare<float>(network, random);
    compare<double>(network, random);
  }
}

TEST(FloatWindows, f16_equalsTheSumBitForBit) {
  Random random(2);
  for (int trial = 0; trial < 100; ++trial) {
    const std::map<std::string, Tensor> parameters{{"kernel_size", random.counts(2, 1, 4)},
                                                   {"stride", random.counts(2, 1, 4)},
                                                   {"padding", random.counts(2, 0, 3)}};
    const std::vector<std::int64_t> shape{1 + random.below(3), 4 + random.below(6), 4 + random.below(6)};
    compare<float>(single(shape, trial % 2 ? "SumPool2d" : "AvgPool2d", parameters), random);
  }
}

// <C x, y> = <x, C' y> for every x and y says that C' is the transpose.
TEST(FloatWindows, f17_isTheTransposeOfTheConvolution) {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const std::int64_t groups = 1 + random.below(2);
    const std::int64_t in = groups * (1 + random.below(3)), out = groups * (1 + random.below(3));
    std::map<std::string, Tensor> parameters{
        {"weight", random.values({in, out / groups, 2 + random.below(3), 2 + random.below(3)})},
        {"stride", random.counts(2, 1, 3)},
        {"padding", random.counts(2, 0, 1)},
        {"dilation", random.counts(2, 1, 2)},
        {"groups", tensor({}, {static_cast<double>(groups)})}};
    const Network network =
        single({in, 3 + random.below(4), 3 + random.below(4)}, "ConvTranspose2d", parameters);
    const Network forward = single(network.nodes[1].outputShape, "Conv2d", parameters);
    ASSERT_EQ(forward.nodes[1].outputShape, network.nodes[1].inputShape);
    const Trace<double> x = someInput<double>(random, 1, network.nodes[1].inputSize());
    const Trace<double> y = someInput<double>(random, 1, network.nodes[1].outputSize());
    const std::vector<double> transposed = run(network, x), convolved = run(forward, y);
    double left = 0, right = 0;
    for (std::size_t i = 0; i < transposed.size(); ++i) left += transposed[i] * y.values[i];
    for (std::size_t i = 0; i < convolved.size(); ++i) right += convolved[i] * x.values[i];
    EXPECT_NEAR(left, right, 1e-9);
  }
}

// y[t] = sum of w x[t - d] + b, written out, for every shape that a delay may have.
TEST(FloatWindows, f18_delayedWeightsTakeThePast) {
  Random random(4);
  const std::int64_t outputs = 5, inputs = 4, steps = 9;
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, {outputs, 1}, {1, inputs}, {outputs, inputs}}) {
    Tensor delay = random.counts(shape.empty() ? 1 : shape[0] * shape[1], 0, 5);
    delay.values[0] = 3;
    delay.shape = shape;
    const Network network = single(
        {inputs}, "Affine",
        {{"weight", random.values({outputs, inputs})}, {"bias", random.values({outputs})}, {"delay", delay}});
    const auto& weight = network.nodes[1].parameters.at("weight").values;
    const auto& bias = network.nodes[1].parameters.at("bias").values;
    const Trace<float> x = someInput<float>(random, steps, inputs);
    std::vector<float> expected;
    for (std::int64_t t = 0; t < steps; ++t)
      for (std::int64_t i = 0; i < outputs; ++i) {
        float sum = 0;
        for (std::int64_t j = 0; j < inputs; ++j) {
          const std::int64_t row = shape.empty() || shape[0] == 1 ? 0 : i,
                             column = shape.empty() || shape[1] == 1 ? 0 : j;
          const auto d =
              static_cast<std::int64_t>(delay.values[row * (shape.empty() ? 1 : shape[1]) + column]);
          if (t >= d) sum += static_cast<float>(weight[i * inputs + j]) * x.row(0, t - d)[j];
        }
        expected.push_back(sum + static_cast<float>(bias[i]));
      }
    EXPECT_EQ(run(network, x), expected);
  }
}

TEST(FloatWindows, f18_delayedKernelsTakeThePast) {
  Random random(5);
  const std::vector<std::int64_t> shape{2, 4, 3};
  for (const std::vector<std::int64_t>& along : {std::vector<std::int64_t>{3, 1, 1, 1}, {1, 2, 1, 1}}) {
    std::map<std::string, Tensor> parameters{{"weight", random.values({3, 2, 3, 2})},
                                             {"bias", random.values({3})}};
    const Network plain = single(shape, "Conv2d", parameters);
    Tensor delay = tensor(along, {2, 0, 1});
    delay.values.resize(static_cast<std::size_t>(along[0] * along[1]));
    parameters["delay"] = delay;
    const Network network = single(shape, "Conv2d", parameters);
    const Trace<float> x = someInput<float>(random, 6, 24);
    const std::int64_t width = plain.nodes[1].outputSize();
    std::vector<float> expected;
    for (std::int64_t t = 0; t < 6; ++t) {
      std::vector<float> now(24, 0);
      for (std::int64_t i = 0; i < 24; ++i) {
        const auto d = along[1] == 2 ? static_cast<std::int64_t>(delay.values[i / 12]) : 0;
        if (t >= d) now[i] = x.row(0, t - d)[i];
      }
      for (std::int64_t o = 0; o < width; ++o) {
        const auto d = along[0] == 3 ? static_cast<std::int64_t>(delay.values[o / (width / 3)]) : 0;
        if (along[0] == 3 && d > 0) {
          const std::vector<float> none(24, 0);
          expected.push_back(byHand(plain.nodes[1], t >= d ? x.row(0, t - d) : none.data())[o]);
        } else {
          expected.push_back(byHand(plain.nodes[1], now.data())[o]);
        }
      }
    }
    EXPECT_EQ(run(network, x), expected);
  }
}

TEST(FloatWindows, f5_f18_aDelayInALoopAddsToItsStep) {
  Network network;
  const auto add = [&](const char* name, const char* kind, std::map<std::string, Tensor> parameters) {
    network.nodes.push_back({name, kind, {}, {}, std::move(parameters), ""});
  };
  add("in", "Input", {{"shape", tensor({1}, {1})}});
  add("n", "IF", {{"r", tensor({}, {1})}, {"v_threshold", tensor({}, {0.5})}});
  add("loop", "Linear", {{"weight", tensor({1, 1}, {1})}, {"delay", tensor({}, {2})}});
  add("out", "Output", {});
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 1, 0}, {1, 3, 0}};
  const auto finished = finishNetwork(network, {}, "test");
  ASSERT_TRUE(finished);
  Trace<float> x(2, 7, 1);  // two samples: the second starts anew
  x.row(0, 0)[0] = x.row(1, 1)[0] = 1;
  EXPECT_THAT(run(*finished, x), testing::ElementsAre(1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0));
}

}  // namespace
}  // namespace rheo::windows
