// From the tree of a .net file to a Network, layer by layer.
#include "netx/Netx.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>

#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "netx/Concat.h"
#include "netx/Fields.h"
#include "netx/Neurons.h"
#include "netx/Weights.h"

namespace rheo::netx {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int64_t kMostLayers = 1000;
constexpr double kMillisecond = 1e-3;

double productOf(const Tensor& extents) {
  return std::accumulate(extents.values.begin(), extents.values.end(), 1.0, std::multiplies<>());
}

std::string shown(const std::string& text) { return hdf5::quoteName(text); }

class NetxReader {
 public:
  NetxReader(hdf5::Tree& tree, const std::string& file) : root_(tree, "", file), file_(file) {}

  Expected<Network> run() {
    network_.name = std::filesystem::path(file_).stem().string();
    network_.conventions.dt = kMillisecond;
    Expected<Fields> layers = root_.group("layer");
    if (!layers) return std::move(layers).error();
    const auto count = static_cast<std::int64_t>(layers->group().children.size());
    if (count == 0 || count > kMostLayers)
      return layers->error("R0113", "",
                           fmt::format("the file has {} layers; 1 to {} are read", count, kMostLayers),
                           "export a network");
    for (std::int64_t i = 0; i < count; ++i) {
      Expected<Fields> layer = layers->group(std::to_string(i));  // numbered without gaps
      if (!layer) return std::move(layer).error();
      if (Status read = readLayer(*layer, i, i + 1 == count); !read) return std::move(read).error();
      handed_.push_back(parts_);
    }
    if (parts_.size() > 1)
      return layers->error("R0112", "", "the last layer is a concat, which is no layer of neurons",
                           "end the network with neurons");
    const std::vector<Node>& nodes = network_.nodes;
    if (std::none_of(nodes.begin(), nodes.end(), [](const Node& node) { return node.stateful(); }))
      return layers->error("R0113", "", "the file has no layer of neurons", "export a network with neurons");
    noteDelaysThatNobodyTakes();
    noteUnread();
    append(Node{"output", "Output", shape(), shape(), {}, "/layer"});
    if (Status time = readTime(); !time) return std::move(time).error();
    return std::move(network_);
  }

 private:
  Status readTime() {
    if (!root_.has("simulation")) return ok();
    Expected<Fields> simulation = root_.group("simulation");
    if (!simulation) return std::move(simulation).error();
    if (!simulation->has("Ts")) return ok();
    Expected<Tensor> step = simulation->array("Ts");
    if (!step) return std::move(step).error();
    if (step->size() == 1 && step->values[0] > 1e-6 && step->values[0] < 1e6)
      network_.conventions.dt = step->values[0] * kMillisecond;
    return ok();
  }

  Status readLayer(Fields& layer, std::int64_t number, bool last) {
    const std::string name = fmt::format("layer{}", number);
    Expected<std::string> type = layer.text("type");
    if (!type) return std::move(type).error();
    if (*type == "input") return readInput(layer, name);
    if (*type == "dense" || *type == "dense_rec") return readDense(layer, name, *type == "dense_rec");
    const bool window = *type == "conv" || *type == "convT" || *type == "pool" || *type == "unpool";
    if (!window && *type != "flatten" && *type != "average" && *type != "concat")
      return layer.error(
          "R0112", "type", fmt::format("layers of type {} are not supported", shown(*type)),
          "supported are input, dense, dense_rec, conv, convT, pool, unpool, flatten, average and concat");
    if (parts_.empty())
      return layer.error(
          "R0112", "type",
          fmt::format("the file begins with a layer of type {}, which does not say its input's shape",
                      shown(*type)),
          "export the network with an input layer");
    if (window) return readWindows(layer, *type, name);
    if (*type == "average") return readAverage(layer, name, last);
    if (*type == "concat") return concatenate(layer, number);
    flatten(name, layer.place());
    return checkShape(layer);
  }

