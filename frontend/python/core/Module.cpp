// The extension module `rheobase._core`: everything that needs neither MLIR nor LLVM.
#include "Module.h"

#include "chip/Program.h"
#include "chip/SignMode.h"
#include "fixed/Arithmetic.h"
#include "models/Model.h"
#include "network/Checks.h"
#include "network/ConvolutionNodes.h"
#include "network/Wiring.h"
#include "netx/Netx.h"

namespace rheo::python {

static py::list models() {
  py::list list;
  for (const models::ModelTable& model : models::allModels()) {
    py::dict entry;
    entry["name"] = std::string(model.name);
    entry["nir"] = std::string(model.nirName);
    entry["summary"] = std::string(model.summary);
    entry["spiking"] = model.spiking;
    entry["graded"] = model.graded;
    entry["program"] = model.microcode;
    entry["slayer"] = std::string(model.slayerName);
    py::list states, parameters, real, ports;
    for (const std::string_view port : model.ports) ports.append(std::string(port));
    for (const std::string_view state : model.states) states.append(std::string(state));
    for (const models::FixedParameter& parameter : model.fixedParameters) {
      py::dict about;
      about["name"] = std::string(parameter.name);
      about["least"] = parameter.minimum;
      about["most"] = parameter.maximum;
      about["missing"] = parameter.fallback;
      about["unit"] = std::string(parameter.unit);
      about["lava"] = std::string(parameter.lavaName);
      about["slayer"] = std::string(parameter.slayerName);
      about["meaning"] = std::string(parameter.meaning);
      parameters.append(about);
    }
    for (const models::FloatParameter& parameter : model.floatParameters) {
      py::dict about;
      about["name"] = std::string(parameter.name);
      about["unit"] = std::string(parameter.unit);
      about["required"] = parameter.need == models::FloatParameter::Need::Required;
      about["missing"] = parameter.fallback;
      about["positive"] = parameter.range == models::FloatParameter::Range::Positive;
      about["meaning"] = std::string(parameter.meaning);
      real.append(about);
    }
    entry["real"] = real;
    entry["ports"] = ports;
    entry["states"] = states;
    entry["parameters"] = parameters;
    list.append(entry);
  }
  return list;
}

// Numbers that files and other programs are measured against. SPEC N1, N2, N9, W1, T7, F15
static py::dict arithmetic() {
  return py::dict(
      py::arg("align") = 1 << fixed::kAlignBits, py::arg("decay_one") = fixed::kDecayOne,
      py::arg("half_period") = fixed::kHalfPeriod, py::arg("turn_bits") = fixed::kTurnBits,
      py::arg("most_threshold") = fixed::kThresholdMax,
      py::arg("least_weight") = leastWeight(SignMode::Mixed),
      py::arg("most_mixed_weight") = mostWeight(SignMode::Mixed),
      py::arg("most_weight") = mostWeight(SignMode::Excitatory), py::arg("most_delay") = kMaxDelay,
      py::arg("most_elements") = network::kMaxNeurons, py::arg("most_step") = network::kMaxStep,
      py::arg("netx_never_spikes") = netx::kNeverSpikes, py::arg("netx_older_cuba") = netx::kOlderCuba,
      py::arg("netx_most_drive") = netx::kMostDrive, py::arg("netx_state_exponent") = netx::kStateExponent,
      py::arg("netx_spike_exponent") = netx::kSpikeExponent,
      py::arg("netx_most_mantissa") = netx::kMostMantissa);
}

}  // namespace rheo::python

PYBIND11_MODULE(_core, m) {
  using namespace rheo::python;
  m.doc() = "The part of rheobase that is written in C++ and needs no compiler.";
  m.attr("version") = RHEO_VERSION;
  m.def("listing_pays", &rheo::Wiring::listingPays, py::arg("synapses"), py::arg("pairs"),
        "Whether so few of the pairs of neurons have a synapse that each is listed.");
  m.def("models", &models,
        "The neuron models: name, NIR primitive, summary, ports, states, integers of the step, real "
        "parameters.");
  m.attr("arithmetic") = arithmetic();
  registerExceptions();
  bindChips(m);
  bindHdf5(m);
  bindNetworks(m);
  bindEncoders(m);
  bindImages(m);
  bindMeasures(m);
  bindNeurons(m);
  bindPartition(m);
  bindFaults(m);
}
