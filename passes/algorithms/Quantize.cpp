// Quantization, population by population: effective weights, scale, registers, integers.
#include "algorithms/Quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/Quantizer.h"
#include "models/Registers.h"

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

Quantizer::Quantizer(const FloatNet& net, const QuantOptions& options)
    : net_(net), options_(options), chip_(*options.chip) {
  limits_.mostThreshold = registerRange(chip_, "vth").most;
  limits_.mostReset = registerRange(chip_, "reset_value").most;
  limits_.mostBias = registerRange(chip_, "bias_mantissa").most << registerRange(chip_, "bias_exponent").most;
  limits_.leastExponent = static_cast<int>(chip_.limit("weight_exponent_min").value);
  limits_.mostExponent = static_cast<int>(chip_.limit("weight_exponent_max").value);
}

QuantAttempt Quantizer::run() {
  result_.net.name = net_.name;
  result_.net.dt = net_.conventions.dt;
  result_.net.inputs = net_.inputs;
  result_.net.outputs = net_.outputs;
  result_.settings.chip = chip_.name;
  result_.settings.profile = std::string(options_.profile->name);
  result_.settings.weightBits = options_.pins.weightBits;
  for (const FloatPopulation& population : net_.populations)
    dynamics_.push_back(dynamicsOf(population, net_.conventions));
  makePopulations();
  makeParts();
  checkNames();
  checkConventions();
  for (std::size_t i = 0; i < net_.populations.size(); ++i) quantizePopulation(static_cast<int>(i));
  for (Part& part : parts_) result_.net.projections.push_back(std::move(part.fixed));
  if (options_.periodicReset && complete_)
    if (Status added = addPeriodicResets(result_.net, *options_.periodicReset, chip_); !added) {
      const Error refused = std::move(added).error();
      onlyPinsAtFault_ &= refused.kind != ErrorKind::Compile;
      errors_.insert(errors_.end(), refused.diagnostics.begin(), refused.diagnostics.end());
    }
  QuantAttempt attempt;
  if (!errors_.empty())
    attempt.refused = Error{onlyPinsAtFault_ ? ErrorKind::Data : ErrorKind::Compile, errors_};
  attempt.complete = complete_;
  attempt.result = std::move(result_);
  return attempt;
}

Diagnostic& Quantizer::error(const char* code, const std::string& where, const std::string& message,
                             const std::string& remedy) {
  onlyPinsAtFault_ = false;
  return report(errors_, code, where, message, remedy);
}

Diagnostic& Quantizer::pinError(const std::string& where, const std::string& message,
                                const std::string& remedy) {
  Diagnostic& diagnostic = report(errors_, "R0303", where, message, remedy);
  diagnostic.file = options_.pinsFile;
  return diagnostic;
}

void Quantizer::note(const char* code, Severity severity, const std::string& where,
                     const std::string& message, const std::string& remedy) {
  report(result_.notes, code, where, message, remedy).severity = severity;
}

Diagnostic& Quantizer::warning(const char* code, const std::string& where, const std::string& message,
                               const std::string& remedy) {
  Diagnostic& diagnostic = report(result_.notes, code, where, message, remedy);
  diagnostic.severity = Severity::Warning;
  return diagnostic;
}

void Quantizer::measured(Diagnostic& diagnostic, double value, double limit,
                         const std::string& source) const {
  diagnostic.value = value;
  diagnostic.limit = limit;
  diagnostic.limitSource = fmt::format("{} of chip '{}'", source, chip_.name);
}

