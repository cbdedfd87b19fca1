// Quantization settings as a file: what was chosen, and what the user pins by giving a file back.
// {"schema": "rheobase.quantization/1", "chip", "profile", "weight_bits",
//  "populations": {NAME: {"scale_v", "spread_v", "vth", "du", "dv", "reset_mode", "reset_value", ...}},
//  "projections": {NAME: {"bits", "exponent", "sign_mode", "weights"}}}
// Registers are one integer or one per neuron; bits and exponents one or one per row of weights: per target
// neuron, of kernels per output channel. "weights" are integers, [targets][sources], or for each target
// an object of those that there are, {"SOURCE": WEIGHT}.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "support/Error.h"

namespace rheo {

struct PopulationSettings {
  std::optional<double> scaleV;  // integer units of v for one float unit
  std::vector<double> spreadV;   // multiples of it, one for each neuron; empty where they are all 1
  std::map<std::string, std::vector<std::int32_t>> registers;  // field -> one value or one per neuron
};

// The stored weights of a projection: a row for each target, or for each output channel of a kernel.
struct WeightRows {
  std::int64_t rows = 0;
  std::int64_t columns = 0;  // 0 where rows are lists
  std::vector<std::int32_t> values;
  std::optional<SynapseLists> lists = std::nullopt;  // the synapses of each row, where most pairs have none
};

struct ProjectionSettings {
  std::vector<std::int32_t> bits;      // one, or one for each row; empty: not said
  std::vector<std::int32_t> exponent;  // likewise
  std::optional<SignMode> signMode;
  std::optional<WeightRows> weights;
};

struct QuantSettings {
  std::string chip;
  std::string profile;
  std::optional<int> weightBits;  // of every projection that does not say its own
  std::map<std::string, PopulationSettings> populations;
  std::map<std::string, ProjectionSettings> projections;

  std::string toJson() const;
  // Errors: R0301 unknown key (the nearest one is offered), R0302 wrong type or value. `file` is for
  // messages.
  static Expected<QuantSettings> fromJson(const std::string& text, const std::string& file);
};

// Settings as an image records them: without the weights, which the image holds. Text that is none stays as
// it is.
std::string withoutWeights(const std::string& settings);

// "unknown population 'hiden' ... did you mean 'hidden'?" R0301.
Diagnostic unknownName(const std::string& kind, const std::string& name,
                       const std::vector<std::string>& candidates, const std::string& file);

}  // namespace rheo
