// A network as the compiler's algorithms see it: populations joined by projections, first over real
// numbers (FloatNet), then over the chip's integers (FixedNet). Plain arrays; no MLIR.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "chip/SignMode.h"
#include "models/Model.h"
#include "network/Network.h"
#include "network/Wiring.h"

namespace rheo {

// The values that a projection stores, and which synapse has which of them.
template <class T>
struct Connections {
  Wiring wiring;
  std::vector<T> values;             // wiring.valueCount() of them
  std::vector<std::int32_t> delays;  // steps, one for each value, beside the axon's; or empty. SPEC T7

  Connections() = default;
  explicit Connections(const Wiring& w) : wiring(w), values(static_cast<std::size_t>(w.valueCount())) {}
  Connections(std::int64_t targets, std::int64_t sources) : Connections(Wiring::dense(targets, sources)) {}

  const T& value(std::int64_t index) const { return values[static_cast<std::size_t>(index)]; }
  // As text and settings show them: a row for each target, or for each output channel of a kernel.
  std::int64_t rows() const {
    return wiring.convolution() ? wiring.convolution()->channelsOut : wiring.targets();
  }
  // The values of a row: [firstOf(row), firstOf(row + 1)).
  std::int64_t firstOf(std::int64_t row) const {
    return wiring.lists() ? wiring.lists()->first(row) : row * columns();
  }
  std::span<T> row(std::int64_t row) { return rowOf(values, row); }
  std::span<const T> row(std::int64_t row) const { return rowOf(values, row); }
  // visit(row, index) for every value.
  template <class Visit>
  void eachValue(Visit visit) const {
    for (std::int64_t row = 0; row < rows(); ++row)
      for (std::int64_t k = firstOf(row); k < firstOf(row + 1); ++k) visit(row, k);
  }
  // Of wirings without lists, whose rows are equally long.
  std::int64_t columns() const { return rows() == 0 ? 0 : wiring.valueCount() / rows(); }

 private:
  template <class Values>
  auto rowOf(Values& all, std::int64_t row) const {
    return std::span(all).subspan(static_cast<std::size_t>(firstOf(row)),
                                  static_cast<std::size_t>(firstOf(row + 1) - firstOf(row)));
  }
};

// The same synapses under a wiring that has a value for each of them, and maybe for other pairs: of those the
// weight is 0 and the delay the least, which adds no delay to those there are.
template <class T>
Connections<T> rewired(const Connections<T>& connections, const Wiring& wiring) {
  constexpr std::int64_t kNone = -1;
  const auto& delays = connections.delays;
  Connections<T> all(wiring);
  if (!delays.empty()) all.delays.assign(all.values.size(), *std::min_element(delays.begin(), delays.end()));
  std::vector<std::int64_t> valueOf(static_cast<std::size_t>(wiring.sources()), kNone);
  for (std::int64_t target = 0; target < wiring.targets(); ++target) {
    connections.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      valueOf[static_cast<std::size_t>(source)] = index;
    });
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      const std::int64_t from = valueOf[static_cast<std::size_t>(source)];
      if (from == kNone) return;
      all.values[static_cast<std::size_t>(index)] = connections.value(from);
      if (!delays.empty())
        all.delays[static_cast<std::size_t>(index)] = delays[static_cast<std::size_t>(from)];
    });
    connections.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t) {
      valueOf[static_cast<std::size_t>(source)] = kNone;
    });
  }
  return all;
}

// A value for each pair of neurons.
template <class T>
Connections<T> dense(const Connections<T>& connections) {
  return rewired(connections, Wiring::dense(connections.wiring.targets(), connections.wiring.sources()));
}

// Delays of the synapses that have a weight, ascending.
std::vector<std::int32_t> delayClasses(const Connections<std::int32_t>& weights);

// A port through which the host sends spikes; payloads lie in [minPayload, maxPayload], 0 is no spike.
struct InputPort {
  std::string name;
  std::int64_t size = 0;
  std::vector<std::int64_t> shape;
  std::int32_t minPayload = 0;
  std::int32_t maxPayload = 1;

  // Of either sign.
  std::int64_t largestPayload() const {
    return std::max(std::abs(std::int64_t{minPayload}), std::abs(std::int64_t{maxPayload}));
  }
};

// What an Output node receives: spikes of a spiking population, the membrane potential of another.
struct OutputPort {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<int> populations;
};

// A population over real numbers. Parameters carry the model's float names; one value or one per neuron.
struct FloatPopulation {
  std::string name;
  const models::ModelTable* model = nullptr;
  std::int64_t size = 0;
  std::vector<std::int64_t> shape;
  std::map<std::string, std::vector<double>> parameters;
  // Of an exact population (SPEC F14), which has no float parameters: the integers that step.h reads, in the
  // model's order, one for each neuron.
  std::vector<std::vector<std::int32_t>> exact = {};

