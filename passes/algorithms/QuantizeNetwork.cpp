// Quantization of a network: what its populations share, then each of them by itself, several at a time.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "algorithms/Quantize.h"
#include "algorithms/Quantizer.h"
#include "models/Registers.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

bool anyNonzero(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return value != 0; });
}

// Room for the weights of a few projections, again and again: new memory would cost more than what is done
// with it.
class Buffers {
 public:
  std::vector<double> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return {};
    std::vector<double> buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give(std::vector<double> buffer) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<double>> free_;
};

class NetworkQuantizer {
 public:
  NetworkQuantizer(const FloatNet& net, const QuantOptions& options)
      : net_(net), options_(options), chip_(*options.chip) {}

  QuantAttempt run();

 private:
  void findDynamics();
  void makePopulations();
  void makeParts();
  QuantPart constantPart(const std::string& name, int target, const std::vector<double>& values,
                         const std::vector<std::int32_t>& delays = {}) const;
  void checkNames();
  void checkConventions();
  void quantizePopulations();
  void take(Quantizer& population);
  void takeProjections(QuantPart& part);

  const FloatNet& net_;
  const QuantOptions& options_;
  const ChipSpec& chip_;
  int bias_ = -1;
  std::vector<Dynamics> dynamics_;
  std::vector<QuantPart> parts_;
  QuantFindings found_;
  QuantResult result_;
};

QuantAttempt NetworkQuantizer::run() {
  result_.net.name = net_.name;
  result_.net.dt = net_.conventions.dt;
  result_.net.inputs = net_.inputs;
  result_.net.outputs = net_.outputs;
  result_.settings.chip = chip_.name;
  result_.settings.profile = std::string(options_.profile->name);
  result_.settings.weightBits = options_.pins.weightBits;
  findDynamics();
  shareTimeConstants(net_, options_, dynamics_, found_);
  makePopulations();
  makeParts();
  checkNames();
  checkConventions();
  quantizePopulations();
  for (QuantPart& part : parts_) takeProjections(part);
  if (options_.periodicReset && found_.complete)
    if (Status added = addPeriodicResets(result_.net, *options_.periodicReset, chip_); !added) {
      const Error refused = std::move(added).error();
      found_.onlyPinsAtFault &= refused.kind != ErrorKind::Compile;
      found_.errors.insert(found_.errors.end(), refused.diagnostics.begin(), refused.diagnostics.end());
    }
  QuantAttempt attempt;
  if (!found_.errors.empty())
    attempt.refused = Error{found_.onlyPinsAtFault ? ErrorKind::Data : ErrorKind::Compile, found_.errors};
  attempt.complete = found_.complete;
  result_.notes = std::move(found_.notes);
  attempt.result = std::move(result_);
  return attempt;
}

void NetworkQuantizer::findDynamics() {
  std::int64_t neurons = 0;
  for (const FloatPopulation& population : net_.populations) neurons += population.size;
  dynamics_.resize(net_.populations.size());
  inParallel(threadsWorth(neurons, kNeuronsPerThread, options_.threads), dynamics_.size(),
             [&](std::size_t i) { dynamics_[i] = dynamicsOf(net_.populations[i], net_.conventions); });
}

