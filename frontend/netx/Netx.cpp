// From the tree of a .net file to a Network, layer by layer.
#include "netx/Netx.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <tuple>

#include "chip/SignMode.h"
#include "fixed/Arithmetic.h"
#include "network/Checks.h"
#include "netx/Fields.h"

namespace rheo::netx {
namespace {

constexpr std::int64_t kMostLayers = 1000;
constexpr double kAlign = 1 << fixed::kAlignBits;  // from SLAYER's potentials to the chip's
constexpr std::int32_t kLeastWeight = leastWeight(SignMode::Mixed);
constexpr std::int32_t kMostWeight = mostWeight(SignMode::Excitatory);
constexpr double kMillisecond = 1e-3;

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
      if (Status read = readLayer(*layer, i); !read) return std::move(read).error();
    }
    if (source_ < 0)
      return layers->error("R0113", "", "the file has no layer of neurons", "export a network with neurons");
    const int last = source_;
    add(Node{"output", "Output", shape_, shape_, {}, "/layer"});
    network_.edges.push_back({last, source_, 0});
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

  Status readLayer(Fields& layer, std::int64_t index) {
    Expected<std::string> type = layer.text("type");
    if (!type) return std::move(type).error();
    if (*type == "dense" || *type == "dense_rec") return readDense(layer, index, *type == "dense_rec");
    if (*type == "flatten" && source_ >= 0 && shape_.size() == 1) return ok();
    return layer.error("R0112", "type", fmt::format("layers of type {} are not supported", shown(*type)),
                       "supported are dense and dense_rec, with a flatten between them");
  }

  Status readDense(Fields& layer, std::int64_t index, bool recurrent) {
    const std::string name = fmt::format("layer{}", index);
    Expected<std::int64_t> inputs = layer.integer("inFeatures"), outputs = layer.integer("outFeatures");
    if (!inputs) return std::move(inputs).error();
    if (!outputs) return std::move(outputs).error();
    for (const auto& [field, size] : {std::pair{"inFeatures", *inputs}, {"outFeatures", *outputs}})
      if (size < 1 || size > network::kMaxNeurons)
        return layer.error(
            "R0113", field,
            fmt::format("'{}' is {}; a layer has 1 to {} of them", field, size, network::kMaxNeurons),
            "export the network again");
    if (Status refused = refuseOthers(layer); !refused) return refused;
    if (source_ < 0) {
      shape_ = {*inputs};
      add(Node{"input", "Input", shape_, shape_, {}, layer.place()});
    }
    if (shape_[0] != *inputs)
      return layer.error("R0113", "inFeatures",
                         fmt::format("'inFeatures' is {}, the layer before hands on {}", *inputs, shape_[0]),
                         "export the layers of one network");
    const int before = source_;
    Expected<int> matrix = addMatrix(layer, "weight", name, *outputs, *inputs);
    if (!matrix) return std::move(matrix).error();
    network_.edges.push_back({before, *matrix, 0});
    shape_ = {*outputs};
    if (Status added = addNeurons(layer, name); !added) return added;
    const int neurons = source_;
    network_.edges.push_back({*matrix, neurons, 0});
    if (!recurrent) return ok();
    Expected<int> loop = addMatrix(layer, "weight_rec", name, *outputs, *outputs);
    if (!loop) return std::move(loop).error();
    network_.edges.push_back({neurons, *loop, 0});
    network_.edges.push_back({*loop, neurons, 0});
    source_ = neurons;
    return ok();
  }

  // Fields that change what a layer computes and are not followed yet.
  Status refuseOthers(Fields& layer) const {
    if (const hdf5::Tree* weight = layer.group().child("weight");
        weight != nullptr && weight->kind == hdf5::Tree::Kind::Group)
      return layer.error("R0112", "weight", "complex synapses are not supported",
                         "export a layer with real weights");
    if (!layer.has("delay")) return ok();
    Expected<Tensor> delay = layer.array("delay");
    if (!delay) return std::move(delay).error();
    for (const double steps : delay->values)
      if (steps != 0)
        return layer.error("R0112", "delay",
                           fmt::format("delays are not supported; this one is {} steps", steps),
                           "train the network without delays");
    return ok();
  }

