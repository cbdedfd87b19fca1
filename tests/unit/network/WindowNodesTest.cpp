// Convolutions, poolings and delays in finishNetwork: shapes, parameters, what is refused.
#include <gmock/gmock.h>

#include "network/ConvolutionNodes.h"
#include "network/Delays.h"

namespace rheo::window_nodes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor tensor(std::vector<std::int64_t> shape, std::vector<double> values) {
  return Tensor{std::move(shape), std::move(values), DType::Float32, ""};
}
Tensor filled(std::vector<std::int64_t> shape, double value = 1) {
  std::int64_t size = 1;
  for (const auto d : shape) size *= d;
  return tensor(shape, std::vector<double>(static_cast<std::size_t>(size), value));
}
Tensor one(double value) { return tensor({}, {value}); }

using Parameters = std::map<std::string, Tensor>;

// input(shape) -> node -> a population without a shape of its own -> output
Network around(std::vector<std::int64_t> shape, const std::string& kind, Parameters parameters) {
  Network network;
  network.nodes.resize(4);
  const auto name = [&](int i, const char* text, std::string what, Parameters with) {
    network.nodes[i].name = text;
    network.nodes[i].kind = std::move(what);
    network.nodes[i].parameters = std::move(with);
  };
  const std::vector<double> extents(shape.begin(), shape.end());
  name(0, "in", "Input", {{"shape", tensor({static_cast<std::int64_t>(shape.size())}, extents)}});
  name(1, "node", kind, std::move(parameters));
  name(2, "n", "IF", {{"r", one(1)}, {"v_threshold", one(1)}});
  name(3, "out", "Output", {});
  network.edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}};
  return network;
}

Node finished(std::vector<std::int64_t> shape, const std::string& kind, Parameters parameters) {
  const auto network = finishNetwork(around(std::move(shape), kind, std::move(parameters)), {}, "net.nir");
  EXPECT_TRUE(network) << (network ? "" : network.error().diagnostics[0].message);
  if (!network) return {};
  EXPECT_EQ(network->nodes[3].outputShape, network->nodes[1].outputShape);
  return network->nodes[1];
}

std::string refusal(std::vector<std::int64_t> shape, const std::string& kind, Parameters parameters) {
  const auto network = finishNetwork(around(std::move(shape), kind, std::move(parameters)), {}, "net.nir");
  if (network) return "accepted";
  const Diagnostic& found = network.error().diagnostics[0];
  EXPECT_FALSE(found.remedy.empty());
  EXPECT_EQ(network.error().diagnostics.size(), 1u);
  return found.code + " " + found.where + ": " + found.message;
}

TEST(WindowNodes, f15_shapesFollowFromTheInput) {
  const Node node =
      finished({2, 34, 30}, "Conv2d",
               {{"weight", filled({16, 2, 5, 3})}, {"stride", one(2)}, {"padding", tensor({2}, {1, 0})}});
  EXPECT_THAT(node.inputShape, ElementsAre(2, 34, 30));
  EXPECT_THAT(node.outputShape, ElementsAre(16, 16, 14));
  EXPECT_THAT(node.parameters.at("stride").values, ElementsAre(2, 2));
  EXPECT_THAT(node.parameters.at("padding").values, ElementsAre(1, 0));
  EXPECT_THAT(node.parameters.at("dilation").values, ElementsAre(1, 1));
  EXPECT_THAT(node.parameters.at("groups").values, ElementsAre(1));
  EXPECT_TRUE(node.parameters.at("groups").shape.empty());
  EXPECT_EQ(convolutionOf(node), (Convolution{2, 16, 1, {34, 16, 5, 2, 1, 1}, {30, 14, 3, 2, 0, 1}}));
  EXPECT_THAT(finished({3, 9}, "Conv1d", {{"weight", filled({4, 3, 3})}, {"dilation", one(3)}}).outputShape,
              ElementsAre(4, 3));
  EXPECT_THAT(
      finished({4, 5, 5}, "Conv2d", {{"weight", filled({6, 2, 1, 1})}, {"groups", one(2)}}).outputShape,
      ElementsAre(6, 5, 5));
}