void Quantizer::makePopulations() {
  for (const FloatPopulation& source : net_.populations) {
    FixedPopulation population;
    population.name = source.name;
    population.model = source.model;
    population.size = source.size;
    population.shape = source.shape;
    result_.net.populations.push_back(population);
  }
  bool biased = false;
  for (const FloatProjection& projection : net_.projections) biased |= anyNonzero(projection.bias);
  for (const Dynamics& dynamics : dynamics_) biased |= anyNonzero(dynamics.leakDrive);
  if (!biased) return;
  FixedPopulation population;
  population.name = "bias";
  const auto taken = [&] {
    return std::any_of(net_.populations.begin(), net_.populations.end(),
                       [&](const FloatPopulation& p) { return p.name == population.name; });
  };
  while (taken()) population.name += "_";
  population.model = models::findModel("lif");
  population.size = 1;
  population.shape = {1};
  population.hidden = true;
  // Above its threshold in every step, from the first on.
  population.registers = {{"dv", {0}},
                          {"vth", {0}},
                          {"bias_mantissa", {64}},
                          {"bias_exponent", {0}},
                          {"reset_mode", {models::kResetZero}}};
  bias_ = static_cast<int>(result_.net.populations.size());
  result_.net.populations.push_back(population);
}

void Quantizer::makeParts() {
  for (const FloatProjection& source : net_.projections) {
    Part part;
    part.fixed.name = source.name;
    part.fixed.source = source.source;
    part.fixed.target = source.target;
    part.fixed.delaySteps = source.delaySteps;
    part.effective.values = source.weights;
    if (source.source.input) {
      part.effective.payload =
          static_cast<double>(net_.inputs[static_cast<std::size_t>(source.source.index)].largestPayload());
    }
    part.unit = net_.conventions.spikeValue();
    parts_.push_back(part);
    if (anyNonzero(source.bias))
      parts_.push_back(constantPart(source.name + ".bias", source.target, source.bias, source.biasDelays));
  }
  for (std::size_t i = 0; i < dynamics_.size(); ++i) {
    if (!anyNonzero(dynamics_[i].leakDrive)) continue;
    parts_.push_back(
        constantPart(net_.populations[i].name + (net_.populations[i].forgets() ? ".threshold" : ".leak"),
                     static_cast<int>(i), dynamics_[i].leakDrive));
    parts_.back().gainApplied = true;
  }
}

// Synapses from the neuron that fires in every step.
Quantizer::Part Quantizer::constantPart(const std::string& name, int target,
                                        const std::vector<double>& values,
                                        const std::vector<std::int32_t>& delays) const {
  Part part;
  part.fixed.name = name;
  part.fixed.source = {false, bias_};
  part.fixed.target = target;
  part.effective.values = Connections<double>(static_cast<std::int64_t>(values.size()), 1);
  part.effective.values.values = values;
  part.effective.values.delays = delays;
  return part;
}

void Quantizer::checkNames() {
  std::vector<std::string> populations, projections;
  for (const FloatPopulation& population : net_.populations) populations.push_back(population.name);
  for (const Part& part : parts_) projections.push_back(part.fixed.name);
  const auto check = [&](const auto& pins, const std::vector<std::string>& names, const char* kind) {
    for (const auto& [name, settings] : pins)
      if (std::find(names.begin(), names.end(), name) == names.end())
        errors_.push_back(unknownName(kind, name, names, options_.pinsFile));
  };
  check(options_.pins.populations, populations, "population");
  check(options_.pins.projections, projections, "projection");
  const auto differs = [&](const char* what, const std::string& wanted, const std::string& here) {
    if (wanted.empty() || wanted == here) return;
    note("R0303", Severity::Warning, what,
         fmt::format("the settings were made for {} '{}', and are used for '{}'", what, wanted, here),
         "print fresh settings with `rheobase quant`");
  };
  differs("chip", options_.pins.chip, chip_.name);
  differs("profile", options_.pins.profile, std::string(options_.profile->name));
}

