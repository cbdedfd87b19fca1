// The float reference. SPEC F1 to F14; maps and windows are in FloatMaps and FloatWindows.
#include "sim/FloatReference.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>

#include "fixed/RealAlgebra.h"
#include "models/AllFloatSteps.h"
#include "models/AllModels.h"
#include "sim/FloatMaps.h"

namespace rheo {
namespace {

Error refuse(ErrorKind kind, std::string code, std::string where, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return Error::of(kind, std::move(diagnostic));
}

// Updates a population: states and parameters lie neuron by neuron.
template <class Real>
using UpdatePopulation = void (*)(std::int64_t, Real*, const Real*, const Real*, models::FloatReset, Real*);

template <class Real, std::size_t kStates, std::size_t kParameters,
          Real (*step)(Real*, Real, const Real*, models::FloatReset)>
void updatePopulation(std::int64_t size, Real* states, const Real* parameters, const Real* input,
                      models::FloatReset reset, Real* output) {
  for (std::int64_t i = 0; i < size; ++i) {
    output[i] = step(states + i * kStates, input[i], parameters + i * kParameters, reset);
  }
}

namespace exact_steps {
#include "models/AllSteps.inc"
}  // namespace exact_steps

// SPEC F14. A population that never spikes hands its last state on, the potential.
template <class Real, std::size_t kStates, std::size_t kParameters, std::size_t kPorts, bool kSpiking,
          auto step>
void updateExact(std::int64_t size, Real* states, const Real* parameters, const Real* input,
                 models::FloatReset, Real* output) {
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

// SPEC F24. Nothing is kept; the potential is reset as a chip's is.
template <class Real>
Real stepThreshold(Real* state, Real input, const Real* threshold, models::FloatReset) {
  const bool spike = input > threshold[0];
  state[0] = spike ? Real(0) : input;
  return spike ? Real(1) : Real(0);
}

models::FloatReset resetOf(Reset reset) {
  switch (reset) {
    case Reset::Zero:
      return models::FloatReset::Zero;
    case Reset::ToVReset:
      return models::FloatReset::ToVReset;
    case Reset::Subtract:
      return models::FloatReset::Subtract;
    case Reset::SubtractLate:
      return models::FloatReset::SubtractLate;
  }
  return models::FloatReset::ToVReset;
}

// SPEC F2, F3: the share of its distance that a state moves in a step.
template <class Real>
Real shareOf(double tau, const Conventions& conventions) {
  if (conventions.discretization == Discretization::Exponential) {
    return static_cast<Real>(-std::expm1(-conventions.dt / tau));
  }
  return static_cast<Real>(conventions.dt) / static_cast<Real>(tau);
}

enum class Work : std::uint8_t { Copy, Map, Neurons };

// A node made ready to run.
template <class Real>
struct Prepared {
  Work work = Work::Copy;
  std::int64_t inputSize = 0, outputSize = 0;
  std::vector<Edge> incoming;
  bool rememberOutput = false;  // a delayed edge leaves it
  std::unique_ptr<FloatMap<Real>> map;
  std::vector<Real> parameters;  // Neurons: neuron by neuron in the table's order
  const models::ModelTable* model = nullptr;
  UpdatePopulation<Real> update = nullptr;
  Real spikeValue = 1;  // what a spike of this node, or an input of 1, is worth
  int input = -1;       // index among the inputs
  Trace<Real>* spikes = nullptr;
  Trace<Real>* output = nullptr;
  std::vector<std::pair<int, Trace<Real>*>> probes;  // state index
};

template <class Real>
void prepareExact(const Node& node, Prepared<Real>& prepared) {
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
void prepareNeurons(const Node& node, const Conventions& conventions, Prepared<Real>& prepared) {
  prepared.work = Work::Neurons;
  const auto [model, exact, table] = models::findNodeModel(node.kind);
  prepared.model = model;
  if (exact) return prepareExact(node, prepared);
  prepared.update = node.kind == "Threshold" ? &updatePopulation<Real, 1, 1, &stepThreshold<Real>>
                                             : findUpdate<Real>(model->name);
  prepared.parameters.resize(table.size() * prepared.outputSize);
  bool leaky = false;
  for (std::size_t k = 0; k < table.size(); ++k) {
    const std::vector<double>& values = node.parameters.at(std::string(table[k].name)).values;
    const bool timeConstant = table[k].unit == "s";
    leaky |= timeConstant;
    for (std::int64_t i = 0; i < prepared.outputSize; ++i) {
      prepared.parameters[i * table.size() + k] =
          timeConstant ? shareOf<Real>(values[i], conventions) : static_cast<Real>(values[i]);
    }
  }
  if (conventions.spikes != SpikeUnit::Dirac) return;
  prepared.spikeValue = static_cast<Real>(1 / conventions.dt);
  for (std::size_t k = 0; !leaky && k < table.size(); ++k) {  // SPEC F11: IF and I take r dt
    if (table[k].name != "r") continue;
    for (std::int64_t i = 0; i < prepared.outputSize; ++i) {
      prepared.parameters[i * table.size() + k] *= static_cast<Real>(conventions.dt);
    }
  }
}

template <class Real>
std::vector<Prepared<Real>> prepare(const Network& network) {
  std::vector<Prepared<Real>> nodes(network.nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    nodes[n].inputSize = node.inputSize();
    nodes[n].outputSize = node.outputSize();
    if (node.stateful()) prepareNeurons(node, network.conventions, nodes[n]);
    nodes[n].map = makeFloatMap<Real>(node, network.conventions.dt);
    if (nodes[n].map) nodes[n].work = Work::Map;
  }
  for (const Edge& edge : network.edges) {
    nodes[edge.target].incoming.push_back(edge);
    nodes[edge.source].rememberOutput |= edge.delaySteps > 0;
  }
  const std::vector<int> inputs = network.inputs();
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    nodes[inputs[k]].input = static_cast<int>(k);
    if (network.conventions.spikes == SpikeUnit::Dirac) {
      nodes[inputs[k]].spikeValue = static_cast<Real>(1 / network.conventions.dt);
    }
  }
  return nodes;
}

// The values of one sample under way.
template <class Real>
class FloatState {
 public:
  FloatState(const std::vector<Prepared<Real>>& nodes, const std::vector<int>& order,
             const Conventions& conventions)
      : nodes_(nodes), order_(order), reset_(resetOf(conventions.reset)), values_(nodes.size()) {
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      values_[n].input.resize(nodes[n].inputSize);
      values_[n].output.resize(nodes[n].outputSize);
      if (nodes[n].rememberOutput) values_[n].previous.resize(nodes[n].outputSize);
      if (nodes[n].map) values_[n].memory = nodes[n].map->memory();
      if (nodes[n].model) values_[n].states.resize(nodes[n].model->states.size() * nodes[n].outputSize);
    }
  }

  void clear() {
    for (Values& values : values_) {
      std::fill(values.output.begin(), values.output.end(), Real(0));
      std::fill(values.states.begin(), values.states.end(), Real(0));
      values.memory.clear();
    }
  }

  // False where an input is not finite.
  bool step(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time) {
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      if (nodes_[n].rememberOutput) values_[n].previous = values_[n].output;
    }
    for (const int n : order_) {
      const Prepared<Real>& node = nodes_[n];
      Values& values = values_[n];
      if (node.input >= 0) {
        if (!read(input, sample, time, node, values)) return false;
      } else {
        gather(node, values);
        compute(node, values);
      }
      record(node, values, sample, time);
    }
    return true;
  }