  // Adds a Linear node of integers. A single row may be stored without its first dimension.
  Expected<int> addMatrix(Fields& layer, const std::string& field, const std::string& name, std::int64_t rows,
                          std::int64_t columns) {
    Expected<Tensor> weight = layer.array(field);
    if (!weight) return std::move(weight).error();
    const std::vector<std::int64_t> wanted{rows, columns};
    if (rows == 1 && weight->shape == std::vector<std::int64_t>{columns}) weight->shape = wanted;
    if (weight->shape != wanted)
      return layer.error("R0113", field,
                         fmt::format("'{}' has shape {}, the layer needs {}", field,
                                     network::shapeText(weight->shape), network::shapeText(wanted)),
                         "weights are [outFeatures, inFeatures]");
    for (std::size_t i = 0; i < weight->values.size(); ++i)
      if (weight->values[i] != std::floor(weight->values[i]) || weight->values[i] < kLeastWeight ||
          weight->values[i] > kMostWeight)
        return layer.error("R0113", field,
                           fmt::format("'{}' is {} at flat index {}; weights are whole numbers from {} to {}",
                                       field, weight->values[i], i, kLeastWeight, kMostWeight),
                           "export with lava-dl's quantization, in steps of 2");
    weight->dtype = DType::Int64;
    Node node{name + "." + field, "Linear", {}, {}, {}, layer.place()};
    node.parameters["weight"] = *std::move(weight);
    return add(std::move(node));
  }

  Status addNeurons(Fields& layer, const std::string& name) {
    Expected<Fields> neuron = layer.group("neuron");
    if (!neuron) return std::move(neuron).error();
    Expected<std::string> type = neuron->text("type");
    if (!type) return std::move(type).error();
    if (*type != "LOIHI" && *type != "CUBA")
      return neuron->error("R0112", "type", fmt::format("neurons of type {} are not supported", shown(*type)),
                           "supported are LOIHI and CUBA");
    for (const auto& [field, meaningless] :
         {std::pair{"refDelay", 1}, {"gradedSpike", 0}, {"weight_exp", 0}, {"wgtExp", 0}}) {
      Expected<std::int64_t> value = neuron->integer(field, meaningless);
      if (!value) return std::move(value).error();
      if (*value != meaningless)
        return neuron->error("R0112", field,
                             fmt::format("'{}' is {}; only {} is supported", field, *value, meaningless),
                             "train the network without it");
    }
    Expected<std::int64_t> current = neuron->integer("iDecay"), potential = neuron->integer("vDecay"),
                           threshold = neuron->integer("vThMant");
    const bool spiking = !threshold || *threshold != kNeverSpikes;
    Node node{name, spiking ? "cuba_lif" : "cuba_li", shape_, shape_, {}, layer.place()};
    const auto set = [&](const char* parameter, double value) {
      node.parameters[parameter] = Tensor{{}, {value}, DType::Int64, ""};
    };
    constexpr std::int64_t kForgetAll = fixed::kDecayOne;
    const std::int64_t mostThreshold = spiking ? fixed::kThresholdMax : kNeverSpikes;
    for (const auto& [field, value, least, most] :
         // a register of 0 still loses 1/4096 of the current: SPEC N3
         {std::tuple{"iDecay", &current, std::int64_t{1}, kForgetAll},
          std::tuple{"vDecay", &potential, std::int64_t{0}, kForgetAll},
          std::tuple{"vThMant", &threshold, std::int64_t{0}, mostThreshold}}) {
      if (!*value) return std::move(*value).error();
      if (**value < least || **value > most)
        return neuron->error("R0113", field,
                             fmt::format("'{}' is {}, outside {} to {}", field, **value, least, most),
                             "no chip holds it: train within this range");
    }
    set("decay_u", static_cast<double>(*current));
    set("decay_v", static_cast<double>(*potential));
    if (spiking) set("threshold", kAlign * static_cast<double>(*threshold));
    if (layer.has("bias")) {
      Expected<Tensor> bias = layer.array("bias");
      if (!bias) return std::move(bias).error();
      if (bias->size() != shape_[0])
        return layer.error("R0113", "bias",
                           fmt::format("'bias' has {} values for {} neurons", bias->size(), shape_[0]),
                           "one bias for each output");
      bias->shape = shape_;
      for (double& value : bias->values) {
        if (value != std::floor(value))
          return layer.error("R0113", "bias", fmt::format("'bias' holds {}; biases are whole numbers", value),
                             "export with lava-dl's quantization");
        value *= kAlign;
      }
      bias->dtype = DType::Int64;
      node.parameters["bias"] = *std::move(bias);
    }
    add(std::move(node));
    return ok();
  }

  // Appends a node, which becomes the source of what follows.
  int add(Node node) {
    network_.nodes.push_back(std::move(node));
    return source_ = static_cast<int>(network_.nodes.size()) - 1;
  }

  Fields root_;
  const std::string& file_;
  Network network_;
  int source_ = -1;                  // the node that the next layer reads
  std::vector<std::int64_t> shape_;  // of what it hands on
};

}  // namespace

bool isNetx(const hdf5::Tree& tree) {
  return tree.child("layer") != nullptr && tree.child("node") == nullptr;
}

Expected<Network> parseNetx(hdf5::Tree tree, const std::string& file) { return NetxReader(tree, file).run(); }

}  // namespace rheo::netx
