// The integers of a projection: gains folded in, a format, an exponent, rounded or given. SPEC W, F14.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/Quantizer.h"
#include "algorithms/WeightLoops.h"

namespace rheo {
namespace {

constexpr double kMostWeight = 1e100;  // float units of v; sums of such weights are still finite

std::int64_t furthest(const SynapseLists& lists) {
  std::int64_t source = -1;
  for (std::int64_t synapse = 0; synapse < lists.synapses(); ++synapse)
    source = std::max<std::int64_t>(source, lists.source(synapse));
  return source;
}
bool below(std::int64_t sources, const SynapseLists& lists) { return furthest(lists) < sources; }

// A row for each target with all of its sources; of large matrices that are mostly 0, with those that it has.
WeightRows rowsOf(const Connections<std::int32_t>& weights) {
  const SynapseLists* lists = weights.wiring.lists();
  if (!lists) return {weights.rows(), weights.columns(), weights.values};
  if (weights.wiring.targets() * weights.wiring.sources() > kMostSpeltOut)
    return {weights.rows(), 0, weights.values, *lists};
  return rowsOf(dense(weights));
}

// Whether rows of settings are those of a projection as it is stored.
bool isOf(const WeightRows& rows, const Connections<double>& values) {
  const SynapseLists* lists = values.wiring.lists();
  if (lists || rows.lists) return lists && rows.lists && *lists == *rows.lists;
  return rows.rows == values.rows() && rows.columns == values.columns();
}

}  // namespace

void settleDelays(Connections<std::int32_t>& connections) {
  std::vector<std::int32_t>& delays = connections.delays;
  if (delays.empty()) return;
  const std::vector<std::int32_t> classes = delayClasses(connections);
  if (classes.empty()) return delays.clear();
  for (std::int32_t& delay : delays) delay = std::clamp(delay, classes.front(), classes.back());
}

// The gain of the neuron that each value belongs to; nullopt where neurons that share a value differ.
std::optional<std::vector<double>> Quantizer::gainOfValues(const Connections<double>& connections,
                                                           const Dynamics& dynamics) {
  std::vector<double> gains(connections.values.size());
  std::vector<bool> known(gains.size());
  bool agree = true;
  for (std::int64_t target = 0; target < connections.wiring.targets(); ++target) {
    const double gain = dynamics.gain[static_cast<std::size_t>(target)];
    connections.wiring.sourcesOf(target, [&](std::int64_t, std::int64_t index) {
      const auto at = static_cast<std::size_t>(index);
      agree = agree && (!known[at] || gains[at] == gain);
      gains[at] = gain;
      known[at] = true;
    });
  }
  if (!agree) return std::nullopt;
  return gains;
}

// Where neurons under one kernel differ, each synapse gets a weight of its own.
void Quantizer::applyGains(Part& part, const Dynamics& dynamics) {
  Connections<double>& values = part.effective.values;
  if (!values.wiring.convolution()) {  // each row of values is one neuron's
    for (std::int64_t row = 0; row < values.rows(); ++row) {
      const double gain = part.unit * dynamics.gain[static_cast<std::size_t>(row)];
      for (double& value : values.row(row)) value *= gain;
    }
    return;
  }
  std::optional<std::vector<double>> gains = gainOfValues(values, dynamics);
  if (!gains) {
    if (values.wiring.tooManySynapses()) {
      error("R0316", part.fixed.name,
            fmt::format(
                "neurons that share the kernel of '{}' differ in the gain of their input, and weights of "
                "their own are too many for {} of them with up to {} sources",
                part.fixed.name, values.wiring.targets(), values.wiring.mostSources()),
            "give the neurons of a channel one time constant and one resistance");
      found.complete = false;
      return;
    }
    const Wiring shared = values.wiring;
    values = rewired(values, shared.unfolded());
    note(
        "R0316", Severity::Warning, part.fixed.name,
        fmt::format("neurons that share the kernel of '{}' differ in the gain of their input: its {} weights "
                    "become {}",
                    part.fixed.name, shared.valueCount(), values.values.size()),
        "give the neurons of a channel one time constant and one resistance, and the kernel stays shared");
    gains = gainOfValues(values, dynamics);
  }
  for (std::size_t i = 0; i < values.values.size(); ++i) values.values[i] *= part.unit * (*gains)[i];
}

// Settings may pin a weight for every pair of neurons, or for some, where the network has a kernel, one for
// each neuron, or other pairs.
void Quantizer::unfoldForPins(Part& part) {
  if (part.pins == nullptr || !part.pins->weights) return;
  Connections<double>& values = part.effective.values;
  const Wiring wiring = values.wiring;
  const WeightRows& pinned = *part.pins->weights;
  if (isOf(pinned, values)) return;
  if (pinned.lists) {
    if (pinned.rows == wiring.targets() && below(wiring.sources(), *pinned.lists))
      values = rewired(values, Wiring::listed(wiring.sources(), *pinned.lists));
  } else if (pinned.rows == wiring.targets() && pinned.columns == wiring.sources() &&
             !Wiring::dense(wiring.targets(), wiring.sources()).tooManySynapses()) {
    values = dense(values);
  }
}

// Gains into weights, format, pins.
void Quantizer::prepare(Part& part, const Dynamics& dynamics) {
  const auto pinned = options_.pins.projections.find(part.fixed.name);
  part.pins = pinned == options_.pins.projections.end() ? nullptr : &pinned->second;
  unfoldForPins(part);
  if (!part.gainApplied) applyGains(part, dynamics);
  part.effective.findLargest();
  if (!(part.effective.largest < kMostWeight)) {
    found.complete = false;
    error("R0323", part.fixed.name,
          fmt::format("weights of '{}' add {:.4g} to the potential in one step, beyond every scale",
                      part.fixed.name, part.effective.largest),
          "check the weights and the gains r and w_in of the file");
  }
  chooseFormats(part);
  pinExponents(part);
  if (part.pins != nullptr && part.pins->weights) checkWeights(part);
}

void Quantizer::checkWeights(const Part& part) {
  const std::string where = "projections." + part.fixed.name + ".weights";
  const WeightRows& pinned = *part.pins->weights;
  if (pinned.lists && pinned.rows == part.effective.values.wiring.targets() &&
      !below(part.effective.values.wiring.sources(), *pinned.lists)) {
    pinError(where,
             fmt::format("a pinned weight of '{}' is of source {}, there are 0 to {}", part.fixed.name,
                         furthest(*pinned.lists), part.effective.values.wiring.sources() - 1),
             "rows are targets; in each, weights stand by the number of their source");
    found.complete = false;
    return;
  }
  if (!isOf(pinned, part.effective.values)) {
    const Wiring& wiring = part.effective.values.wiring;
    const auto shape = [](std::int64_t rows, std::int64_t columns) {
      return fmt::format("{} x {}", rows, columns);
    };
    pinError(where,
             fmt::format("pinned weights of '{}' are {}, the network's are {}", part.fixed.name,
                         pinned.lists ? fmt::format("{} lists of sources", pinned.rows)
                                      : shape(pinned.rows, pinned.columns),
                         wiring.convolution()
                             ? shape(part.effective.values.rows(), part.effective.values.columns())
                             : shape(wiring.targets(), wiring.sources())),
             "rows are targets and columns sources; of a kernel, rows are output channels");
    found.complete = false;
    return;
  }
  bool told = false;
  part.effective.values.eachValue([&](std::int64_t row, std::int64_t k) {
    const std::int32_t weight = pinned.values[static_cast<std::size_t>(k)];
    const WeightFormat& format = part.formatOf(row);
    if (told || format.represents(weight)) return;
    told = true;
    pinError(where,
             fmt::format("pinned weight {} of '{}' is not a multiple of {} within {}..{}", weight,
                         part.fixed.name, format.step(), format.least(), format.most()),
             "SPEC W1 to W4 say which integers a weight of this many bits and this sign mode can be")
        .value = weight;
    found.complete = false;
  });
}

bool Quantizer::inRange(const std::string& where, std::int64_t value, RegisterRange range) {
  if (range.holds(static_cast<double>(value))) return true;
  Diagnostic& diagnostic = pinError(
      where, fmt::format("'{}' is {}, '{}' holds {}..{}", where, value, chip_.name, range.least, range.most),
      "choose a value within the chip's range");
  measured(diagnostic, static_cast<double>(value), range.endMissedBy(static_cast<double>(value)), "record");
  return false;
}

void Quantizer::integers(Part& part, double scale) {
  chooseExponents(part, scale);
  const EffectiveWeights& effective = part.effective;
  FixedProjection& target = part.fixed;
  target.exponent = effective.exponent;
  target.weightBits = effective.format.bits;
  target.signMode = effective.format.sign;
  ProjectionSettings& chosen = settings.projections[target.name];
  chosen = {{target.weightBits}, {target.exponent}, target.signMode, std::nullopt};
  if (!part.rowFormats.empty()) {
    chosen.bits.clear();
    for (const WeightFormat& format : part.rowFormats) chosen.bits.push_back(format.bits);
  }
  if (!part.rowExponents.empty()) chosen.exponent.assign(part.rowExponents.begin(), part.rowExponents.end());
  target.weights = Connections<std::int32_t>(effective.values.wiring);
  target.weights.delays = effective.values.delays;
  if (part.pins != nullptr && part.pins->weights) {
    target.weights.values = part.pins->weights->values;
    chosen.weights = part.pins->weights;
    return settleDelays(target.weights);
  }
  std::int64_t clipped = 0;
  for (std::int64_t row = 0; row < effective.values.rows(); ++row) {
    const double unit = storedUnit(scale, part.exponentOf(row));
    clipped += roundWeights(effective.values.row(row), unit, part.formatOf(row), target.weights.row(row));
  }
  settleDelays(target.weights);
  measureFidelity(part, scale);
  if (options_.keepWeights) chosen.weights = rowsOf(target.weights);
  examineWeights(part);
  if (clipped > 0)
    note("R0310", Severity::Warning, target.name,
         fmt::format("{} of {} weights of '{}' are clipped to {} bits", clipped, target.weights.values.size(),
                     target.name, part.rowFormats.empty() ? std::to_string(target.weightBits) : "their"),
         "let 'scale_v' and 'exponent' be chosen, or use more bits");
}

}  // namespace rheo