 private:
  struct Values {
    std::vector<Real> input, output, previous, states;
    FloatMemory<Real> memory;
  };

  bool read(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time, const Prepared<Real>& node,
            Values& values) {
    input.fill(sample, time, node.input, values.output.data());
    bool finite = true;
    for (Real& x : values.output) {
      finite &= std::isfinite(x);
      x *= node.spikeValue;
    }
    return finite;
  }

  // SPEC F4: sums what flows in, in the order of the sources.
  void gather(const Prepared<Real>& node, Values& values) {
    if (node.incoming.empty()) std::fill(values.input.begin(), values.input.end(), Real(0));
    bool first = true;
    for (const Edge& edge : node.incoming) {
      const Values& source = values_[edge.source];
      const std::vector<Real>& from = edge.delaySteps > 0 ? source.previous : source.output;
      if (first) {
        std::copy(from.begin(), from.end(), values.input.begin());
      } else {
        for (std::size_t i = 0; i < from.size(); ++i) values.input[i] += from[i];
      }
      first = false;
    }
  }

  void compute(const Prepared<Real>& node, Values& values) {
    switch (node.work) {
      case Work::Copy:
        std::copy(values.input.begin(), values.input.end(), values.output.begin());
        return;
      case Work::Neurons:
        node.update(node.outputSize, values.states.data(), node.parameters.data(), values.input.data(),
                    reset_, values.output.data());
        return;
      case Work::Map:
        node.map->apply(values.input.data(), values.memory, values.output.data());
        return;
    }
  }