// SPEC N9, N10, E1: a chip tests one threshold in a step and resets in the step of the spike.
void Quantizer::checkConventions() {
  const auto real = [&](auto has) {
    return std::any_of(net_.populations.begin(), net_.populations.end(), [&](const FloatPopulation& p) {
      return p.model->spiking && !p.isExact() && !p.forgets() && has(p);
    });
  };
  const Conventions& conventions = net_.conventions;
  const auto lacks = [&](const char* what, const char* option) {
    error("R0309", "", fmt::format("{}; no chip does that", what),
          fmt::format("compile with {} and check with `rheobase verify` what that changes", option));
  };
  if (!real([](const FloatPopulation&) { return true; })) return;
  const Reset reset = conventions.reset;
  if (reset == Reset::SubtractLate || reset == Reset::SubtractNext)
    lacks("the reset acts one step after the spike", "--reset subtract");
  if (reset == Reset::ZeroNext) lacks("the reset acts one step after the spike", "--reset zero");
  if (reset == Reset::None) lacks("a spike resets nothing", "--reset zero");
  if (conventions.spikesPerStep == SpikesPerStep::Many)
    lacks("a neuron sends several spikes in a step", "--spikes-per-step one");
  if (conventions.clamp == Clamp::Threshold && real([](const FloatPopulation& p) { return !p.isLeaky(); }))
    lacks("the potential of an IF neuron stops at minus its threshold", "--clamp none");
  if (reset == Reset::Subtract && !chip_.extends("subtract_reset"))
    error("R0411", "", fmt::format("the network resets by subtraction, '{}' resets to zero", chip_.name),
          "choose a chip whose record lists 'subtract_reset', or train with a reset to zero");
}

const PopulationSettings& Quantizer::pinsOf(const std::string& name) const {
  static const PopulationSettings none;
  const auto found = options_.pins.populations.find(name);
  return found == options_.pins.populations.end() ? none : found->second;
}

void Quantizer::quantizePopulation(int index) {
  const FloatPopulation& source = net_.populations[static_cast<std::size_t>(index)];
  FixedPopulation& target = result_.net.populations[static_cast<std::size_t>(index)];
  const PopulationSettings& pins = pinsOf(source.name);
  Dynamics dynamics = dynamics_[static_cast<std::size_t>(index)];
  std::vector<Part*> parts;
  for (Part& part : parts_)
    if (part.fixed.target == index) {
      parts.push_back(&part);
      prepare(part, dynamics);
    }
  if (!complete_) return;  // a scale would make no sense
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
  if (!complete_) return;
  for (std::vector<double>* losses : {&dynamics.lossU, &dynamics.lossV})
    for (double& loss : *losses) loss = std::min(loss, 1.0);
  std::vector<double> spread = pins.spreadV;
  if (!checkSpread(source, pins, parts)) {
    complete_ = false;
    return;
  }
  const double scale = scaleOf(source, dynamics, pins, parts);
  if (spread.empty()) spread = spreadOf(source, dynamics, pins, parts, scale);
  target.scales["v"] = {scale};
  if (!spread.empty()) {
    spreadOut(dynamics, parts, spread);
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
  PopulationSettings& settings = result_.settings.populations[source.name];
  settings.scaleV = scale;
  settings.spreadV = spread;
  settings.registers = target.registers;
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
    for (std::size_t i = 0; i < part->effective.values.values.size(); ++i) {
      const double wanted = part->effective.values.values[i];
      agreement += wanted * part->pins->weights->values[i] * std::ldexp(kAlign, part->effective.exponent);
      power += wanted * wanted;
    }
  }
  if (agreement > 0 && power > 0) return agreement / power;
  std::vector<EffectiveWeights> weights;
  for (const Part* part : parts) weights.push_back(part->effective);
  return chooseScale(dynamics, weights, limitsOf(source));
}

QuantAttempt attemptQuantize(const FloatNet& net, const QuantOptions& options) {
  return Quantizer(net, options).run();
}

Expected<QuantResult> quantize(const FloatNet& net, const QuantOptions& options) {
  QuantAttempt attempt = attemptQuantize(net, options);
  if (attempt.refused) return *std::move(attempt.refused);
  return std::move(attempt.result);
}

}  // namespace rheo
