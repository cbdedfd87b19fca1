// Random trees that look like .net files.
#include <string>

#include "TreeGenerator.h"

namespace rheo::fuzz {

using hdf5::Tree;

Tree TreeGenerator::layer(std::uint64_t index, std::int64_t inputs, std::int64_t outputs) {
  Tree layer;
  layer.name = std::to_string(index);
  const auto add = [&](Tree& to, const char* name, std::vector<std::int64_t> shape, auto value) {
    Tree array = numbers(name, std::move(shape));
    for (double& number : array.array.values) number = static_cast<double>(value());
    to.children.push_back(std::move(array));
  };
  const auto whole = [&](std::int64_t low, std::int64_t high) {
    return [this, low, high] {
      return oneIn(300) ? number() * 1e3
                        : low + static_cast<double>(below(static_cast<std::uint64_t>(high - low + 1)));
    };
  };
  const bool recurrent = oneIn(3);
  layer.children.push_back(text("type", oneIn(40) ? someName() : recurrent ? "dense_rec" : "dense"));
  add(layer, "inFeatures", {}, [&] { return oneIn(60) ? number() : static_cast<double>(inputs); });
  add(layer, "outFeatures", {1}, [&] { return static_cast<double>(outputs); });
  add(layer, "weight", {outputs, inputs}, whole(-128, 127));
  if (recurrent || oneIn(20)) add(layer, "weight_rec", {outputs, outputs}, whole(-64, 64));
  if (oneIn(2)) add(layer, "bias", {outputs}, whole(-100, 100));
  if (oneIn(10)) add(layer, "delay", {inputs}, whole(0, oneIn(3) ? 2 : 0));
  Tree neuron;
  neuron.name = "neuron";
  neuron.children.push_back(text("type", oneIn(40) ? someName() : oneIn(2) ? "CUBA" : "LOIHI"));
  add(neuron, "iDecay", {}, whole(0, 4096));
  add(neuron, "vDecay", {}, whole(0, 4096));
  add(neuron, "vThMant", {}, whole(0, 400));
  if (oneIn(2)) add(neuron, "refDelay", {}, whole(1, oneIn(20) ? 2 : 1));
  layer.children.push_back(std::move(neuron));
  return layer;
}

Tree TreeGenerator::netxFile() {
  Tree root, layers;
  layers.name = "layer";
  std::int64_t size = static_cast<std::int64_t>(1 + below(3));
  const std::uint64_t count = 1 + below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto next = static_cast<std::int64_t>(1 + below(3));
    layers.children.push_back(layer(i, size, next));
    size = next;
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
