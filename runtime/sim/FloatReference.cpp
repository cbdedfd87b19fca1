// Runs samples over threads and records what is asked for; FloatStep takes the steps.
#include "sim/FloatReference.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/FloatStep.h"
#include "sim/FloatTasks.h"

namespace rheo {
namespace {

// Where the values of a node go.
template <class Real>
struct Recorded {
  Trace<Real>* spikes = nullptr;
  Trace<Real>* output = nullptr;
  std::vector<std::pair<int, Trace<Real>*>> probes;  // state index

  void take(const FloatState<Real>& state, int node, std::size_t stride, std::int64_t sample,
            std::int64_t time) const {
    const std::vector<Real>& values = state.output(node);
    for (Trace<Real>* trace : {spikes, output})
      if (trace) std::copy(values.begin(), values.end(), trace->row(sample, time));
    for (const auto& [index, trace] : probes) {
      Real* row = trace->row(sample, time);
      for (std::int64_t i = 0; i < trace->width; ++i) row[i] = state.states(node)[i * stride + index];
    }
  }
};

// Allocates the traces.
template <class Real>
Status attach(const Network& network, const FloatInput<Real>& input, const RunOptions& options,
              const FloatProgram<Real>& program, std::vector<Recorded<Real>>& recorded,
              BasicRecording<Real>& recording) {
  const std::vector<FloatNode<Real>>& nodes = program.nodes;
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
      return Error::of(ErrorKind::Usage, "R0661", probe,
                       fmt::format("there is no state '{}' to probe", probe),
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
    return Error::of(ErrorKind::Usage, "R0664", "",
                     fmt::format("the recording would take {:.1f} GiB", bytes / (1 << 30)),
                     "run fewer samples at a time, or record fewer states");
  }
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    const Trace<Real> empty(input.batch, input.steps, nodes[n].outputSize);
    if (node.spiking() && options.recordAllSpikes)
      recorded[n].spikes = &(recording.spikes[node.name] = empty);
    if (node.kind == "Output") recorded[n].output = &(recording.outputs[node.name] = empty);
    if (node.stateful() || node.kind == "Output") recording.lag[node.name] = 0;
  }
  for (const auto& [name, place] : probes) {
    Trace<Real>& trace = recording.states[name];
    trace = Trace<Real>(input.batch, input.steps, nodes[place.node].outputSize);
    recorded[place.node].probes.emplace_back(place.state, &trace);
  }
  return ok();
}

template <class Real>
Status runAll(const FloatProgram<Real>& program, const FloatInput<Real>& input, const RunOptions& options,
              const std::vector<Recorded<Real>>& recorded) {
  FloatTasks tasks(input.batch, "samples", options);
  const auto makeWork = [&]() -> FloatTasks::Work {
    return [&, state = FloatState<Real>(program)](std::int64_t sample) mutable {
      state.clear();
      for (std::int64_t time = 0; time < input.steps; ++time) {
        if (tasks.stopped()) return false;  // a sample can be long
        const auto record = [&](int node) {
          const models::ModelTable* model = program.nodes[node].model;
          recorded[node].take(state, node, model ? model->states.size() : 0, sample, time);
        };
        if (state.step(input, sample, time, record)) continue;
        tasks.badInput(sample);
        return false;
      }
      return true;
    };
  };
  return tasks.run(makeWork);
}

}  // namespace

template <class Real>
Status checkFloatInput(const Network& network, const FloatInput<Real>& input) {
  const std::vector<int> inputs = network.inputs();
  if (input.widths.size() != inputs.size()) {
    return Error::of(
        ErrorKind::Data, "R0660", "",
        fmt::format("the data has {} inputs, the network {}", input.widths.size(), inputs.size()),
        "give one array per Input node");
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const Node& node = network.nodes[inputs[k]];
    if (input.widths[k] == node.outputSize()) continue;
    return Error::of(ErrorKind::Data, "R0660", node.name,
                     fmt::format("the data has {} channels, input '{}' takes {}", input.widths[k], node.name,
                                 node.outputSize()),
                     "arrays are [samples, steps, channels], time before channels");
  }
  return ok();
}

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
  if (Status status = checkFloatInput(network, input); !status) return status.error();
  const FloatProgram<Real> program =
      prepareFloat<Real>(network, makeFloatMaps<Real>(network, network.conventions.dt));
  std::vector<Recorded<Real>> recorded(program.nodes.size());
  BasicRecording<Real> recording;
  if (Status status = attach(network, input, options, program, recorded, recording); !status)
    return status.error();
  if (Status status = runAll(program, input, options, recorded); !status) return status.error();
  return recording;
}

template Status checkFloatInput(const Network&, const FloatInput<float>&);
template Status checkFloatInput(const Network&, const FloatInput<double>&);
template FloatInput<float> floatInput(const std::vector<Trace<float>>&);
template FloatInput<double> floatInput(const std::vector<Trace<double>>&);
template FloatInput<float> floatInput(const InputBatch&, const Network&);
template FloatInput<double> floatInput(const InputBatch&, const Network&);
template Expected<BasicRecording<float>> runFloat(const Network&, const FloatInput<float>&,
                                                  const RunOptions&);
template Expected<BasicRecording<double>> runFloat(const Network&, const FloatInput<double>&,
                                                   const RunOptions&);

}  // namespace rheo
