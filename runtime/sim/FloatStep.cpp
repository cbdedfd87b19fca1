// SPEC F1 to F5, F11, F14, F19 to F25: one step of the float network. Maps and windows are in FloatMaps and
// FloatWindows.
#include "sim/FloatStep.h"

#include <algorithm>
#include <cmath>

#include "fixed/RealAlgebra.h"
#include "models/AllFloatSteps.h"
#include "models/AllModels.h"

namespace rheo {
namespace {

template <class Real, std::size_t kStates, std::size_t kParameters,
          Real (*step)(Real*, Real, const Real*, const models::FloatRules&)>
void updatePopulation(std::int64_t size, Real* states, const Real* parameters, const Real* input,
                      const models::FloatRules& rules, Real* output) {
  for (std::int64_t i = 0; i < size; ++i) {
    output[i] = step(states + i * kStates, input[i], parameters + i * kParameters, rules);
  }
}

namespace exact_steps {
#include "models/AllSteps.inc"
}  // namespace exact_steps

// SPEC F14. A population that never spikes hands its last state on, the potential.
template <class Real, std::size_t kStates, std::size_t kParameters, std::size_t kPorts, bool kSpiking,
          auto step>
void updateExact(std::int64_t size, Real* states, const Real* parameters, const Real* input,
                 const models::FloatRules&, Real* output) {
  fixed::RealAlgebra<Real> algebra;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto sent = step(algebra, states + i * kStates, input + i * kPorts, parameters + i * kParameters);
    output[i] = kSpiking ? Real(sent) : states[i * kStates + kStates - 1];
  }
}

template <class Real>
UpdatePopulation<Real> findExactUpdate(std::string_view model) {
#define RHEO_MODEL(name)                                                                 \
  if (model == #name)                                                                    \
    return &updateExact<Real, models::name::kStates.size(), models::name::kFixed.size(), \
                        models::name::kTable.ports.size(), models::name::kTable.spiking, \
                        &exact_steps::name::step<fixed::RealAlgebra<Real>>>;
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

template <class Real>
UpdatePopulation<Real> findUpdate(std::string_view model) {
#define RHEO_MODEL(name)                                                                      \
  if (model == #name)                                                                         \
    return &updatePopulation<Real, models::name::kStates.size(), models::name::kFloat.size(), \
                             &models::name::stepFloat<Real>>;
#include "models/FloatModels.def"
#undef RHEO_MODEL
  return nullptr;
}

// One parameter of every neuron, as step_float.h wants it.
template <class Real>
class FloatParameters {
 public:
  FloatParameters(const Node& node, std::span<const models::FloatParameter> table,
                  const Conventions& conventions)
      : node_(node), membrane_(models::membraneTimeConstant(table)), conventions_(conventions) {}

  Real operator()(std::string_view name, std::size_t i) const {
    const Tensor& tensor = *find(name);
    const double value = tensor.values[i];
    const Tensor* tau = timeConstantOf(name);
    if (tau && conventions_.update == Update::Decay)  // SPEC F25: as precise as the file
      return static_cast<Real>(tensor.dtype == DType::Float64 ? decayed<double>(name, value, tau->values[i])
                                                              : decayed<float>(name, value, tau->values[i]));
    if (tau == &tensor) return conventions_.share<Real>(value);
    if (name == "r" && !tau && conventions_.perSecond())
      return static_cast<Real>(value) * static_cast<Real>(conventions_.dt);
    return static_cast<Real>(value);
  }

 private:
  const Tensor* find(std::string_view name) const {
    const auto found = node_.parameters.find(std::string(name));
    return found == node_.parameters.end() ? nullptr : &found->second;
  }

  // That by which the parameter's state decays, which may be the parameter; null where there is none.
  const Tensor* timeConstantOf(std::string_view name) const {
    if (name == "w_in" || name == "tau_syn") return find("tau_syn");
    return name == "r" || name == "v_leak" || name == membrane_ ? find(membrane_) : nullptr;
  }

  template <class T>
  T decayed(std::string_view name, double value, double tau) const {
    if (name.starts_with("tau")) return conventions_.kept<T>(tau);
    return conventions_.share<T>(tau) * static_cast<T>(value);
  }

  const Node& node_;
  const std::string_view membrane_;  // its time constant; empty: none
  const Conventions& conventions_;
};

template <class Real>
void prepareExact(const Node& node, FloatNode<Real>& prepared) {
  prepared.update = findExactUpdate<Real>(prepared.model->name);
  const auto& table = prepared.model->fixedParameters;
  prepared.parameters.resize(table.size() * prepared.outputSize);
  for (std::size_t k = 0; k < table.size(); ++k) {
    const std::vector<double>& values = node.parameters.at(std::string(table[k].name)).values;
    for (std::int64_t i = 0; i < prepared.outputSize; ++i)
      prepared.parameters[i * table.size() + k] = static_cast<Real>(values[i]);
  }
}

template <class Real>
void prepareNeurons(const Node& node, const Conventions& conventions, FloatNode<Real>& prepared) {
  const auto [model, exact, table] = models::findNodeModel(node.kind);
  prepared.model = model;
  if (exact) return prepareExact(node, prepared);
  prepared.update = node.kind == "Threshold"
                        ? &updatePopulation<Real, 1, 1, &models::lif::stepThreshold<Real>>
                        : findUpdate<Real>(model->name);
  prepared.parameters.resize(table.size() * prepared.outputSize);
  const FloatParameters<Real> parameters(node, table, conventions);
  for (std::size_t k = 0; k < table.size(); ++k)
    for (std::int64_t i = 0; i < prepared.outputSize; ++i)
      prepared.parameters[i * table.size() + k] = parameters(table[k].name, static_cast<std::size_t>(i));
  prepared.spikeValue = static_cast<Real>(conventions.spikeValue());
}

}  // namespace

template <class Real>
FloatMapsOf<Real> makeFloatMaps(const Network& network, double dt) {
  FloatMapsOf<Real> maps;
  for (const Node& node : network.nodes) maps.push_back(makeFloatMap<Real>(node, dt));
  return maps;
}

template <class Real>
FloatProgram<Real> prepareFloat(const Network& network, const FloatMapsOf<Real>& maps) {
  FloatProgram<Real> program;
  program.order = updateOrder(network);
  program.rules = network.conventions.rules();
  std::vector<FloatNode<Real>>& nodes = program.nodes;
  nodes.resize(network.nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    nodes[n].inputSize = node.inputSize();
    nodes[n].outputSize = node.outputSize();
    if (node.stateful()) prepareNeurons(node, network.conventions, nodes[n]);
    nodes[n].map = maps[n];
  }
  for (const Edge& edge : network.edges) {
    nodes[edge.target].incoming.push_back(edge);
    nodes[edge.source].past = std::max(nodes[edge.source].past, edge.delaySteps);
  }
  const std::vector<int> inputs = network.inputs();
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    nodes[inputs[k]].input = static_cast<int>(k);
    nodes[inputs[k]].spikeValue = static_cast<Real>(network.conventions.spikeValue());
  }
  return program;
}

template <class Real>
FloatState<Real>::FloatState(const FloatProgram<Real>& program)
    : program_(program), values_(program.nodes.size()) {
  for (std::size_t n = 0; n < values_.size(); ++n) {
    const FloatNode<Real>& node = program.nodes[n];
    values_[n].input.resize(node.inputSize);
    values_[n].output.resize(node.outputSize);
    if (node.past > 0) values_[n].past.reset(node.outputSize, node.past);
    if (node.map) values_[n].memory = node.map->memory();
    if (node.model) values_[n].states.resize(node.model->states.size() * node.outputSize);
  }
}

template <class Real>
void FloatState<Real>::clear() {
  for (Values& values : values_) {
    std::fill(values.output.begin(), values.output.end(), Real(0));
    std::fill(values.states.begin(), values.states.end(), Real(0));
    values.past.clear();
    values.memory.clear();
  }
}

template <class Real>
bool FloatState<Real>::step(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time,
                            const Observe& observe) {
  for (std::size_t n = 0; n < values_.size(); ++n)
    if (program_.nodes[n].past > 0) values_[n].past.push(values_[n].output.data());
  for (const int n : program_.order) {
    const FloatNode<Real>& node = program_.nodes[n];
    Values& values = values_[n];
    if (node.input >= 0) {
      if (!read(input, sample, time, node, values)) return false;
    } else {
      gather(node, values);
      compute(node, values);
    }
    observe(n);
    if (node.model && node.model->spiking && node.spikeValue != Real(1))  // seen as 1, handed on as 1/dt
      for (Real& x : values.output) x *= node.spikeValue;
  }
  return true;
}

template <class Real>
bool FloatState<Real>::read(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time,
                            const FloatNode<Real>& node, Values& values) {
  input.fill(sample, time, node.input, values.output.data());
  bool finite = true;
  for (Real& x : values.output) {
    finite &= std::isfinite(x);
    x *= node.spikeValue;
  }
  return finite;
}

// SPEC F4: sums what flows in, in the order of the sources.
template <class Real>
void FloatState<Real>::gather(const FloatNode<Real>& node, Values& values) {
  if (node.incoming.empty()) std::fill(values.input.begin(), values.input.end(), Real(0));
  bool first = true;
  for (const Edge& edge : node.incoming) {
    const Values& source = values_[edge.source];
    // The past was told before this step's update: its newest entry is one step old.
    const Real* from = edge.delaySteps > 0 ? source.past.row(edge.delaySteps - 1) : source.output.data();
    if (first) {
      std::copy(from, from + values.input.size(), values.input.begin());
    } else {
      for (std::size_t i = 0; i < values.input.size(); ++i) values.input[i] += from[i];
    }
    first = false;
  }
}

template <class Real>
void FloatState<Real>::compute(const FloatNode<Real>& node, Values& values) {
  if (node.update)
    node.update(node.outputSize, values.states.data(), node.parameters.data(), values.input.data(),
                program_.rules, values.output.data());
  else if (node.map)
    node.map->apply(values.input.data(), values.memory, values.output.data());
  else
    std::copy(values.input.begin(), values.input.end(), values.output.begin());
}

template FloatMapsOf<float> makeFloatMaps(const Network&, double);
template FloatMapsOf<double> makeFloatMaps(const Network&, double);
template FloatProgram<float> prepareFloat(const Network&, const FloatMapsOf<float>&);
template FloatProgram<double> prepareFloat(const Network&, const FloatMapsOf<double>&);
template class FloatState<float>;
template class FloatState<double>;

}  // namespace rheo
