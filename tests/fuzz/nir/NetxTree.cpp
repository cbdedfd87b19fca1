// Random trees that look like .net files.
#include <array>
#include <string>

#include "TreeGenerator.h"

namespace rheo::fuzz {

using hdf5::Tree;

// A number below or around a bound, seldom an odd one.
double TreeGenerator::whole(std::int64_t low, std::int64_t high) {
  return oneIn(300) ? number() * 1e3
                    : static_cast<double>(low) +
                          static_cast<double>(below(static_cast<std::uint64_t>(high - low + 1)));
}

void TreeGenerator::add(Tree& to, const char* name, std::vector<std::int64_t> shape, std::int64_t low,
                        std::int64_t high) {
  Tree array = numbers(name, shape);
  for (double& value : array.array.values) value = whole(low, high);
  keepShape(array, std::move(shape));
  to.children.push_back(std::move(array));
}

// Leading dimensions of 1 are NIR's; most layers go without.
void TreeGenerator::keepShape(Tree& array, std::vector<std::int64_t> shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  if (size == array.array.size() && !oneIn(50)) array.array.shape = std::move(shape);
}

// `complex`: behind complex weights, mostly resonators. Parameters are one number, or one for each channel.
void TreeGenerator::addNetxNeuron(Tree& layer, std::int64_t channels, bool complex) {
  static constexpr std::array kTypes = {"CUBA", "LOIHI", "SDNN", "ALIF"};
  static constexpr std::array kResonators = {"RF_PHASE", "RF_IZHIKEVICH", "ADRF_PHASE", "ADRF_IZHIKEVICH"};
  const std::string type = oneIn(40)              ? someName()
                           : complex != oneIn(40) ? random_.pick(kResonators)
                                                  : random_.pick(kTypes);
  Tree neuron;
  neuron.name = "neuron";
  neuron.children.push_back(text("type", type));
  const auto parameter = [&](const char* name, std::int64_t low, std::int64_t high) {
    std::vector<std::int64_t> shape;
    if (oneIn(3)) shape = {oneIn(40) ? channels + 1 : channels};
    add(neuron, name, shape, low, high);
  };
  parameter("vThMant", 0, oneIn(10) ? 1 << 18 : 400);
  if (type == "SDNN") {
    if (oneIn(2)) neuron.children.push_back(text("activation", oneIn(20) ? someName() : "relu"));
    if (oneIn(5)) add(neuron, "sigma_output", {}, oneIn(10) ? 0 : 1, 1);
  } else {
    for (const char* decay : {"iDecay", "vDecay"}) parameter(decay, 0, 4096);
    for (const char* part : {"sinDecay", "cosDecay"}) parameter(part, oneIn(4) ? -4096 : 0, 4096);
    for (const char* decay : {"thDecay", "refDecay"})
      if (!oneIn(20)) parameter(decay, 0, 4096);
    if (!oneIn(20)) parameter("vThStep", 0, 400);
    if (oneIn(2)) add(neuron, "refDelay", {}, 1, oneIn(20) ? 2 : 1);
  }
  if (!oneIn(40)) layer.children.push_back(std::move(neuron));
}

Tree TreeGenerator::netxLayer(std::uint64_t index, const std::string& type) {
  Tree layer;
  layer.name = std::to_string(index);
  layer.children.push_back(text("type", oneIn(40) ? someName() : type));
  return layer;
}

Tree TreeGenerator::denseLayer(std::uint64_t index, std::int64_t inputs, std::int64_t outputs) {
  const bool recurrent = oneIn(3);
  Tree layer = netxLayer(index, recurrent ? "dense_rec" : "dense");
  add(layer, "inFeatures", {}, inputs, oneIn(60) ? inputs + 1 : inputs);
  add(layer, "outFeatures", {1}, outputs, outputs);
  const bool complex = oneIn(recurrent ? 40 : 4);
  if (complex) {
    Tree weight;
    weight.name = "weight";
    for (const char* part : {"real", "imag"})
      if (!oneIn(40)) add(weight, part, {outputs, inputs}, -128, 127);
    layer.children.push_back(std::move(weight));
  } else {
    add(layer, "weight", {outputs, inputs}, -128, 127);
  }
  if (recurrent || oneIn(20)) add(layer, "weight_rec", {outputs, outputs}, -64, 64);
  if (oneIn(complex ? 20 : 2)) add(layer, "bias", {outputs}, -100, 100);
  if (oneIn(5)) {
    const std::vector<std::vector<std::int64_t>> shapes{{}, {inputs}, {outputs}, {outputs, inputs}};
    add(layer, "delay", shapes[below(shapes.size())], 0, oneIn(20) ? 63 : 3);
  }
  addNetxNeuron(layer, outputs, complex);
  return layer;
}

// Changes `shape` to that of its outputs, if all goes well.
Tree TreeGenerator::windowLayer(std::uint64_t index, std::vector<std::int64_t>& shape) {
  static constexpr std::array kTypes = {"conv", "conv", "convT", "pool", "unpool"};
  const std::string type = random_.pick(kTypes);
  Tree layer = netxLayer(index, type);
  const bool pool = type == "pool" || type == "unpool", transposed = type == "convT" || type == "unpool";
  const auto small = [&](std::uint64_t most) { return static_cast<std::int64_t>(1 + below(most)); };
  const std::int64_t groups = shape[0] % 2 == 0 && oneIn(3) ? 2 : 1,
                     outputs = pool ? shape[0] : groups * small(2);
  std::vector<std::int64_t> kernel{small(3), small(3)}, stride{small(2), small(2)}, padding{0, 0},
      dilation{1, 1};
  if (pool && !oneIn(20)) stride = kernel;
  if (!pool && oneIn(2)) padding = {static_cast<std::int64_t>(below(3)), static_cast<std::int64_t>(below(3))};
  if (!pool && oneIn(4)) dilation = {small(2), small(2)};
  const auto pair = [&](const char* name, const std::vector<std::int64_t>& values) {
    Tree array = numbers(name, {2});
    for (std::size_t i = 0; i < array.array.values.size() && i < 2; ++i)
      array.array.values[i] = oneIn(100) ? number() * 1e6 : static_cast<double>(values[i]);
    keepShape(array, {2});
    layer.children.push_back(std::move(array));
  };
  pair("kernelSize", kernel);
  pair("stride", stride);
  pair("padding", padding);
  pair("dilation", dilation);
  std::vector<std::int64_t> weight{1, 1};
  if (!pool) {
    add(layer, "inChannels", {}, shape[0], shape[0]);
    add(layer, "outChannels", {}, outputs, outputs);
    add(layer, "groups", {}, groups, groups);
    weight = {outputs, shape[0] / groups};
    if (transposed) weight = {shape[0], outputs / groups};
  }
  weight.insert(weight.end(), kernel.begin(), kernel.end());
  if (oneIn(3)) weight.push_back(1);
  add(layer, "weight", weight, -128, 127);
  if (oneIn(2)) add(layer, "bias", {outputs}, -100, 100);
  if (oneIn(10)) add(layer, "delay", {oneIn(2) ? outputs : 1}, 0, oneIn(20) ? 63 : 3);
  addNetxNeuron(layer, outputs, oneIn(100));
  shape[0] = outputs;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t reach = dilation[i] * (kernel[i] - 1) + 1;
    const std::int64_t odd = type == "pool" ? shape[1 + i] % kernel[i] : 0;
    shape[1 + i] = transposed ? (shape[1 + i] - 1) * stride[i] - 2 * padding[i] + reach
                              : (shape[1 + i] + odd + 2 * padding[i] - reach) / stride[i] + 1;
    if (shape[1 + i] < 1 || shape[1 + i] > 8) shape[1 + i] = 1 + shape[1 + i] % 8;  // refused, or stays small
    if (shape[1 + i] < 1) shape[1 + i] = 1;
  }
  return layer;
}