void NetworkQuantizer::makePopulations() {
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

void NetworkQuantizer::makeParts() {
  for (const FloatProjection& source : net_.projections) {
    QuantPart part;
    part.fixed.name = source.name;
    part.fixed.source = source.source;
    part.fixed.target = source.target;
    part.fixed.delaySteps = source.delaySteps;
    part.given = &source;
    if (source.source.input) {
      part.effective.payload =
          static_cast<double>(net_.inputs[static_cast<std::size_t>(source.source.index)].largestPayload());
    }
    part.unit = net_.conventions.spikeValue();
    parts_.push_back(std::move(part));
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
QuantPart NetworkQuantizer::constantPart(const std::string& name, int target,
                                         const std::vector<double>& values,
                                         const std::vector<std::int32_t>& delays) const {
  QuantPart part;
  part.fixed.name = name;
  part.fixed.source = {false, bias_};
  part.fixed.target = target;
  part.effective.values = Connections<double>(static_cast<std::int64_t>(values.size()), 1);
  part.effective.values.values = values;
  part.effective.values.delays = delays;
  return part;
}

void NetworkQuantizer::checkNames() {
  std::vector<std::string> populations, projections;
  for (const FloatPopulation& population : net_.populations) populations.push_back(population.name);
  for (const QuantPart& part : parts_) projections.push_back(part.fixed.name);
  const auto check = [&](const auto& pins, const std::vector<std::string>& names, const char* kind) {
    for (const auto& [name, settings] : pins)
      if (std::find(names.begin(), names.end(), name) == names.end())
        found_.errors.push_back(unknownName(kind, name, names, options_.pinsFile));
  };
  check(options_.pins.populations, populations, "population");
  check(options_.pins.projections, projections, "projection");
  const auto differs = [&](const char* what, const std::string& wanted, const std::string& here) {
    if (wanted.empty() || wanted == here) return;
    found_.note("R0303", Severity::Warning, what,
                fmt::format("the settings were made for {} '{}', and are used for '{}'", what, wanted, here),
                "print fresh settings with `rheobase quant`");
  };
  differs("chip", options_.pins.chip, chip_.name);
  differs("profile", options_.pins.profile, std::string(options_.profile->name));
}

// SPEC N9, N10, E1: a chip tests one threshold in a step and resets in the step of the spike.
void NetworkQuantizer::checkConventions() {
  const auto real = [&](auto has) {
    return std::any_of(net_.populations.begin(), net_.populations.end(), [&](const FloatPopulation& p) {
      return p.model->spiking && !p.isExact() && !p.forgets() && has(p);
    });
  };
  const Conventions& conventions = net_.conventions;
  const auto lacks = [&](const char* what, const char* option) {
    found_.error("R0309", "", fmt::format("{}; no chip does that", what),
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
    found_.error("R0411", "",
                 fmt::format("the network resets by subtraction, '{}' resets to zero", chip_.name),
                 "choose a chip whose record lists 'subtract_reset', or train with a reset to zero");
}

// In order, and what one says stands in front of what the next says, whoever was done first. Behind one
// without integers, the others only say what is wrong with their weights.
void NetworkQuantizer::quantizePopulations() {
  std::vector<std::vector<QuantPart*>> into(net_.populations.size());
  std::int64_t weights = 0;
  for (QuantPart& part : parts_) {
    into[static_cast<std::size_t>(part.fixed.target)].push_back(&part);
    weights += std::ssize(part.given ? part.given->values() : part.effective.values.values);
  }
  std::vector<Quantizer> each(net_.populations.size(), Quantizer(net_, options_, bias_));
  Buffers buffers;
  constexpr std::int64_t kQuantizedPerThread = 1 << 17;  // each is looked at several times
  inParallel(threadsWorth(weights, kQuantizedPerThread, options_.threads), each.size(), [&](std::size_t i) {
    for (QuantPart* part : into[i]) part->takeGiven(buffers.take());
    each[i].run(static_cast<int>(i), dynamics_[i], into[i], result_.net.populations[i]);
    for (QuantPart* part : into[i]) buffers.give(std::exchange(part->effective.values.values, {}));
  });
  for (Quantizer& population : each) take(population);
}

void NetworkQuantizer::take(Quantizer& population) {
  if (!found_.complete) return found_.append(std::move(population.prepared));
  found_.append(std::move(population.found));
  for (auto& [name, chosen] : population.settings.populations)
    result_.settings.populations.insert_or_assign(name, std::move(chosen));
  for (auto& [name, chosen] : population.settings.projections)
    result_.settings.projections.insert_or_assign(name, std::move(chosen));
}

// SPEC W10
void NetworkQuantizer::takeProjections(QuantPart& part) {
  if (options_.fidelity != nullptr && part.fidelity.weights > 0)
    options_.fidelity->push_back(std::move(part.fidelity));
  const std::string name = part.fixed.name;
  std::vector<FixedProjection> made = projectionsOf(std::move(part));
  if (made.size() > 1) {
    found_.note(
        "R0349", Severity::Note, name,
        fmt::format("the weights of '{}' have {} formats, each with lists of its own: a spike takes as "
                    "many axons and messages",
                    name, made.size()),
        "give all of them one exponent, and at most the bits that a synapse stores");
    std::vector<std::string> names;
    for (const QuantPart& other : parts_) names.push_back(other.fixed.name);
    for (FixedProjection& projection : made) projection.name = freeName(result_.net, projection.name, names);
  }
  std::move(made.begin(), made.end(), std::back_inserter(result_.net.projections));
}

}  // namespace

QuantAttempt attemptQuantize(const FloatNet& net, const QuantOptions& options) {
  return NetworkQuantizer(net, options).run();
}

Expected<QuantResult> quantize(const FloatNet& net, const QuantOptions& options) {
  QuantAttempt attempt = attemptQuantize(net, options);
  if (attempt.refused) return *std::move(attempt.refused);
  return std::move(attempt.result);
}

}  // namespace rheo