  void record(const Prepared<Real>& node, Values& values, std::int64_t sample, std::int64_t time) {
    if (node.spikes) std::copy(values.output.begin(), values.output.end(), node.spikes->row(sample, time));
    if (node.output) std::copy(values.output.begin(), values.output.end(), node.output->row(sample, time));
    for (const auto& [state, trace] : node.probes) {
      const std::size_t stride = node.model->states.size();
      Real* row = trace->row(sample, time);
      for (std::int64_t i = 0; i < node.outputSize; ++i) row[i] = values.states[i * stride + state];
    }
    if (node.model && node.spikeValue != Real(1) &&
        node.model->spiking) {  // recorded as 1, handed on as 1/dt
      for (Real& x : values.output) x *= node.spikeValue;
    }
  }

  const std::vector<Prepared<Real>>& nodes_;
  const std::vector<int>& order_;
  models::FloatReset reset_;
  std::vector<Values> values_;
};

// Allocates the traces and hangs them on the nodes.
template <class Real>
Status attach(const Network& network, const FloatInput<Real>& input, const RunOptions& options,
              std::vector<Prepared<Real>>& nodes, BasicRecording<Real>& recording) {
  std::int64_t width = 0;
  struct Place {
    int node;
    int state;
  };
  std::map<std::string, Place> probes;
  for (const std::string& probe : options.probes) {
    const std::size_t dot = probe.rfind('.');
    const int node = dot == std::string::npos ? -1 : network.find(probe.substr(0, dot));
    const models::ModelTable* model = node < 0 ? nullptr : nodes[node].model;
    int state = -1;
    for (std::size_t s = 0; model && s < model->states.size(); ++s) {
      if (model->states[s] == probe.substr(dot + 1)) state = static_cast<int>(s);
    }
    if (state < 0) {
      std::vector<std::string> known;
      for (std::size_t n = 0; n < nodes.size(); ++n) {
        for (std::size_t s = 0; nodes[n].model && s < nodes[n].model->states.size(); ++s) {
          known.push_back(fmt::format("{}.{}", network.nodes[n].name, nodes[n].model->states[s]));
        }
      }
      return refuse(ErrorKind::Usage, "R0661", probe, fmt::format("there is no state '{}' to probe", probe),
                    fmt::format("states: {}", fmt::join(known, ", ")));
    }
    probes[probe] = {node, state};
    width += nodes[node].outputSize;
  }
  for (const Node& node : network.nodes) {
    if ((node.spiking() && options.recordAllSpikes) || node.kind == "Output") width += node.outputSize();
  }
  const double bytes = static_cast<double>(input.batch) * static_cast<double>(input.steps) *
                       static_cast<double>(width) * sizeof(Real);
  if (bytes > static_cast<double>(kMaxRecordedBytes)) {
    return refuse(ErrorKind::Usage, "R0664", "",
                  fmt::format("the recording would take {:.1f} GiB", bytes / (1 << 30)),
                  "run fewer samples at a time, or record fewer states");
  }
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    const Trace<Real> empty(input.batch, input.steps, nodes[n].outputSize);
    if (node.spiking() && options.recordAllSpikes) nodes[n].spikes = &(recording.spikes[node.name] = empty);
    if (node.kind == "Output") nodes[n].output = &(recording.outputs[node.name] = empty);
    if (node.stateful() || node.kind == "Output") recording.lag[node.name] = 0;
  }
  for (const auto& [name, place] : probes) {
    Trace<Real>& trace = recording.states[name];
    trace = Trace<Real>(input.batch, input.steps, nodes[place.node].outputSize);
    nodes[place.node].probes.emplace_back(place.state, &trace);
  }
  return ok();
}

template <class Real>
Status checkInput(const Network& network, const FloatInput<Real>& input) {
  const std::vector<int> inputs = network.inputs();
  if (input.widths.size() != inputs.size()) {
    return refuse(ErrorKind::Data, "R0660", "",
                  fmt::format("the data has {} inputs, the network {}", input.widths.size(), inputs.size()),
                  "give one array per Input node");
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const Node& node = network.nodes[inputs[k]];
    if (input.widths[k] == node.outputSize()) continue;
    return refuse(ErrorKind::Data, "R0660", node.name,
                  fmt::format("the data has {} channels, input '{}' takes {}", input.widths[k], node.name,
                              node.outputSize()),
                  "arrays are [samples, steps, channels], time before channels");
  }
  return ok();
}

}  // namespace

