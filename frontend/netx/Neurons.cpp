// Neurons of type LOIHI, CUBA, SDNN, RF_PHASE and RF_IZHIKEVICH.
#include "netx/Neurons.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "fixed/Arithmetic.h"
#include "models/Common.h"
#include "network/Checks.h"
#include "netx/Netx.h"

namespace rheo::netx {
namespace {

constexpr std::int64_t kAlign = 1 << fixed::kAlignBits;  // from SLAYER's potentials to the chip's
// What NetX gives Lava's processes of sigma-delta networks, both 6 bits.
constexpr int kStateExponent = 6, kSpikeExponent = 6;
constexpr std::int64_t kState = 1 << (kStateExponent + kSpikeExponent);
constexpr std::int64_t kMostMantissa = std::int64_t{1} << 18;  // times kState, a state still has 32 bits

void set(Node& node, const char* parameter, std::int64_t value) {
  node.parameters[parameter] = Tensor::count(value);
}

// A whole number of the group 'neuron' within its range.
Expected<std::int64_t> within(const Fields& neuron, const char* field, std::int64_t least,
                              std::int64_t most) {
  Expected<std::int64_t> value = neuron.integer(field);
  if (!value || (*value >= least && *value <= most)) return value;
  return neuron.error("R0113", field, fmt::format("'{}' is {}, outside {} to {}", field, *value, least, most),
                      "no chip holds it: train within this range");
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

// One bias for each neuron, or for each channel; of an input layer it is the host's to add.
Status addBias(Fields& layer, std::int64_t scale, std::int64_t most, Node& node) {
  if (!layer.has("bias")) return ok();
  Expected<Tensor> bias = layer.array("bias");
  if (!bias) return std::move(bias).error();
  const std::int64_t size = node.outputSize(), channels = node.outputShape[0];
  if (bias->shape.size() > 1 || (bias->size() != size && bias->size() != channels))
    return layer.error("R0113", "bias",
                       fmt::format("'bias' has shape {} for {} neurons in {} channels",
                                   network::shapeText(bias->shape), size, channels),
                       "one bias for each output, or for each channel");
  Tensor values{node.outputShape, {}, DType::Int64, ""};
  values.values.reserve(static_cast<std::size_t>(size));
  for (const double value : bias->values) {
    if (!isWhole(value, -most, most))
      return layer.error("R0113", "bias",
                         fmt::format("'bias' holds {}; biases are whole numbers of at most {}", value, most),
                         "export with lava-dl's quantization");
    values.values.insert(values.values.end(), static_cast<std::size_t>(size / bias->size()), scale * value);
  }
  node.parameters["bias"] = std::move(values);
  return ok();
}

Status readMembrane(Fields& layer, const Fields& neuron, Drive drive, Node& node) {
  if (Status refused = refuseOthers(neuron, false); !refused) return refused;
  const Expected<std::int64_t> stored = neuron.integer("vThMant", 0);
  const bool never = stored && *stored == kNeverSpikes;
  const bool host = drive == Drive::Host;  // through the bias: no current
  node.kind = host ? (never ? "li" : "lif") : never ? "cuba_li" : "cuba_lif";
  constexpr std::int64_t kForgetAll = fixed::kDecayOne;
  // a register of 0 still loses 1/4096 of the current: SPEC N3
  Expected<std::int64_t> current = within(neuron, "iDecay", 1, kForgetAll),
                         potential = within(neuron, "vDecay", 0, kForgetAll),
                         threshold =
                             within(neuron, "vThMant", 0, never ? kNeverSpikes : fixed::kThresholdMax);
  for (Expected<std::int64_t>* value : {&current, &potential, &threshold})
    if (!*value) return std::move(*value).error();
  if (!host) set(node, "decay_u", *current);
  set(node, "decay_v", *potential);
  if (!never) set(node, "threshold", kAlign * *threshold);
  return host ? ok() : addBias(layer, kAlign, models::kBias.maximum >> fixed::kAlignBits, node);
}

// SPEC N24 to N26.
Status readSigmaDelta(Fields& layer, const Fields& neuron, Drive drive, Node& node) {
  if (Status refused = refuseOthers(neuron, true); !refused) return refused;
  if (neuron.has("sigma_output")) {
    Expected<std::int64_t> is = neuron.integer("sigma_output");
    if (!is) return std::move(is).error();
    if (*is != 1)
      return neuron.error("R0112", "sigma_output",
                          fmt::format("'sigma_output' is {}; only 1 is supported", *is),
                          "leave it out of layers that send changes");
    node.kind = "sigma";
    if (Status added = addBias(layer, 1, kMostMantissa, node); !added) return added;
    if (const auto bias = node.parameters.extract("bias"); !bias.empty())
      for (const double value : bias.mapped().values)
        if (value != 0)
          return layer.error("R0112", "bias",
                             "a layer with sigma_output has a bias, which neither SLAYER nor NetX adds",
                             "leave it out, or send changes");
    return ok();
  }
  Expected<std::int64_t> threshold = within(neuron, "vThMant", 0, kMostMantissa);
  if (!threshold) return std::move(threshold).error();
  set(node, "threshold", kState * *threshold);
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

// SPEC N30, N31. The file's sine and cosine are taken as they are stored; NetX makes a period and a decay of
// them, from which Lava computes them anew, sometimes one less.
Status readResonator(Fields& layer, const Fields& neuron, bool phase, Node& node) {
  if (Status refused = refuseOthers(neuron, false); !refused) return refused;
  if (layer.has("bias")) {
    Expected<Tensor> bias = layer.array("bias");
    if (!bias) return std::move(bias).error();
    for (const double value : bias->values)
      if (value != 0)
        return layer.error("R0112", "bias", "a layer of resonators has a bias, which Lava's have not",
                           "train the layer without it");
  }
  constexpr std::int64_t share = fixed::kTurnOne / fixed::kDecayOne;
  Expected<std::int64_t> cosine = within(neuron, "cosDecay", -fixed::kDecayOne, fixed::kDecayOne),
                         sine = within(neuron, "sinDecay", -fixed::kDecayOne, fixed::kDecayOne),
                         threshold = within(neuron, "vThMant", 0, fixed::kThresholdMax);
  for (Expected<std::int64_t>* value : {&cosine, &sine, &threshold})
    if (!*value) return std::move(*value).error();
  node.kind = phase ? "resonate_and_fire" : "resonate_and_fire_izhikevich";
  node.inputShape = {node.outputSize(), 2};
  set(node, "cosine", *cosine * share);
  set(node, "sine", *sine * share);
  set(node, "input_shift", kStateExponent);
  set(node, "threshold", *threshold << kStateExponent);
  return ok();
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
  const bool resonates = *type == "RF_PHASE" || *type == "RF_IZHIKEVICH";
  if (resonates != (drive == Drive::ComplexSynapses)) {
    read = resonates
               ? neuron->error("R0112", "type",
                               fmt::format("neurons of type {} without complex synapses are not supported",
                                           hdf5::quoteName(*type)),
                               "store weight/real and weight/imag")
               : neuron->error("R0112", "type",
                               fmt::format("complex synapses into neurons of type {} are not supported",
                                           hdf5::quoteName(*type)),
                               "they belong to resonators: RF_PHASE, RF_IZHIKEVICH");
  } else if (resonates) {
    read = readResonator(layer, *neuron, *type == "RF_PHASE", node);
  } else if (*type == "LOIHI" || *type == "CUBA") {
    read = readMembrane(layer, *neuron, drive, node);
  } else if (*type == "SDNN") {
    read = readSigmaDelta(layer, *neuron, drive, node);
  } else {
    read = neuron->error("R0112", "type",
                         fmt::format("neurons of type {} are not supported", hdf5::quoteName(*type)),
                         "supported are LOIHI, CUBA, SDNN, RF_PHASE and RF_IZHIKEVICH");
  }
  if (!read) return std::move(read).error();
  return node;
}

}  // namespace rheo::netx
