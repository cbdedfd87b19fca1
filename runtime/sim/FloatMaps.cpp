// Nodes without neurons.
#include "sim/FloatMaps.h"

#include <array>

#include "network/ConvolutionNodes.h"
#include "network/DelayNodes.h"
#include "network/Delays.h"
#include "sim/FloatWindows.h"

namespace rheo {
namespace {

template <class Real>
std::vector<Real> convert(const std::vector<double>& values) {
  return std::vector<Real>(values.begin(), values.end());
}

// Steps to keep; 0 without delays.
std::int64_t depthOf(const std::vector<std::int32_t>& delays) {
  return delays.empty() ? 0 : std::int64_t{*std::max_element(delays.begin(), delays.end())} + 1;
}

template <class Real>
void wait(const FloatPast<Real>& past, const std::vector<std::int32_t>& delays, Real* to) {
  for (std::int64_t i = 0; i < past.size; ++i) to[i] = past.at(delays[static_cast<std::size_t>(i)], i);
}

// SPEC F8.
template <class Real>
class ScaleMap : public FloatMap<Real> {
 public:
  explicit ScaleMap(const Node& node) : factors_(convert<Real>(node.parameters.at("scale").values)) {}

  void apply(const Real* input, FloatMemory<Real>&, Real* output) const override {
    for (std::size_t i = 0; i < factors_.size(); ++i) output[i] = factors_[i] * input[i];
  }

 private:
  std::vector<Real> factors_;
};

// SPEC F23.
template <class Real>
class DelayMap : public FloatMap<Real> {
 public:
  explicit DelayMap(std::vector<std::int32_t> steps) : steps_(std::move(steps)) {}

  FloatMemory<Real> memory() const override {
    FloatMemory<Real> memory;
    memory.inputs.reset(static_cast<std::int64_t>(steps_.size()), depthOf(steps_));
    return memory;
  }
  void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const override {
    memory.inputs.push(input);
    wait(memory.inputs, steps_, output);
  }

 private:
  std::vector<std::int32_t> steps_;
};

// A matrix, [inputs][outputs], so that a spike adds one row of memory.
template <class Real>
class Columns {
 public:
  explicit Columns(const Node& node) : inputs_(node.inputSize()), outputs_(node.outputSize()) {
    const std::vector<double>& weight = node.parameters.at("weight").values;
    columns_.resize(weight.size());
    for (std::int64_t i = 0; i < outputs_; ++i)
      for (std::int64_t j = 0; j < inputs_; ++j)
        columns_[j * outputs_ + i] = static_cast<Real>(weight[i * inputs_ + j]);
  }

  const Real* column(std::int64_t input) const { return columns_.data() + input * outputs_; }

  // A zero adds nothing, so leaving it out gives the same bits. Four columns at a time, so that the sums stay
  // in registers; each sum still takes its sources one by one, in ascending order.
  void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const {
    std::vector<std::int64_t>& active = memory.active;
    Real* __restrict out = output;
    std::fill(out, out + outputs_, Real(0));
    active.clear();
    for (std::int64_t j = 0; j < inputs_; ++j)
      if (input[j] != Real(0)) active.push_back(j);
    std::size_t next = 0;
    for (; next + 4 <= active.size(); next += 4) {
      const Real* __restrict column[4];
      Real x[4];
      for (int c = 0; c < 4; ++c) {
        column[c] = columns_.data() + active[next + c] * outputs_;
        x[c] = input[active[next + c]];
      }
      for (std::int64_t i = 0; i < outputs_; ++i) {
        out[i] = (((out[i] + column[0][i] * x[0]) + column[1][i] * x[1]) + column[2][i] * x[2]) +
                 column[3][i] * x[3];
      }
    }
    for (; next < active.size(); ++next) {
      const Real x = input[active[next]];
      const Real* __restrict from = column(active[next]);
      for (std::int64_t i = 0; i < outputs_; ++i) out[i] += from[i] * x;
    }
  }

 private:
  std::int64_t inputs_, outputs_;
  std::vector<Real> columns_;
};

// One value for each output, or for each channel of them; none where the node has no bias.
template <class Real>
class Bias {
 public:
  explicit Bias(const Node& node) {
    const auto bias = node.parameters.find("bias");
    if (bias == node.parameters.end()) return;
    values_ = convert<Real>(bias->second.values);
    shared_ = node.outputSize() / static_cast<std::int64_t>(values_.size());
  }

  void add(Real* output) const {
    for (const Real value : values_)
      for (std::int64_t i = 0; i < shared_; ++i) *output++ += value;
  }