  // Programs have no float form, and may have no parameters at all.
  bool isExact() const { return !exact.empty() || model->microcode; }

  // The name of the parameter; empty: the membrane keeps everything.
  std::string_view membraneTimeConstant() const {
    return models::membraneTimeConstant(model->floatParameters);
  }
  bool isLeaky() const { return !membraneTimeConstant().empty(); }
  // A Threshold: a lif whose time constant is 0. SPEC F24
  bool forgets() const;

  // Rows of the projections into it: row = neuron * ports + port.
  std::int64_t inputs() const { return model->inputsOf(size); }

  // A parameter of each neuron; the model's fallback where the file leaves it out.
  struct Column {
    std::span<const double> values;
    double fallback = 0;
    double operator[](std::int64_t neuron) const {
      if (values.empty()) return fallback;
      return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(neuron)];
    }
  };
  Column column(const std::string& parameterName) const;
  double parameter(const std::string& parameterName, std::int64_t neuron) const {
    return column(parameterName)[neuron];
  }
};

// Where spikes come from: an input port or a population.
struct Source {
  bool input = false;
  int index = -1;
};

// A chain of Linear, Affine, Scale, Delay and Flatten nodes between two populations, folded to x -> W x + b.
struct FloatProjection {
  std::string name;  // the node that holds the weights; "source->target" where there is none
  Source source;
  int target = -1;
  int delaySteps = 0;                    // of the float network. SPEC F5, F23
  Connections<double> weights;           // [target inputs, source size]
  std::vector<double> bias;              // [target inputs] or empty. SPEC F6
  std::vector<std::int32_t> biasDelays;  // the step from which each acts; empty: all from the first. SPEC F23
  // The values of the weights where somebody else holds them, for longer than this; `weights` then has none.
  std::span<const double> lent = {};

  std::span<const double> values() const {
    return lent.empty() ? std::span<const double>(weights.values) : lent;
  }
};

struct FloatNet {
  std::string name;
  Conventions conventions;
  std::vector<InputPort> inputs;
  std::vector<FloatPopulation> populations;
  std::vector<FloatProjection> projections;
  std::vector<OutputPort> outputs;
};

// Registers carry the chip's field names (du, dv, vth, bias_mantissa, bias_exponent, reset_mode,
// reset_value); one value or one per neuron.
struct FixedPopulation {
  std::string name;
  const models::ModelTable* model = nullptr;
  std::int64_t size = 0;
  std::vector<std::int64_t> shape;
  int lag = 0;          // SPEC T4
  bool hidden = false;  // made by the compiler
  std::map<std::string, std::vector<std::int32_t>> registers;
  std::map<std::string, std::vector<double>> scales;  // state -> one float unit in integer units

  std::int64_t inputs() const { return model->inputsOf(size); }  // rows, as of a FloatPopulation
  std::int32_t registerOf(const std::string& field, std::int64_t neuron, std::int32_t fallback = 0) const;
  // What step.h reads, in the model's order: decay_u = du + 1, threshold = vth << 6 and so on. SPEC I4
  std::vector<std::int32_t> stepParameters(std::int64_t neuron) const;
  // One of them. alike: whether it is the same for all neurons, since what it is read from is.
  std::int32_t stepParameter(const models::FixedParameter& parameter, std::int64_t neuron,
                             bool* alike = nullptr) const;
};

struct FixedProjection {
  std::string name;
  Source source;
  int target = -1;
  int delaySteps = 0;  // of the float network, as in FloatProjection
  int axonDelay = 0;   // SPEC T2
  int weightBits = kMostWeightBits;
  int exponent = 0;  // SPEC W5, W6
  SignMode signMode = SignMode::Mixed;
  Connections<std::int32_t> weights;  // as W1 to W4 leave them, without the exponent

  // How far flooring the parts of its sum, one for each delay, may lead below flooring the sum. SPEC W5, W7
  std::int64_t flooredApart() const;
};

struct FixedNet {
  std::string name;
  double dt = 0;
  std::vector<InputPort> inputs;
  std::vector<FixedPopulation> populations;
  std::vector<FixedProjection> projections;
  std::vector<OutputPort> outputs;
  int lag = 0;  // the largest of any population
};

// `wanted`, with a number behind it where something in the network, or among `more`, has that name.
std::string freeName(const FixedNet& net, const std::string& wanted,
                     const std::vector<std::string>& more = {});

}  // namespace rheo
