// Quantization of a population: effective weights, scale, registers, integers.
#include "algorithms/Quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "algorithms/Quantizer.h"

namespace rheo {
namespace {

bool anyNonzero(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return value != 0; });
}

Diagnostic& report(std::vector<Diagnostic>& list, const char* code, const std::string& where,
                   const std::string& message, const std::string& remedy) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = where;
  diagnostic.message = message;
  diagnostic.remedy = remedy;
  list.push_back(diagnostic);
  return list.back();
}

}  // namespace

Diagnostic& QuantFindings::error(const char* code, const std::string& where, const std::string& message,
                                 const std::string& remedy) {
  onlyPinsAtFault = false;
  return report(errors, code, where, message, remedy);
}

Diagnostic& QuantFindings::note(const char* code, Severity severity, const std::string& where,
                                const std::string& message, const std::string& remedy) {
  Diagnostic& diagnostic = report(notes, code, where, message, remedy);
  diagnostic.severity = severity;
  return diagnostic;
}

void QuantFindings::append(QuantFindings more) {
  std::move(more.errors.begin(), more.errors.end(), std::back_inserter(errors));
  std::move(more.notes.begin(), more.notes.end(), std::back_inserter(notes));
  complete &= more.complete;
  onlyPinsAtFault &= more.onlyPinsAtFault;
}

Quantizer::Quantizer(const FloatNet& net, const QuantOptions& options, int bias)
    : net_(net), options_(options), chip_(*options.chip), bias_(bias) {
  limits_.mostThreshold = registerRange(chip_, "vth").most;
  limits_.mostReset = registerRange(chip_, "reset_value").most;
  limits_.mostBias = registerRange(chip_, "bias_mantissa").most << registerRange(chip_, "bias_exponent").most;
  limits_.leastExponent = static_cast<int>(chip_.limit("weight_exponent_min").value);
  limits_.mostExponent = static_cast<int>(chip_.limit("weight_exponent_max").value);
}

Diagnostic& Quantizer::pinError(const std::string& where, const std::string& message,
                                const std::string& remedy) {
  Diagnostic& diagnostic = report(found.errors, "R0303", where, message, remedy);
  diagnostic.file = options_.pinsFile;
  return diagnostic;
}

void Quantizer::measured(Diagnostic& diagnostic, double value, double limit,
                         const std::string& source) const {
  diagnostic.value = value;
  diagnostic.limit = limit;
  diagnostic.limitSource = fmt::format("{} of chip '{}'", source, chip_.name);
}

const PopulationSettings& Quantizer::pinsOf(const std::string& name) const {
  static const PopulationSettings none;
  const auto pinned = options_.pins.populations.find(name);
  return pinned == options_.pins.populations.end() ? none : pinned->second;
}

void Quantizer::run(int index, Dynamics dynamics, const std::vector<Part*>& parts, FixedPopulation& target) {
  const FloatPopulation& source = net_.populations[static_cast<std::size_t>(index)];
  for (Part* part : parts) prepare(*part, dynamics);
  prepared = found;
  if (found.complete) chooseAll(source, dynamics, parts, target);  // else a scale would make no sense
}

void Quantizer::chooseAll(const FloatPopulation& source, Dynamics& dynamics, const std::vector<Part*>& parts,
                          FixedPopulation& target) {
  const PopulationSettings& pins = pinsOf(source.name);
  if (source.isExact()) return exactPopulation(source, pins, parts, target);
  if (source.forgets()) canForget(source);
  if (source.forgets() && anyNonzero(dynamics.leakDrive))
    note("R0317", Severity::Note, source.name,
         fmt::format("'{}' has thresholds below 0, which no register holds: they arrive as synapses in every "
                     "step, and its potential there is the sum above the threshold",
                     source.name),
         "");
  if (dynamics.fromRest)
    note("R0314", Severity::Warning, source.name,
         fmt::format("'{}' has a negative threshold, which no register holds: its potential is counted "
                     "from v_leak, and starts there, not at 0",
                     source.name),
         "add v_leak to what you read; or give the network potentials that are 0 at rest");
  decays(source, dynamics, target);
  if (!found.complete) return;
  for (std::vector<double>* losses : {&dynamics.lossU, &dynamics.lossV})
    for (double& loss : *losses) loss = std::min(loss, 1.0);
  std::vector<double> spread = pins.spreadV;
  if (!checkSpread(source, pins, parts)) {
    found.complete = false;
    return;
  }
  const bool equal = spread.empty();
  if (equal) spread = thresholdSpread(source, dynamics, pins, parts);
  const bool spreadBefore = equal && !spread.empty();  // the scale has to hold what is spread out
  if (spreadBefore) spreadOut(dynamics, parts, spread);
  const double scale = scaleOf(source, dynamics, pins, parts);
  if (spread.empty()) spread = spreadOf(source, dynamics, pins, parts, scale);
  target.scales["v"] = {scale};
  if (!spread.empty()) {
    if (!spreadBefore) spreadOut(dynamics, parts, spread);
    target.scales["v"] = spread;
    for (double& unit : target.scales["v"]) unit *= scale;
  }
  if (source.model->states.size() > 1) {
    std::vector<double>& unit = target.scales["u"];
    for (double u : dynamics.unitU) unit.push_back(scale * u);
    if (std::all_of(unit.begin(), unit.end(), [&](double u) { return u == unit[0]; })) unit.resize(1);
  }
  if (dynamics.spiking()) thresholds(source, dynamics, scale, target);
  if (anyNonzero(dynamics.biasDrive)) biases(source, dynamics.biasDrive, scale, target);
  pinRegisters(source, pins, target);
  compareThreshold(source, dynamics, pins, scale);
  for (Part* part : parts) integers(*part, scale);
  PopulationSettings& chosen = settings.populations[source.name];
  chosen.scaleV = scale;
  chosen.spreadV = spread;
  chosen.registers = target.registers;
}

ScaleLimits Quantizer::limitsOf(const FloatPopulation& source) const {
  ScaleLimits limits = limits_;
  const auto seen = options_.largestPotential.find(source.name);
  if (seen != options_.largestPotential.end()) limits.largestPotential = seen->second;
  return limits;
}

// Pinned, or what pinned thresholds or weights imply, or chosen.
double Quantizer::scaleOf(const FloatPopulation& source, const Dynamics& dynamics,
                          const PopulationSettings& pins, const std::vector<Part*>& parts) const {
  if (pins.scaleV) return *pins.scaleV;
  const auto vth = pins.registers.find("vth");
  if (vth != pins.registers.end() && dynamics.spiking() && !vth->second.empty() &&
      dynamics.threshold[0] > 0 && vth->second[0] > 0)
    return vth->second[0] * kAlign / dynamics.threshold[0];
  double agreement = 0, power = 0;
  for (const Part* part : parts) {
    if (part->pins == nullptr || !part->pins->weights) continue;
    const Connections<double>& values = part->effective.values;
    values.eachValue([&](std::int64_t row, std::int64_t k) {
      const double wanted = values.value(k);
      agreement += wanted * part->pins->weights->values[static_cast<std::size_t>(k)] *
                   std::ldexp(kAlign, part->exponentOf(row));
      power += wanted * wanted;
    });
  }
  if (agreement > 0 && power > 0) return agreement / power;
  return scaleBy(options_.method, dynamics, PartsOfOneFormat(parts).all(), limitsOf(source));
}

}  // namespace rheo
