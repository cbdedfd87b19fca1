// What a compilation has to preserve: the quantized network as plain data, and the file that holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/Error.h"

namespace rheo::witness {

// `fields` lists what the file holds of a structure, in this order, for reading and writing alike. SPEC V1

struct Axis {  // of a convolution. SPEC F15
  std::int32_t inputs = 1, outputs = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;
  void fields(auto& file) { file(inputs, outputs, kernel, stride, padding, dilation); }
};

struct Convolution {
  std::int32_t channelsIn = 1, channelsOut = 1, groups = 1;
  Axis rows, columns;
  void fields(auto& file) { file(channelsIn, channelsOut, groups, rows, columns); }
};

struct Parameter {  // that a model's step reads: one value for all neurons, or one for each. SPEC I4
  std::string name;
  std::vector<std::int32_t> values;
  std::int32_t of(std::int64_t neuron) const {
    return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(neuron)];
  }
  void fields(auto& file) { file(name, values); }
};

struct Population {
  std::string name, model;
  std::int32_t size = 0;
  std::vector<std::int64_t> shape;
  std::uint8_t hidden = 0;
  std::int32_t lag = 0;               // for which the parameters hold. SPEC V4
  std::vector<Parameter> parameters;  // in the model's order
  void fields(auto& file) { file(name, model, size, shape, hidden, lag, parameters); }
};

struct Input {
  std::string name;
  std::int32_t size = 0;
  std::vector<std::int64_t> shape;
  std::int32_t least = 0, most = 1;  // payloads
  void fields(auto& file) { file(name, size, shape, least, most); }
};

struct Projection {
  std::string name;  // the user's node
  std::uint8_t fromInput = 0;
  std::int32_t source = 0, target = 0;  // into inputs or populations; into populations
  std::int32_t delaySteps = 0;          // of the float network. SPEC T4, T5
  std::int32_t weightBits = 8, exponent = 0;
  std::uint8_t signMode = 0;               // 0 mixed, 1 excitatory, 2 inhibitory. SPEC W1
  std::optional<Convolution> convolution;  // else every source reaches every row of the target
  std::vector<std::int16_t> weights;       // [rows, sources], or the kernel; before W2 to W4 cut them
  std::vector<std::uint8_t> delays;        // steps, one for each weight, or none. SPEC T7
  void fields(auto& file) {
    file(name, fromInput, source, target, delaySteps, weightBits, exponent, signMode, convolution, weights,
         delays);
  }
};

struct OutputPart {
  std::int32_t population = 0;
  std::string state;  // empty: its spikes
  void fields(auto& file) { file(population, state); }
};

struct Output {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<OutputPart> parts;
  void fields(auto& file) { file(name, shape, parts); }
};

struct Network {
  std::string name, profile;
  double dt = 0;
  std::vector<Population> populations;
  std::vector<Input> inputs;
  std::vector<Projection> projections;
  std::vector<Output> outputs;
  void fields(auto& file) { file(name, profile, dt, populations, inputs, projections, outputs); }
};

// The file's bytes.
std::vector<std::uint8_t> toBytes(Network network);

// `name` is for messages. Errors, of kind Format: R0520 no witness, or one of another version; R0521 damaged,
// or a network that contradicts itself.
Expected<Network> parse(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace rheo::witness