 private:
  std::vector<Real> values_;
  std::int64_t shared_ = 1;  // outputs that have one value
};

// A matrix or windows, with a bias and delays that its inputs or outputs share. SPEC F6, F7, F15 to F18.
template <class Real, class Sums>
class SumMap : public FloatMap<Real> {
 public:
  SumMap(const Node& node, Delays delays)
      : sums_(node),
        inputs_(node.inputSize()),
        outputs_(node.outputSize()),
        delays_(std::move(delays)),
        inputDepth_(depthOf(delays_.inputs)),
        outputDepth_(depthOf(delays_.outputs)),
        bias_(node) {}

  FloatMemory<Real> memory() const override {
    FloatMemory<Real> memory;
    if (inputDepth_ > 0) memory.inputs.reset(inputs_, inputDepth_);
    if (outputDepth_ > 0) memory.outputs.reset(outputs_, outputDepth_);
    return memory;
  }

  // What the map makes of values before the delay is the same as after it, so the delays of the outputs wait
  // there.
  void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const override {
    if (inputDepth_ > 0) {
      memory.inputs.push(input);
      memory.waiting.resize(static_cast<std::size_t>(inputs_));
      wait(memory.inputs, delays_.inputs, memory.waiting.data());
      input = memory.waiting.data();
    }
    sums_.apply(input, memory, output);
    if (outputDepth_ > 0) {
      memory.outputs.push(output);
      wait(memory.outputs, delays_.outputs, output);
    }
    bias_.add(output);
  }

 private:
  Sums sums_;
  std::int64_t inputs_, outputs_;
  Delays delays_;
  std::int64_t inputDepth_, outputDepth_;
  Bias<Real> bias_;
};

// A matrix with a delay for each weight. SPEC F18.
template <class Real>
class DelayedMatrix : public FloatMap<Real> {
 public:
  DelayedMatrix(const Node& node, const Delays& delays)
      : columns_(node), inputs_(node.inputSize()), outputs_(node.outputSize()), bias_(node) {
    delays_.resize(delays.synapses.size());
    for (std::int64_t i = 0; i < outputs_; ++i)
      for (std::int64_t j = 0; j < inputs_; ++j) {
        const std::int32_t delay = delays.synapses[static_cast<std::size_t>(i * inputs_ + j)];
        delays_[static_cast<std::size_t>(j * outputs_ + i)] = static_cast<std::uint8_t>(delay);
        depth_ = std::max<std::int64_t>(depth_, delay + 1);
      }
  }

  FloatMemory<Real> memory() const override {
    FloatMemory<Real> memory;
    memory.inputs.reset(inputs_, depth_);
    return memory;
  }

  void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const override {
    memory.inputs.push(input);
    std::fill(output, output + outputs_, Real(0));
    std::array<Real, kMaxDelay + 1> past;
    for (std::int64_t j = 0; j < inputs_; ++j) {
      bool silent = true;
      for (std::int64_t d = 0; d < depth_; ++d) {
        past[static_cast<std::size_t>(d)] = memory.inputs.at(d, j);
        silent &= past[static_cast<std::size_t>(d)] == Real(0);
      }
      if (silent) continue;
      const Real* weights = columns_.column(j);
      const std::uint8_t* delays = delays_.data() + j * outputs_;
      for (std::int64_t i = 0; i < outputs_; ++i) output[i] += weights[i] * past[delays[i]];
    }
    bias_.add(output);
  }

 private:
  Columns<Real> columns_;
  std::int64_t inputs_, outputs_, depth_ = 1;
  std::vector<std::uint8_t> delays_;  // as the weights: [inputs][outputs]
  Bias<Real> bias_;
};

}  // namespace

template <class Real>
std::unique_ptr<FloatMap<Real>> makeFloatMap(const Node& node, double dt) {
  if (node.kind == "Scale") return std::make_unique<ScaleMap<Real>>(node);
  if (node.kind == "Delay") return std::make_unique<DelayMap<Real>>(delaySteps(node, dt));
  if (hasWindow(node.kind)) return std::make_unique<SumMap<Real, FloatWindows<Real>>>(node, delaysOf(node));
  if (node.kind != "Linear" && node.kind != "Affine") return nullptr;
  Delays delays = delaysOf(node);
  if (!delays.synapses.empty()) return std::make_unique<DelayedMatrix<Real>>(node, delays);
  return std::make_unique<SumMap<Real, Columns<Real>>>(node, std::move(delays));
}

template std::unique_ptr<FloatMap<float>> makeFloatMap(const Node&, double);
template std::unique_ptr<FloatMap<double>> makeFloatMap(const Node&, double);

}  // namespace rheo