TEST(WindowNodes, f15_theStoredInputShapeServesWhatComesBefore) {
  Network network = around({2, 6, 6}, "Conv2d", {{"weight", filled({3, 2, 3, 3})}, {"input_shape", one(6)}});
  network.nodes.push_back(network.nodes[2]);  // in -> early -> node
  network.nodes[4].name = "early";
  network.nodes[0].parameters.clear();
  network.edges = {{0, 4, 0}, {4, 1, 0}, {1, 2, 0}, {2, 3, 0}};
  const auto result = finishNetwork(network, {}, "");
  ASSERT_TRUE(result) << result.error().diagnostics[0].message;
  EXPECT_THAT(result->nodes[4].outputShape, ElementsAre(2, 6, 6));
  EXPECT_THAT(result->nodes[0].outputShape, ElementsAre(2, 6, 6));
  EXPECT_THAT(finished({1, 2, 6, 6}, "Conv2d", {{"weight", filled({3, 2, 3, 3})}}).inputShape,
              ElementsAre(2, 6, 6));
  EXPECT_THAT(finished({6, 6}, "Conv2d", {{"weight", filled({3, 1, 3, 3})}}).inputShape,
              ElementsAre(1, 6, 6));
}

// A dump of the network, edited by hand.
TEST(WindowNodes, f15_aStatedOutputShapeIsInferredAnew) {
  Network network = around({2, 6, 6}, "Conv2d", {{"weight", filled({3, 2, 3, 3})}});
  network.nodes[1].inputShape = {2, 6, 6};
  network.nodes[1].outputShape = {3, 5, 5};
  const auto result = finishNetwork(network, {}, "");
  ASSERT_TRUE(result);
  EXPECT_THAT(result->nodes[1].outputShape, ElementsAre(3, 4, 4));
  network.nodes[1].inputShape = {2, 7, 6};
  const auto refused = finishNetwork(network, {}, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().diagnostics[0].code, "R0205");
}

TEST(WindowNodes, f16_poolingStridesByItsSize) {
  const Node node = finished({8, 7, 6}, "SumPool2d", {{"kernel_size", tensor({2}, {2, 3})}});
  EXPECT_THAT(node.outputShape, ElementsAre(8, 3, 2));
  EXPECT_EQ(convolutionOf(node), (Convolution{8, 8, 8, {7, 3, 2, 2, 0, 1}, {6, 2, 3, 3, 0, 1}}));
  const Node mean =
      finished({8, 7, 6}, "AvgPool2d", {{"kernel_size", one(3)}, {"stride", one(1)}, {"padding", one(1)}});
  EXPECT_THAT(mean.outputShape, ElementsAre(8, 7, 6));
  EXPECT_THAT(kernelOf(mean, convolutionOf(mean)), testing::SizeIs(72));
}

TEST(WindowNodes, f17_aTransposedConvolutionUndoesTheShape) {
  const Node node = finished(
      {4, 3, 5}, "ConvTranspose2d",
      {{"weight", filled({4, 3, 3, 2})}, {"stride", one(2)}, {"groups", one(2)}, {"padding", one(1)}});
  EXPECT_THAT(node.outputShape, ElementsAre(6, 5, 8));
  EXPECT_TRUE(isTransposed(node.kind));
  EXPECT_EQ(convolutionOf(node), (Convolution{6, 4, 2, {5, 3, 3, 2, 1, 1}, {8, 5, 2, 2, 1, 1}}));
}