  // The host's values drive neurons one to one; without neurons the layer only says a shape.
  Status readInput(Fields& layer, const std::string& name) {
    if (!parts_.empty())
      return layer.error("R0112", "type", "an input layer follows another layer",
                         "export it as the first one");
    Expected<Shape> extents = layer.extents("shape");
    if (!extents) return std::move(extents).error();
    const Shape shape = extents->size() == 3 ? *extents : Shape{network::boundedSize(*extents)};
    append(Node{"input", "Input", shape, shape, {}, layer.place()}, shape);
    if (Status refused = refuseDelays(layer, "input layers"); !refused) return refused;
    if (!layer.has("neuron")) return ok();
    Expected<std::int64_t> weight = layer.integer("weight", 64), bias = layer.integer("bias", 0);
    if (!weight) return std::move(weight).error();
    if (!bias) return std::move(bias).error();
    Expected<Node> neurons = readNeurons(layer, name, shape, Drive::Host);
    if (!neurons) return std::move(neurons).error();
    network_.nodes.back().parameters["payload"] = Tensor::count(kMostDrive);
    append(passOn(name + ".input", shape, layer.place()));
    append(*std::move(neurons));
    network_.assumptions.push_back(
        {"input",
         fmt::format("whole numbers from -{0} to {0}, in every step: {1} x + {2}, rounded", kMostDrive,
                     *weight, *bias),
         fmt::format(
             "the file gives its input layer the weight {} and the bias {}, which NetX leaves to its caller; "
             "what comes out of them drives the layer's neurons, with the 13 bits of Loihi's bias",
             *weight, *bias),
         "no option: prepare the data so", false});
    return ok();
  }

  Status readDense(Fields& layer, const std::string& name, bool recurrent) {
    Expected<std::int64_t> inputs = layer.count("inFeatures"), outputs = layer.count("outFeatures");
    if (!inputs) return std::move(inputs).error();
    if (!outputs) return std::move(outputs).error();
    if (parts_.empty()) append(Node{"input", "Input", {*inputs}, {*inputs}, {}, layer.place()}, {*inputs});
    if (!network::sameShape(shape(), Shape{*inputs}))
      return layer.error("R0113", "inFeatures",
                         fmt::format("'inFeatures' is {}, the layer before hands on {}", *inputs,
                                     network::shapeText(shape())),
                         "export the layers of one network, with a flatten where channels end");
    const bool complex = hasComplexWeights(layer);
    if (complex && recurrent)
      return layer.error("R0112", "weight", "complex synapses of recurrent layers are not supported",
                         "train the layer without a loop");
    Expected<Node> matrix = complex ? readComplexMatrix(layer, name, *outputs, *inputs)
                                    : readMatrix(layer, "weight", name, *outputs, *inputs, !recurrent);
    if (!matrix) return std::move(matrix).error();
    noteDelaysAndBias(layer, name, *matrix);
    const Drive drive = complex ? Drive::ComplexSynapses : Drive::Synapses;
    if (Status added = appendLayer(layer, name, *std::move(matrix), {*outputs}, drive); !added) return added;
    if (!recurrent) return ok();
    const Handed neurons = parts_.front();
    Expected<Node> loop = readMatrix(layer, "weight_rec", name, *outputs, *outputs, false);
    if (!loop) return std::move(loop).error();
    append(*std::move(loop));
    network_.edges.push_back({parts_.front().node, neurons.node, 0});
    parts_ = {neurons};
    Expected<std::vector<double>> delays = readSpikeDelays(layer, *outputs);
    if (!delays) return std::move(delays).error();
    if (!delays->empty())
      parts_.front().spikeDelays = std::make_shared<const std::vector<double>>(*std::move(delays));
    return ok();
  }

