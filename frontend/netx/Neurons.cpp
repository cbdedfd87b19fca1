// Neurons of every type that SLAYER has.
#include "netx/Neurons.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

#include "fixed/Arithmetic.h"
#include "models/Common.h"
#include "network/Checks.h"
#include "netx/Netx.h"

namespace rheo::netx {
namespace {

constexpr std::int64_t kAlign = 1 << fixed::kAlignBits;  // from SLAYER's potentials to the chip's
constexpr std::int64_t kState = 1 << (kStateExponent + kSpikeExponent);

void set(Node& node, const char* parameter, std::int64_t value) {
  node.parameters[parameter] = Tensor::count(value);
}

// Each of some values, one for each channel or neuron, `scale` times as large for all neurons that it is of.
Tensor overNeurons(const std::vector<double>& values, const std::vector<std::int64_t>& shape,
                   std::int64_t scale) {
  Tensor all{shape, {}, DType::Int64, ""};
  const std::int64_t size = network::boundedSize(shape);
  all.values.reserve(static_cast<std::size_t>(size));
  for (const double value : values)
    all.values.insert(all.values.end(), static_cast<std::size_t>(size) / values.size(),
                      value * static_cast<double>(scale));
  return all;
}

// A field of the group 'neuron' that holds a parameter of the step: whole numbers from `least` to `most`, a
// `scale` of which the step counts.
struct Field {
  const char* name;
  const char* parameter;
  std::int64_t least, most, scale;
};

// One number for all neurons, or one for each channel (SLAYER's neurons without shared_param).
Status take(Fields& neuron, std::initializer_list<Field> fields, Node& node) {
  const std::int64_t channels = node.outputShape[0];
  for (const Field& field : fields) {
    Expected<Tensor> read = neuron.array(field.name);
    if (!read) return std::move(read).error();
    if (read->size() != 1 && (read->shape.size() != 1 || read->size() != channels))
      return neuron.error("R0113", field.name,
                          fmt::format("'{}' has shape {} for {} channels", field.name,
                                      network::shapeText(read->shape), channels),
                          "store one number, or one for each channel");
    for (const double value : read->values)
      if (!isWhole(value, field.least, field.most))
        return neuron.error("R0113", field.name,
                            fmt::format("'{}' is {}, no whole number from {} to {}", field.name, value,
                                        field.least, field.most),
                            "no chip holds it: train within this range");
    const bool one = read->size() == 1;
    node.parameters[field.parameter] =
        overNeurons(read->values, one ? std::vector<std::int64_t>() : node.outputShape, field.scale);
  }
  return ok();
}

// Fields that change what neurons compute and are not followed. `graded`: neurons send payloads anyway.
Status refuseOthers(const Fields& neuron, bool graded) {
  for (const auto& [field, meaningless] :
       {std::pair{"refDelay", 1}, {"weight_exp", 0}, {"wgtExp", 0}, {"gradedSpike", 0}}) {
    Expected<std::int64_t> value = neuron.integer(field, meaningless);
    if (!value) return std::move(value).error();
    if (*value != meaningless && !(graded && std::string_view(field) == "gradedSpike"))
      return neuron.error("R0112", field,
                          fmt::format("'{}' is {}; only {} is supported", field, *value, meaningless),
                          "train the network without it");
  }
  return ok();
}

constexpr std::int64_t kMostBias = models::kBias.maximum >> fixed::kAlignBits;  // of membranes

// The layer's biases, whole numbers, one for each neuron or for each channel; empty where there are none.
Expected<std::vector<double>> readBias(Fields& layer, std::int64_t most, const Node& node) {
  if (!layer.has("bias")) return std::vector<double>();
  Expected<Tensor> bias = layer.array("bias");
  if (!bias) return std::move(bias).error();
  const std::int64_t size = node.outputSize(), channels = node.outputShape[0];
  if (bias->shape.size() > 1 || (bias->size() != size && bias->size() != channels))
    return layer.error("R0113", "bias",
                       fmt::format("'bias' has shape {} for {} neurons in {} channels",
                                   network::shapeText(bias->shape), size, channels),
                       "one bias for each output, or for each channel");
  for (const double value : bias->values)
    if (!isWhole(value, -most, most))
      return layer.error("R0113", "bias",
                         fmt::format("'bias' holds {}; biases are whole numbers of at most {}", value, most),
                         "export with lava-dl's quantization");
  return std::move(bias->values);
}

// Of an input layer it is the host's to add.
Status addBias(Fields& layer, std::int64_t scale, std::int64_t most, Node& node) {
  Expected<std::vector<double>> bias = readBias(layer, most, node);
  if (!bias) return std::move(bias).error();
  if (!bias->empty()) node.parameters["bias"] = overNeurons(*bias, node.outputShape, scale);
  return ok();
}

Status readMembrane(Fields& layer, Fields& neuron, Drive drive, Node& node) {
  if (Status refused = refuseOthers(neuron, false); !refused) return refused;
  const Expected<std::int64_t> stored = neuron.integer("vThMant", 0);
  const bool never = stored && *stored == kNeverSpikes;
  const bool host = drive == Drive::Host;  // through the bias: no current
  node.kind = host ? (never ? "li" : "lif") : never ? "cuba_li" : "cuba_lif";
  // a register of 0 still loses 1/4096 of the current: SPEC N3
  Status taken = take(neuron,
                      {{"iDecay", "decay_u", 1, fixed::kDecayOne, 1},
                       {"vDecay", "decay_v", 0, fixed::kDecayOne, 1},
                       {"vThMant", "threshold", 0, never ? kNeverSpikes : fixed::kThresholdMax, kAlign}},
                      node);
  if (!taken) return taken;
  if (host) node.parameters.erase("decay_u");
  if (never) node.parameters.erase("threshold");
  return host ? ok() : addBias(layer, kAlign, kMostBias, node);
}

// What resonators and membranes with adaptive thresholds have in common. SPEC N23.
constexpr std::initializer_list<Field> kAdapting{
    {"thDecay", "decay_theta", 0, fixed::kDecayOne, 1},
    {"refDecay", "decay_r", 0, fixed::kDecayOne, 1},
    {"vThMant", "theta_0", 0, fixed::kThresholdMax, kAlign},
    {"vThStep", "theta_step", -fixed::kThresholdMax, fixed::kThresholdMax, kAlign}};

// SPEC N23: SLAYER's current loses iDecay/4096, where a Loihi's register loses one more. The bias is that of
// what arrives: addCurrentBias.
Status readAdaptiveMembrane(Fields& neuron, Node& node) {
  if (Status refused = refuseOthers(neuron, false); !refused) return refused;
  node.kind = "atrlif";
  Status taken = take(
      neuron, {{"iDecay", "decay_u", 0, fixed::kDecayOne, 1}, {"vDecay", "decay_v", 0, fixed::kDecayOne, 1}},
      node);
  return taken ? take(neuron, kAdapting, node) : taken;
}

// SPEC N24 to N26.
Status readSigmaDelta(Fields& layer, Fields& neuron, Drive drive, Node& node) {
  if (Status refused = refuseOthers(neuron, true); !refused) return refused;
  if (neuron.has("sigma_output")) {
    Expected<std::int64_t> is = neuron.integer("sigma_output");
    if (!is) return std::move(is).error();
    if (*is != 1)
      return neuron.error("R0112", "sigma_output",
                          fmt::format("'sigma_output' is {}; only 1 is supported", *is),
                          "leave it out of layers that send changes");
    node.kind = "sigma";
    Expected<std::vector<double>> bias = readBias(layer, kMostMantissa, node);
    if (!bias) return std::move(bias).error();
    if (!allZero(*bias))
      return layer.error("R0112", "bias",
                         "a layer with sigma_output has a bias, which neither SLAYER nor NetX adds",
                         "leave it out, or send changes");
    return ok();
  }
  if (Status taken = take(neuron, {{"vThMant", "threshold", 0, kMostMantissa, kState}}, node); !taken)
    return taken;
  set(node, "state_exponent", kStateExponent);
  if (drive == Drive::Host) {
    node.kind = "delta";
    set(node, "input_shift", kStateExponent + kSpikeExponent);
    return ok();
  }
  std::string activation = "relu";  // NetX does not look
  if (neuron.has("activation")) {
    Expected<std::string> stored = neuron.text("activation");
    if (!stored) return std::move(stored).error();
    activation = *stored;
  }
  if (activation != "relu" && activation != "identity")
    return neuron.error("R0112", "activation",
                        fmt::format("the activation {} is not supported", hdf5::quoteName(activation)),
                        "supported are relu and identity");
  node.kind = "sigma_delta";
  set(node, "rectified", activation == "relu" ? 1 : 0);
  return addBias(layer, kState, kMostMantissa, node);
}

// SPEC N30, N31, N36, N37. The file's sine and cosine are taken as they are stored; NetX makes a period and a
// decay of them, from which Lava computes them anew, sometimes one less.
Status readResonator(Fields& layer, Fields& neuron, const models::ModelTable& model, Node& node) {
  if (Status refused = refuseOthers(neuron, false); !refused) return refused;
  if (layer.has("bias")) {
    Expected<Tensor> bias = layer.array("bias");
    if (!bias) return std::move(bias).error();
    if (!allZero(bias->values))
      return layer.error("R0112", "bias", "a layer of resonators has a bias, which Lava's have not",
                         "train the layer without it");
  }
  constexpr std::int64_t one = fixed::kDecayOne, share = fixed::kTurnOne / one;
  node.kind = model.name;
  node.inputShape = {node.outputSize(), 2};
  set(node, "input_shift", kStateExponent);
  Status taken =
      take(neuron, {{"cosDecay", "cosine", -one, one, share}, {"sinDecay", "sine", -one, one, share}}, node);
  if (!taken) return taken;
  const std::span<const models::FixedParameter> parameters = model.fixedParameters;
  const bool adapts = std::any_of(parameters.begin(), parameters.end(),
                                  [](const auto& p) { return p.name == models::kDecayTheta.name; });
  return adapts
             ? take(neuron, kAdapting, node)
             : take(neuron, {{"vThMant", "threshold", 0, fixed::kThresholdMax, 1 << kStateExponent}}, node);
}

bool hasPorts(const models::ModelTable& model) { return model.portCount() > 1; }

// What files call the models of which `matches` holds.
template <class Matches>
std::vector<std::string_view> types(Matches matches) {
  std::vector<std::string_view> names;
  for (const models::ModelTable& model : models::allModels())
    if (!model.slayerName.empty() && matches(model)) names.push_back(model.slayerName);
  return names;
}

// nullptr for a type that is not read.
const models::ModelTable* modelOf(std::string_view type) {
  if (type == kOlderCuba) return models::findModel("cuba_lif");
  for (const models::ModelTable& model : models::allModels())
    if (!type.empty() && model.slayerName == type) return &model;
  return nullptr;
}

}  // namespace

Expected<Node> readNeurons(Fields& layer, const std::string& name, const std::vector<std::int64_t>& shape,
                           Drive drive) {
  Expected<Fields> neuron = layer.group("neuron");
  if (!neuron) return std::move(neuron).error();
  Expected<std::string> type = neuron->text("type");
  if (!type) return std::move(type).error();
  Node node{name, "", shape, shape, {}, layer.place()};
  Status read = ok();
  const models::ModelTable* model = modelOf(*type);
  const bool resonates = model != nullptr && hasPorts(*model);
  if (model == nullptr) {
    read = neuron->error("R0112", "type",
                         fmt::format("neurons of type {} are not supported", hdf5::quoteName(*type)),
                         fmt::format("supported are {}, {}", kOlderCuba,
                                     fmt::join(types([](const auto&) { return true; }), ", ")));
  } else if (resonates != (drive == Drive::ComplexSynapses)) {
    read =
        resonates
            ? neuron->error("R0112", "type",
                            fmt::format("neurons of type {} without complex synapses are not supported",
                                        hdf5::quoteName(*type)),
                            "store weight/real and weight/imag")
            : neuron->error("R0112", "type",
                            fmt::format("complex synapses into neurons of type {} are not supported",
                                        hdf5::quoteName(*type)),
                            fmt::format("they belong to resonators: {}", fmt::join(types(hasPorts), ", ")));
  } else if (resonates) {
    read = readResonator(layer, *neuron, *model, node);
  } else if (model->name == "atrlif") {
    read = readAdaptiveMembrane(*neuron, node);
  } else if (model->name == "sigma_delta") {
    read = readSigmaDelta(layer, *neuron, drive, node);
  } else {
    read = readMembrane(layer, *neuron, drive, node);
  }
  if (!read) return std::move(read).error();
  return node;
}

Status addCurrentBias(Fields& layer, const Node& neurons, Node& weights) {
  if (neurons.kind != "atrlif") return ok();
  Expected<std::vector<double>> bias = readBias(layer, kMostBias, neurons);
  if (!bias) return std::move(bias).error();
  if (bias->empty()) return ok();
  const std::int64_t channels = neurons.outputShape[0];
  if (weights.kind == "Linear") {
    weights.kind = "Affine";
    weights.parameters["bias"] = overNeurons(*bias, {neurons.outputSize()}, 1);
    return ok();
  }
  std::vector<double> each;
  const auto run = static_cast<std::ptrdiff_t>(bias->size()) / channels;
  for (auto first = bias->begin(); first != bias->end(); first += run) {
    if (std::any_of(first, first + run, [&](double value) { return value != *first; }))
      return layer.error("R0112", "bias", "a convolution into ALIF neurons has several biases in one channel",
                         "store one for each channel");
    each.push_back(*first);
  }
  weights.parameters["bias"] = Tensor{{channels}, std::move(each), DType::Int64, ""};
  return ok();
}

}  // namespace rheo::netx