TEST(WindowNodes, f15_f16_f17_whatDoesNotFitIsRefused) {
  const Tensor weight = filled({3, 2, 3, 3});
  const auto conv = [&](Parameters more) {
    more.try_emplace("weight", weight);
    return refusal({2, 6, 6}, "Conv2d", more);
  };
  EXPECT_EQ(conv({}), "accepted");
  EXPECT_THAT(conv({{"weight", filled({3, 2})}}),
              HasSubstr("R0205 node: 'weight' has shape [3, 2]; it has to be [outputs"));
  EXPECT_THAT(conv({{"weight", filled({3, 4, 3, 3})}}),
              HasSubstr("R0205 node: 'node' receives [2, 6, 6]; it takes [4, rows"));
  EXPECT_THAT(conv({{"weight", filled({3, 2, 7, 3})}}),
              HasSubstr("R0205 node: 'node' leaves no output along axis 0"));
  EXPECT_THAT(conv({{"dilation", one(3)}}), HasSubstr("leaves no output"));
  EXPECT_THAT(conv({{"stride", one(0)}}), HasSubstr("R0204 node: parameter 'stride' is 0"));
  EXPECT_THAT(conv({{"stride", one(1e9)}}), HasSubstr("R0204 node"));
  EXPECT_THAT(conv({{"stride", tensor({3}, {1, 1, 1})}}),
              HasSubstr("R0205 node: 'stride' has 3 values for 2 axes"));
  EXPECT_THAT(conv({{"padding", one(-1)}}), HasSubstr("R0204 node: parameter 'padding' is -1"));
  EXPECT_THAT(conv({{"padding", one(0.5)}}), HasSubstr("R0204 node"));
  EXPECT_THAT(conv({{"padding", one(65536)}}), HasSubstr("R0209 node: 'node' makes [3, 131076, 131076] of"));
  EXPECT_THAT(conv({{"groups", one(2)}}),
              HasSubstr("R0205 node: 3 channels and 2 in a group do not make 2 groups"));
  EXPECT_THAT(conv({{"bias", filled({2})}}), HasSubstr("R0205 node: 'bias' has 2 values for 3 channels"));
  EXPECT_THAT(conv({{"input_shape", one(7)}}),
              HasSubstr("R0205 node: 'in' hands on [2, 6, 6] but 'node' takes [2, 7, 7]"));
  EXPECT_THAT(conv({{"kernel_size", one(7)}}),
              HasSubstr("R0202 node: 'Conv2d' has no parameter 'kernel_size'"));
  EXPECT_THAT(refusal({2, 6, 6}, "SumPool2d", {}),
              HasSubstr("R0202 node: 'SumPool2d' lacks its parameter 'kernel_size'"));
  EXPECT_THAT(refusal({2, 6, 6}, "AvgPool2d", {{"kernel_size", one(7)}}), HasSubstr("leaves no output"));
  EXPECT_THAT(refusal({12}, "AvgPool2d", {{"kernel_size", one(1)}}),
              HasSubstr("receives [12]; it takes [channels, rows"));
  EXPECT_THAT(refusal({2, 6, 6}, "ConvTranspose2d", {{"weight", weight}}),
              HasSubstr("receives [2, 6, 6]; it takes [3,"));
  EXPECT_THAT(refusal({3, 1, 1}, "ConvTranspose2d", {{"weight", weight}, {"padding", one(9)}}),
              HasSubstr("leaves no output"));
  EXPECT_THAT(refusal({1, 70000}, "Conv1d", {{"weight", filled({1, 1, 65537})}}),
              HasSubstr("R0209 node: the kernel of 'node' is 65537 long"));
  EXPECT_THAT(refusal({1, 4000, 4000}, "SumPool2d",
                      {{"kernel_size", one(65536)}, {"stride", one(1)}, {"padding", one(33000)}}),
              HasSubstr("R0209"));
}