  // X34: without a bias it is one whether what enters neurons waits, or what leaves them.
  void noteDelaysAndBias(const Fields& layer, const std::string& name, const Node& weights) {
    const hdf5::Tree* bias = layer.group().child("bias");
    if (bias == nullptr || allZero(bias->array.values) || !weights.parameters.contains("delay")) return;
    network_.assumptions.push_back(
        {"delays of " + name, "what enters its neurons waits, as in NetX; their bias does not",
         "SLAYER delays what leaves the neurons, and so what their bias does",
         "no option: train the layer without delays, or without normalization", true});
  }

  void noteDelaysThatNobodyTakes() {
    const auto& spikeDelays = parts_.front().spikeDelays;
    if (!spikeDelays) return;
    network_.assumptions.push_back(
        {"delays of the last layer",
         fmt::format("left out: its spikes are read up to {} steps earlier",
                     *std::max_element(spikeDelays->begin(), spikeDelays->end())),
         "the last layer is recurrent, and SLAYER delays what leaves such a layer; nothing follows",
         "add the delays to the recording", true});
  }

  // Behind a concat that does not list the layer before it.
  void noteUnread() {
    std::vector<bool> read(network_.nodes.size(), false);
    for (const Edge& edge : network_.edges) read[static_cast<std::size_t>(edge.source)] = true;
    for (const Handed& part : parts_) read[static_cast<std::size_t>(part.node)] = true;
    for (std::size_t n = 0; n < read.size(); ++n)
      if (!read[n])
        network_.assumptions.push_back(
            {"unread", fmt::format("'{}'", network_.nodes[n].name),
             "no layer reads it: no concat lists it, and the one behind it reads others",
             "list its number in a concat", true});
  }

  Status readWindows(Fields& layer, const std::string& type, const std::string& name) {
    Expected<Node> node = readWindow(layer, type, name, shape());
    if (!node) return std::move(node).error();
    noteDelaysAndBias(layer, name, *node);
    const Shape outputs = node->outputShape;
    return appendLayer(layer, name, *std::move(node), outputs, Drive::Synapses);
  }

  // SLAYER's groups are equal parts of the flat input.
  Status readAverage(Fields& layer, const std::string& name, bool last) {
    if (!last)
      return layer.error("R0112", "type", "a layer follows the average, which is no layer of spikes",
                         "end the network with it");
    if (parts_.size() > 1)
      return layer.error("R0112", "type", "an average follows a concat", "put a layer of neurons between");
    if (parts_.front().spikeDelays)
      return layer.error("R0112", "type",
                         "an average follows a recurrent layer with delays, and takes none of them",
                         "train the recurrent layer without delays, or put a dense layer between");
    flatten(name + ".flat", layer.place());
    const std::int64_t size = shape()[0];
    Expected<Tensor> extents = layer.array("shape");
    if (!extents) return std::move(extents).error();
    const double groups = productOf(*extents);
    const bool counts = isWhole(groups, 1, size);
    const std::int64_t part = counts ? size / static_cast<std::int64_t>(groups) : 0;
    if (!counts || size % static_cast<std::int64_t>(groups) != 0 || part > network::kMaxStep)
      return layer.error("R0113", "shape",
                         fmt::format("{} values do not fall into {} groups of one size, at most {}", size,
                                     groups, network::kMaxStep),
                         "store the number of groups");
    const auto outputs = static_cast<std::int64_t>(groups);
    append(average(name, size, outputs, layer.place()), {outputs});
    return ok();
  }

  // Weights, and the neurons that they feed.
  Status appendLayer(Fields& layer, const std::string& name, Node weights, const Shape& outputs,
                     Drive drive) {
    if (Status added = appendWeights(layer, std::move(weights)); !added) return added;
    Expected<Node> neurons = readNeurons(layer, name, outputs, drive);
    if (!neurons) return std::move(neurons).error();
    if (Status added = addCurrentBias(layer, *neurons, network_.nodes.back()); !added) return added;
    append(*std::move(neurons), outputs);
    return checkShape(layer);
  }