template <class Real>
FloatInput<Real> floatInput(const std::vector<Trace<Real>>& inputs) {
  FloatInput<Real> result;
  for (const Trace<Real>& trace : inputs) result.widths.push_back(trace.width);
  if (!inputs.empty()) {
    result.batch = inputs[0].batch;
    result.steps = inputs[0].steps;
  }
  for (const Trace<Real>& trace :
       inputs) {  // runs that differ in length cannot be joined: refused as a width
    if (trace.batch != result.batch || trace.steps != result.steps) result.widths.clear();
  }
  result.fill = [&inputs](std::int64_t sample, std::int64_t step, int input, Real* row) {
    const Real* from = inputs[input].row(sample, step);
    std::copy(from, from + inputs[input].width, row);
  };
  return result;
}

template <class Real>
FloatInput<Real> floatInput(const InputBatch& input, const Network& network) {
  FloatInput<Real> result;
  result.batch = input.batch;
  result.steps = input.steps;
  const std::int64_t rows = input.batch * input.steps;
  std::vector<std::int64_t> widths;
  for (const InputBatch::Series& series : input.inputs) {
    const auto size = static_cast<std::int64_t>(std::max(series.bytes().size(), series.wide.size()));
    widths.push_back(rows > 0 ? size / rows : 0);
  }
  if (rows == 0 && input.inputs.size() == network.inputs().size()) {  // nothing to run: any width fits
    widths.clear();
    for (const int node : network.inputs()) widths.push_back(network.nodes[node].outputSize());
  }
  result.widths = widths;
  result.fill = [&input, widths](std::int64_t sample, std::int64_t step, int k, Real* row) {
    const std::int64_t start = (sample * input.steps + step) * widths[k];
    const InputBatch::Series& series = input.inputs[k];
    for (std::int64_t i = 0; i < widths[k]; ++i) {
      row[i] = series.wide.empty() ? static_cast<Real>(series.bytes()[start + i])
                                   : static_cast<Real>(series.wide[start + i]);
    }
  };
  return result;
}

template <class Real>
Expected<BasicRecording<Real>> runFloat(const Network& network, const FloatInput<Real>& input,
                                        const RunOptions& options) {
  if (Status status = checkInput(network, input); !status) return status.error();
  std::vector<Prepared<Real>> nodes = prepare<Real>(network);
  BasicRecording<Real> recording;
  if (Status status = attach(network, input, options, nodes, recording); !status) return status.error();
  const std::vector<int> order = updateOrder(network);

  std::atomic<std::int64_t> next{0}, done{0}, bad{-1};
  const auto stopped = [&] { return bad.load() >= 0 || (options.cancel && options.cancel->load()); };
  const auto work = [&](bool report) {
    FloatState<Real> state(nodes, order, network.conventions);
    for (std::int64_t sample = next++; sample < input.batch && !stopped(); sample = next++) {
      state.clear();
      for (std::int64_t time = 0; time < input.steps; ++time) {
        if (stopped()) return;  // a sample can be long
        if (state.step(input, sample, time)) continue;
        bad = sample;
        return;
      }
      ++done;
      if (report && options.progress) options.progress(done.load(), input.batch);
    }
  };
  const int wanted =
      options.threads > 0 ? options.threads : static_cast<int>(std::thread::hardware_concurrency());
  const auto threads =
      static_cast<int>(std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, input.batch)));
  std::vector<std::thread> helpers;
  for (int t = 1; t < threads; ++t) helpers.emplace_back(work, false);
  work(true);
  for (std::thread& helper : helpers) helper.join();
  if (bad.load() >= 0) {
    return refuse(ErrorKind::Data, "R0662", "",
                  fmt::format("the input of sample {} holds a value that is not finite", bad.load()),
                  "remove NaN and infinity from the data");
  }
  if (done.load() < input.batch) {
    return refuse(ErrorKind::Undecided, "R0663", "",
                  fmt::format("stopped after {} of {} samples", done.load(), input.batch),
                  "run again to the end");
  }
  if (options.progress) options.progress(input.batch, input.batch);
  return recording;
}

template FloatInput<float> floatInput(const std::vector<Trace<float>>&);
template FloatInput<double> floatInput(const std::vector<Trace<double>>&);
template FloatInput<float> floatInput(const InputBatch&, const Network&);
template FloatInput<double> floatInput(const InputBatch&, const Network&);
template Expected<BasicRecording<float>> runFloat(const Network&, const FloatInput<float>&,
                                                  const RunOptions&);
template Expected<BasicRecording<double>> runFloat(const Network&, const FloatInput<double>&,
                                                   const RunOptions&);

}  // namespace rheo