Tree TreeGenerator::netxFile() {
  Tree root, layers;
  layers.name = "layer";
  const auto append = [&](Tree layer) { layers.children.push_back(std::move(layer)); };
  const auto next = [&] { return static_cast<std::uint64_t>(layers.children.size()); };
  const auto small = [&](std::uint64_t most) { return static_cast<std::int64_t>(1 + below(most)); };
  std::vector<std::int64_t> shape{small(3)};
  if (oneIn(2)) {
    if (!oneIn(3)) shape = {small(4), small(6), small(6)};
    Tree input = netxLayer(0, "input");
    Tree extents = numbers("shape", {static_cast<std::int64_t>(shape.size())});
    for (std::size_t i = 0; i < shape.size() && i < extents.array.values.size(); ++i)
      extents.array.values[i] = oneIn(100) ? number() * 1e6 : static_cast<double>(shape[i]);
    input.children.push_back(std::move(extents));
    if (oneIn(2)) add(input, "weight", {}, -128, 128);
    if (oneIn(2)) add(input, "bias", {1}, -128, 128);
    if (oneIn(2)) addNetxNeuron(input, shape[0], oneIn(100));
    append(std::move(input));
  }
  if (shape.size() == 3 && !oneIn(40)) {
    for (std::uint64_t i = 1 + below(3); i > 0; --i) append(windowLayer(next(), shape));
    append(netxLayer(next(), "flatten"));
    shape = {shape[0] * shape[1] * shape[2]};
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> flat;  // layers and their sizes
  for (std::uint64_t i = below(4) + (next() == 0 ? 1 : 0); i > 0; --i) {
    if (!flat.empty() && oneIn(3)) {
      const auto [number, size] = random_.pick(flat);
      Tree concat = netxLayer(next(), "concat");
      add(concat, "layers", {1}, number, number);
      const std::int64_t all = oneIn(20) ? size : shape[0] + size;
      add(concat, "shape", {1}, all, all);
      append(std::move(concat));
      shape = {all};
    }
    const std::int64_t outputs = small(3);
    append(denseLayer(next(), shape[0], outputs));
    shape = {outputs};
    flat.emplace_back(static_cast<std::int64_t>(next()) - 1, outputs);
  }
  if (oneIn(10)) {
    Tree average = netxLayer(next(), "average");
    add(average, "shape", {1}, 1, 3);
    append(std::move(average));
  }
  root.children.push_back(std::move(layers));
  if (oneIn(3)) {
    Tree simulation;
    simulation.name = "simulation";
    simulation.children.push_back(numbers("Ts", {}));
    root.children.push_back(std::move(simulation));
  }
  for (std::uint64_t i = oneIn(3) ? 1 + below(2) : 0; i > 0; --i) spoil(root.children.front());
  return root;
}

}  // namespace rheo::fuzz