  // Writers put the extents in different orders; their number of values is one.
  Status checkShape(Fields& layer) const {
    if (!layer.has("shape")) return ok();
    Expected<Tensor> extents = layer.array("shape");
    if (!extents) return std::move(extents).error();
    const double stored = productOf(*extents);
    const std::int64_t size = network::boundedSize(shape());
    if (stored == static_cast<double>(size)) return ok();
    return layer.error(
        "R0113", "shape",
        fmt::format("'shape' says {} values, the layer has {}", stored, network::shapeText(shape())),
        "export the layers of one network");
  }

  // The order of the values stays: SLAYER's tensors are [channels, rows, columns] in C order, as here. NetX
  // holds them the other way round, and turns them back where it flattens.
  void flatten(const std::string& name, const std::string& place) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Handed& part = parts_[i];
      if (part.shape.size() == 1) continue;
      Node node{i == 0 ? name : fmt::format("{}.{}", name, i), "Flatten", part.shape, {}, {}, place};
      node.parameters["start_dim"] = Tensor::count(0);
      node.parameters["end_dim"] = Tensor::count(-1);
      part = {add(std::move(node), {part.node}), {network::boundedSize(part.shape)}, {}};
    }
  }

  Status concatenate(Fields& layer, std::int64_t number) {
    Expected<std::vector<Handed>> parts = readConcat(layer, number, handed_);
    if (!parts) return std::move(parts).error();
    parts_ = *std::move(parts);
    std::string names;
    for (const Handed& part : parts_)
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", network_.nodes[part.node].name);
    network_.assumptions.push_back(
        {fmt::format("layer{}", number), names + ", one after the other",
         "lava-dl names layers of type concat, but neither writes nor reads them; so read, its parts are as "
         "many values as its shape says",
         "list the layers in another order", false});
    return ok();
  }

  // The weights of a layer: a node for each part of what comes before; the neurons behind read them all.
  // Where a part's neurons are those of a recurrent layer, its spikes wait on their way here, not in its
  // loop.
  Status appendWeights(const Fields& layer, Node weights) {
    std::vector<Node> nodes{std::move(weights)};
    if (parts_.size() > 1) {
      Expected<std::vector<Node>> each = cut(layer, nodes.front(), parts_);
      if (!each) return std::move(each).error();
      nodes = *std::move(each);
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Handed& part = parts_[i];
      if (part.spikeDelays)
        if (Status added = addSpikeDelays(layer, *part.spikeDelays, nodes[i]); !added) return added;
      part = {add(std::move(nodes[i]), {part.node}), {}, {}};
    }
    return ok();
  }

  // Adds a node that reads these; returns its index.
  int add(Node node, const std::vector<int>& sources) {
    network_.nodes.push_back(std::move(node));
    const int added = static_cast<int>(network_.nodes.size()) - 1;
    for (const int source : sources) network_.edges.push_back({source, added, 0});
    return added;
  }

  // Appends a node that reads what there is, and hands on values of this shape; of the same as before, where
  // none is given.
  void append(Node node, const Shape& outputs) {
    std::vector<int> sources;
    for (const Handed& part : parts_) sources.push_back(part.node);
    parts_ = {Handed{add(std::move(node), sources), outputs, {}}};
  }
  void append(Node node) { append(std::move(node), shape()); }

  Shape shape() const { return shapeOf(parts_); }

  Fields root_;
  const std::string& file_;
  Network network_;
  // What the next node reads. Behind a concat several, one after the other; behind weights of one layer,
  // whose shape is the neurons' to say, several that are summed.
  std::vector<Handed> parts_;
  std::vector<std::vector<Handed>> handed_;  // by each layer
};

}  // namespace

bool isNetx(const hdf5::Tree& tree) {
  return tree.child("layer") != nullptr && tree.child("node") == nullptr;
}

Expected<Network> parseNetx(hdf5::Tree tree, const std::string& file) { return NetxReader(tree, file).run(); }

}  // namespace rheo::netx