TEST(WindowNodes, f18_delaysLieAlongWeights) {
  const auto delays = [](std::vector<std::int64_t> shape, std::vector<double> values) {
    return delaysOf(finished(
        {2}, "Linear", {{"weight", filled({3, 2})}, {"delay", tensor(std::move(shape), std::move(values))}}));
  };
  EXPECT_FALSE(delays({}, {0}).any());
  EXPECT_THAT(delays({}, {62}).inputs, ElementsAre(62, 62));
  EXPECT_THAT(delays({1, 2}, {1, 2}).inputs, ElementsAre(1, 2));
  EXPECT_THAT(delays({3, 1}, {1, 2, 3}).outputs, ElementsAre(1, 2, 3));
  EXPECT_THAT(delays({3, 2}, {1, 2, 3, 4, 5, 6}).synapses, ElementsAre(1, 2, 3, 4, 5, 6));
  const auto kernel = [](const char* kind, std::vector<std::int64_t> shape) {
    return delaysOf(finished(
        {2, 1, 2}, kind, {{"weight", filled({2, 2, 1, 1})}, {"delay", tensor(std::move(shape), {1, 2})}}));
  };
  EXPECT_THAT(kernel("Conv2d", {2, 1, 1, 1}).outputs, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(kernel("Conv2d", {1, 2, 1, 1}).inputs, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(kernel("ConvTranspose2d", {2, 1, 1, 1}).inputs, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(kernel("ConvTranspose2d", {1, 2, 1, 1}).outputs, ElementsAre(1, 1, 2, 2));
  // The two channels of a group, in each of the groups.
  EXPECT_THAT(delaysOf(finished({4, 1, 1}, "Conv2d",
                                {{"weight", filled({2, 2, 1, 1})},
                                 {"groups", one(2)},
                                 {"delay", tensor({1, 2, 1, 1}, {1, 2})}}))
                  .inputs,
              ElementsAre(1, 2, 1, 2));
}

TEST(WindowNodes, f18_whatIsNoDelayIsRefused) {
  const auto linear = [](Tensor delay) {
    return refusal({2}, "Linear", {{"weight", filled({3, 2})}, {"delay", std::move(delay)}});
  };
  EXPECT_THAT(linear(one(63)), HasSubstr("R0204 node: parameter 'delay' is 63"));
  EXPECT_THAT(linear(one(-1)), HasSubstr("R0204 node"));
  EXPECT_THAT(linear(one(0.5)), HasSubstr("R0204 node"));
  EXPECT_THAT(linear(filled({2})), HasSubstr("R0205 node: 'delay' has shape [2], 'weight' [3, 2]"));
  EXPECT_THAT(linear(filled({2, 3})), HasSubstr("R0205 node"));
  EXPECT_THAT(
      refusal({2, 3, 3}, "Conv2d", {{"weight", filled({3, 2, 3, 3})}, {"delay", filled({3, 2, 1, 1})}}),
      HasSubstr("R0205 node: 'delay' has shape [3, 2, 1, 1]"));
  EXPECT_THAT(refusal({2, 3, 3}, "SumPool2d", {{"kernel_size", one(3)}, {"delay", one(1)}}),
              HasSubstr("R0202 node"));
}

// Inputs and outputs outside the axis, too: an image's axons say any place.
TEST(Convolution, f15_i10_axes_join_what_their_equation_joins_and_nothing_outside) {
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;
  for (const ConvolutionAxis& axis : {ConvolutionAxis{7, 4, 3, 2, 1, 1},
                                      {5, 9, 3, 1, 4, 2},
                                      {4, 3, 40, 3, 20, 1},
                                      {1, 1, 1, 1, 0, 1},
                                      {6, 2, 2, 3, 0, 5},
                                      {9, 5, 4, 2, 3, 3}}) {
    for (std::int64_t input = -60; input < 60; ++input) {
      Pairs expected, found;
      for (std::int64_t output = 0; output < axis.outputs; ++output)
        for (std::int64_t entry = 0; entry < axis.kernel; ++entry)
          if (input == output * axis.stride - axis.padding + entry * axis.dilation)
            expected.emplace_back(output, entry);
      axis.outputsOf(input,
                     [&](std::int64_t output, std::int64_t entry) { found.emplace_back(output, entry); });
      EXPECT_EQ(found, expected) << input;
    }
    for (std::int64_t output = 0; output < axis.outputs; ++output) {
      Pairs expected, found;
      for (std::int64_t entry = 0; entry < axis.kernel; ++entry)
        if (const std::int64_t input = output * axis.stride - axis.padding + entry * axis.dilation;
            input >= 0 && input < axis.inputs)
          expected.emplace_back(input, entry);
      axis.inputsOf(output,
                    [&](std::int64_t input, std::int64_t entry) { found.emplace_back(input, entry); });
      EXPECT_EQ(found, expected) << output;
    }
  }
}

}  // namespace
}  // namespace rheo::window_nodes
