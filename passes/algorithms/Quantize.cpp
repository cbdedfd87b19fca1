// Quantization, population by population: effective weights, scale, registers, integers.
#include "algorithms/Quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/Dynamics.h"
#include "algorithms/Lags.h"
#include "algorithms/Registers.h"
#include "algorithms/Scales.h"
#include "algorithms/WeightFormat.h"
#include "fixed/Arithmetic.h"
#include "models/Registers.h"

namespace rheo {
namespace {

constexpr double kAlign = 1 << fixed::kAlignBits;
constexpr double kMostWeight = 1e100;               // float units of v; sums of such weights are still finite
constexpr std::int32_t kMostReset = (1 << 17) - 1;  // 18 bits with the sign, as on every chip that has it

struct Field {
  std::int64_t least = 0, most = 0;
};

// What a register of this chip can hold; the widths of Loihi where the record has no such field.
Field fieldOf(const ChipSpec& chip, const std::string& name) {
  FieldSpec spec{name,
                 name == "vth"             ? 17
                 : name == "bias_mantissa" ? 13
                 : name == "bias_exponent" ? 4
                                           : 12,
                 name == "bias_mantissa" || name == "bias_exponent"};
  if (name == "reset_value") spec = {name, 18, true};
  if (name == "reset_mode") spec = {name, 2, false};
  for (const char* record : {"profile", "neuron"})
    if (const LayoutSpec* layout = chip.layout(record))
      for (const FieldSpec& field : layout->fields)
        if (field.name == name) spec = field;
  const std::int64_t span = std::int64_t{1} << (spec.isSigned ? spec.width - 1 : spec.width);
  return {spec.isSigned ? -span : 0, span - 1};
}

WeightSign signOf(const std::vector<double>& values) {
  bool up = false, down = false;
  for (double value : values) up |= value > 0, down |= value < 0;
  return down && !up ? WeightSign::Inhibitory : up && !down ? WeightSign::Excitatory : WeightSign::Mixed;
}

// One projection, or the bias of one, on its way to integers.
struct Part {
  FixedProjection fixed;
  EffectiveWeights effective;
  const ProjectionSettings* pins = nullptr;
  double unit = 1;           // SPEC F11: a Dirac spike has the value 1 / dt
  bool gainApplied = false;  // values are in float units of v already
};

class Quantizer {
 public:
  Quantizer(const FloatNet& net, const QuantOptions& options)
      : net_(net), options_(options), chip_(*options.chip) {
    limits_.mostThreshold = fieldOf(chip_, "vth").most;
    limits_.mostBias = fieldOf(chip_, "bias_mantissa").most << fieldOf(chip_, "bias_exponent").most;
    limits_.leastExponent = static_cast<int>(chip_.limit("weight_exponent_min").value);
    limits_.mostExponent = static_cast<int>(chip_.limit("weight_exponent_max").value);
  }

  Expected<QuantResult> run() {
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
    checkResets();
    if (!errors_.empty()) return Error{ErrorKind::Compile, errors_};
    for (std::size_t i = 0; i < net_.populations.size(); ++i) quantizePopulation(static_cast<int>(i));
    if (!errors_.empty()) return Error{ErrorKind::Compile, errors_};
    for (Part& part : parts_) result_.net.projections.push_back(std::move(part.fixed));
    return std::move(result_);
  }

 private:
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

  Diagnostic& error(const char* code, const std::string& where, const std::string& message,
                    const std::string& remedy) {
    return report(errors_, code, where, message, remedy);
  }

  // What the settings pin and the chip or the network does not have. R0303.
  Diagnostic& pinError(const std::string& where, const std::string& message, const std::string& remedy) {
    Diagnostic& diagnostic = error("R0303", where, message, remedy);
    diagnostic.file = options_.pinsFile;
    return diagnostic;
  }

  void note(const char* code, Severity severity, const std::string& where, const std::string& message,
            const std::string& remedy) {
    report(result_.notes, code, where, message, remedy).severity = severity;
  }

  void makePopulations() {
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

  static bool anyNonzero(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double value) { return value != 0; });
  }

  void makeParts() {
    for (const FloatProjection& source : net_.projections) {
      Part part;
      part.fixed.name = source.name;
      part.fixed.source = source.source;
      part.fixed.target = source.target;
      part.fixed.delaySteps = source.delaySteps;
      part.effective.values = source.weights;
      if (source.source.input) {
        const InputPort& port = net_.inputs[static_cast<std::size_t>(source.source.index)];
        part.effective.payload = std::max(std::abs(port.minPayload), std::abs(port.maxPayload));
      }
      if (net_.conventions.spikes == SpikeUnit::Dirac) part.unit = 1 / net_.conventions.dt;
      parts_.push_back(part);
      if (anyNonzero(source.bias))
        parts_.push_back(constantPart(source.name + ".bias", source.target, source.bias));
    }
    for (std::size_t i = 0; i < dynamics_.size(); ++i) {
      if (!anyNonzero(dynamics_[i].leakDrive)) continue;
      parts_.push_back(
          constantPart(net_.populations[i].name + ".leak", static_cast<int>(i), dynamics_[i].leakDrive));
      parts_.back().gainApplied = true;
    }
  }

  // Synapses from the neuron that fires in every step.
  Part constantPart(const std::string& name, int target, const std::vector<double>& values) const {
    Part part;
    part.fixed.name = name;
    part.fixed.source = {false, bias_};
    part.fixed.target = target;
    part.effective.values = Matrix<double>(static_cast<std::int64_t>(values.size()), 1);
    part.effective.values.values = values;
    return part;
  }

  void checkNames() {
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

  void checkResets() {
    const bool spikes =
        std::any_of(net_.populations.begin(), net_.populations.end(),
                    [](const FloatPopulation& p) { return p.model->spiking && p.exact.empty(); });
    if (spikes && net_.conventions.reset == Reset::SubtractLate)
      error("R0309", "", "a reset that acts one step after the spike exists on no chip",
            "compile with --reset subtract and check with `rheobase verify` what that changes");
    if (spikes && net_.conventions.reset == Reset::Subtract && !chip_.extends("subtract_reset"))
      error("R0411", "", fmt::format("the network resets by subtraction, '{}' resets to zero", chip_.name),
            "choose a chip whose record lists 'subtract_reset', or train with a reset to zero");
  }

  const PopulationSettings& pinsOf(const std::string& name) const {
    static const PopulationSettings none;
    const auto found = options_.pins.populations.find(name);
    return found == options_.pins.populations.end() ? none : found->second;
  }

  void quantizePopulation(int index) {
    const FloatPopulation& source = net_.populations[static_cast<std::size_t>(index)];
    FixedPopulation& target = result_.net.populations[static_cast<std::size_t>(index)];
    const PopulationSettings& pins = pinsOf(source.name);
    const Dynamics& dynamics = dynamics_[static_cast<std::size_t>(index)];
    std::vector<Part*> parts;
    for (Part& part : parts_)
      if (part.fixed.target == index) {
        parts.push_back(&part);
        prepare(part, dynamics);
      }
    if (!source.exact.empty()) return exactPopulation(source, pins, parts, target);
    if (dynamics.fromRest)
      note("R0313", Severity::Warning, source.name,
           fmt::format("'{}' has a negative threshold, which no register holds: its potential is counted "
                       "from v_leak, and "
                       "starts there, not at 0",
                       source.name),
           "add v_leak to what you read; or give the network potentials that are 0 at rest");
    decays(source, dynamics, target);
    if (!errors_.empty()) return;
    const double scale = scaleOf(source, dynamics, pins, parts);
    target.scales["v"] = {scale};
    if (source.model->states.size() > 1) {
      std::vector<double>& unit = target.scales["u"];
      for (double u : dynamics.unitU) unit.push_back(scale * u);
      if (std::all_of(unit.begin(), unit.end(), [&](double u) { return u == unit[0]; })) unit.resize(1);
    }
    if (dynamics.spiking() && !thresholds(source, dynamics, scale, target)) return;
    if (anyNonzero(dynamics.biasDrive)) biases(source, dynamics.biasDrive, scale, target);
    pinRegisters(source, pins, target);
    compareThreshold(source, dynamics, pins, scale);
    for (Part* part : parts) integers(*part, scale);
    PopulationSettings& settings = result_.settings.populations[source.name];
    settings.scaleV = scale;
    settings.registers = target.registers;
  }

  // SPEC F14: nothing is chosen but the weights' formats.
  void exactPopulation(const FloatPopulation& source, const PopulationSettings& pins,
                       const std::vector<Part*>& parts, FixedPopulation& target) {
    if (Status set = setRegisters(target, source.exact); !set) {
      errors_.insert(errors_.end(), set.error().diagnostics.begin(), set.error().diagnostics.end());
      return;
    }
    for (const auto& [field, values] : target.registers)
      for (const std::int32_t value : values)
        if (!holds(source, field, value)) return;
    for (const std::string_view state : source.model->states) target.scales[std::string(state)] = {1};
    if (pins.scaleV && *pins.scaleV != 1)
      pinError("populations." + source.name + ".scale_v",
               fmt::format("'{}' is given as integers, which no scale changes", source.name),
               "leave 'scale_v' out");
    pinRegisters(source, pins, target);
    checkExtension(source, target);
    for (Part* part : parts) exactIntegers(*part);
    result_.settings.populations[source.name].registers = target.registers;
  }

  bool holds(const FloatPopulation& source, const std::string& field, std::int32_t value) {
    const Field range = fieldOf(chip_, field);
    if (value >= range.least && value <= range.most) return true;
    Diagnostic& diagnostic = error(
        "R0312", source.name,
        fmt::format("'{}' of '{}' is {}, '{}' holds {}..{}", field, source.name, value, chip_.name,
                    range.least, range.most),
        "the network gives this integer itself: choose a chip that holds it, or train within its range");
    diagnostic.value = value;
    diagnostic.limit = static_cast<double>(value < range.least ? range.least : range.most);
    diagnostic.limitSource = "record of chip '" + chip_.name + "'";
    return false;
  }

  // The exponent nearest 0 at which the chip holds every weight as it is; a pinned one is obeyed.
  void exactIntegers(Part& part) {
    const EffectiveWeights& effective = part.effective;
    if (part.pins != nullptr && part.pins->weights) return integers(part, kAlign);
    const auto fits = [&](int exponent) {
      return std::all_of(effective.values.values.begin(), effective.values.values.end(), [&](double value) {
        const double stored = std::ldexp(value, -exponent);
        return stored == std::floor(stored) && std::abs(stored) <= 256 &&
               effective.format.represents(static_cast<std::int64_t>(stored));
      });
    };
    const int furthest = std::max(limits_.mostExponent, -limits_.leastExponent);
    for (int distance = 0; distance <= furthest; ++distance)
      for (const int exponent : {-distance, distance}) {
        if (exponent < limits_.leastExponent || exponent > limits_.mostExponent) continue;
        if (effective.exponentPinned && exponent != effective.exponent) continue;
        if (!fits(exponent)) continue;
        part.effective.exponentPinned = true;
        part.effective.exponent = exponent;
        return integers(part, kAlign);
      }
    const WeightFormat& format = effective.format;
    error("R0312", part.fixed.name,
          fmt::format(
              "the weights of '{}' enter neurons that are given as integers, and no exponent makes all of "
              "them whole numbers that {} bits hold ({}..{} in steps of {})",
              part.fixed.name, format.bits, format.least(), format.most(), format.step()),
          "store integers that share a power of two, or use more weight bits");
  }

  // Gains into weights, format, pins.
  void prepare(Part& part, const Dynamics& dynamics) {
    Matrix<double>& values = part.effective.values;
    for (std::int64_t row = 0; row < values.rows; ++row)
      for (std::int64_t column = 0; column < values.columns; ++column) {
        if (!part.gainApplied)
          values.at(row, column) *= part.unit * dynamics.gain[static_cast<std::size_t>(row)];
        part.effective.largest = std::max(part.effective.largest, std::abs(values.at(row, column)));
      }
    if (!(part.effective.largest < kMostWeight))
      error("R0304", part.fixed.name,
            fmt::format("weights of '{}' add {:.4g} to the potential in one step, beyond every scale",
                        part.fixed.name, part.effective.largest),
            "check the weights and the gains r and w_in of the file");
    const auto found = options_.pins.projections.find(part.fixed.name);
    part.pins = found == options_.pins.projections.end() ? nullptr : &found->second;
    const int most = static_cast<int>(chip_.limit("weight_bits").value);
    WeightFormat& format = part.effective.format;
    format.bits = options_.pins.weightBits.value_or(most);
    format.sign = signOf(values.values);
    if (part.pins != nullptr) {
      format.bits = part.pins->bits.value_or(format.bits);
      if (part.pins->weights && !part.pins->signMode) format.sign = WeightSign::Mixed;
      format.sign = part.pins->signMode.value_or(format.sign);
      part.effective.exponentPinned = part.pins->exponent.has_value() || part.pins->weights.has_value();
      part.effective.exponent = part.pins->exponent.value_or(0);
      inRange("projections." + part.fixed.name + ".exponent", part.effective.exponent,
              {limits_.leastExponent, limits_.mostExponent});
    }
    const int least = format.sign == WeightSign::Mixed ? 2 : 1;
    inRange("projections." + part.fixed.name + ".bits", format.bits, {least, most});
    format.bits = std::clamp(format.bits, least, 8);
    if (part.pins != nullptr && part.pins->weights) checkWeights(part);
  }

  void checkWeights(const Part& part) {
    const std::string where = "projections." + part.fixed.name + ".weights";
    const Matrix<std::int32_t>& pinned = *part.pins->weights;
    if (pinned.rows != part.effective.values.rows || pinned.columns != part.effective.values.columns) {
      pinError(
          where,
          fmt::format("pinned weights of '{}' are {} x {}, the network's are {} x {}", part.fixed.name,
                      pinned.rows, pinned.columns, part.effective.values.rows, part.effective.values.columns),
          "rows are targets, columns are sources");
      return;
    }
    for (std::int32_t weight : pinned.values) {
      if (part.effective.format.represents(weight)) continue;
      const WeightFormat& format = part.effective.format;
      pinError(where,
               fmt::format("pinned weight {} of '{}' is not a multiple of {} within {}..{}", weight,
                           part.fixed.name, format.step(), format.least(), format.most()),
               "SPEC W1 to W4 say which integers a weight of this many bits and this sign mode can be")
          .value = weight;
      return;
    }
  }

  bool inRange(const std::string& where, std::int64_t value, Field field) {
    if (value >= field.least && value <= field.most) return true;
    Diagnostic& diagnostic = pinError(
        where,
        fmt::format("'{}' is {}, '{}' holds {}..{}", where, value, chip_.name, field.least, field.most),
        "choose a value within the chip's range");
    diagnostic.value = static_cast<double>(value);
    diagnostic.limit = static_cast<double>(value < field.least ? field.least : field.most);
    diagnostic.limitSource = "record of chip '" + chip_.name + "'";
    return false;
  }

  static std::vector<std::int32_t> shared(std::vector<std::int32_t> values) {
    if (std::all_of(values.begin(), values.end(), [&](std::int32_t v) { return v == values[0]; }))
      values.resize(1);
    return values;
  }

  // SPEC N1: decays are k / 4096.
  std::vector<std::int32_t> decayRegister(const FloatPopulation& source, const std::vector<double>& losses,
                                          int offset, const char* field) {
    std::vector<std::int32_t> values;
    int forgotten = 0;
    for (double loss : losses) {
      if (!(loss <= 1)) {
        error("R0305", source.name,
              fmt::format("a step of {} s is longer than a time constant of '{}': dt / tau is {:.4g}",
                          net_.conventions.dt, source.name, loss),
              "choose a smaller --dt, or --discretization exponential")
            .limit = 1;
        return {0};
      }
      const Field limits = fieldOf(chip_, field);
      const auto decay = static_cast<std::int64_t>(std::nearbyint(loss * fixed::kDecayOne)) - offset;
      values.push_back(static_cast<std::int32_t>(std::clamp(decay, limits.least, limits.most)));
      forgotten += loss > 0 && decay + offset == 0;
    }
    if (forgotten > 0)
      note("R0307", Severity::Warning, source.name,
           fmt::format("{} neurons of '{}' lose less than 1/8192 of '{}' in a step: the chip's decay is {}",
                       forgotten, source.name, field, offset == 0 ? "0" : "1/4096"),
           "use a larger --dt");
    return shared(values);
  }

  void decays(const FloatPopulation& source, const Dynamics& dynamics, FixedPopulation& target) {
    for (const models::FixedParameter& entry : source.model->fixedParameters) {
      if (entry.name == "decay_u") target.registers["du"] = decayRegister(source, dynamics.lossU, 1, "du");
      if (entry.name == "decay_v") target.registers["dv"] = decayRegister(source, dynamics.lossV, 0, "dv");
    }
  }

  // Pinned, or what pinned thresholds or weights imply, or chosen.
  double scaleOf(const FloatPopulation& source, const Dynamics& dynamics, const PopulationSettings& pins,
                 const std::vector<Part*>& parts) const {
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
    ScaleLimits limits = limits_;
    const auto seen = options_.largestPotential.find(source.name);
    if (seen != options_.largestPotential.end()) limits.largestPotential = seen->second;
    return chooseScale(dynamics, weights, limits);
  }

  // SPEC N8: the least exponent whose mantissa holds the bias. chooseScale sees to it that there is one; a
  // pinned scale may not.
  void biases(const FloatPopulation& source, const std::vector<double>& drive, double scale,
              FixedPopulation& target) {
    const Field mantissa = fieldOf(chip_, "bias_mantissa"), exponent = fieldOf(chip_, "bias_exponent");
    std::vector<std::int32_t> mantissas, exponents;
    for (const double value : drive) {
      const double wanted = value * scale;
      std::int64_t shift = 0;
      while (shift < exponent.most &&
             std::abs(std::nearbyint(std::ldexp(wanted, -static_cast<int>(shift)))) > mantissa.most)
        ++shift;
      const double held = std::nearbyint(std::ldexp(wanted, -static_cast<int>(shift)));
      if (std::abs(held) > double(mantissa.most)) {
        Diagnostic& diagnostic =
            error("R0304", source.name,
                  fmt::format("v_leak of '{}' adds {:.6g} to v in a step, '{}' holds {}", source.name, wanted,
                              chip_.name, limits_.mostBias),
                  "set a smaller 'scale_v' of this population in the quantization settings, or leave it out");
        diagnostic.value = wanted;
        diagnostic.limit = static_cast<double>(limits_.mostBias);
        diagnostic.limitSource = "registers bias_mantissa and bias_exponent of chip '" + chip_.name + "'";
        return;
      }
      mantissas.push_back(static_cast<std::int32_t>(held));
      exponents.push_back(static_cast<std::int32_t>(shift));
    }
    target.registers["bias_mantissa"] = shared(mantissas);
    target.registers["bias_exponent"] = shared(exponents);
    note("R0313", Severity::Note, source.name,
         fmt::format(
             "v_leak drives '{}' from step 0 on, before its input has come the lag's steps; the difference "
             "fades with its time constant",
             source.name),
         "");
  }

  // SPEC N9, N10, E1, E2. False where a value fits no register.
  bool thresholds(const FloatPopulation& source, const Dynamics& dynamics, double scale,
                  FixedPopulation& target) {
    std::vector<std::int32_t> vth, reset;
    const bool pinned = pinsOf(source.name).registers.contains("vth");
    const bool pinnedReset = pinsOf(source.name).registers.contains("reset_value") ||
                             pinsOf(source.name).registers.contains("reset_mode");
    for (std::size_t n = 0; n < dynamics.threshold.size(); ++n) {
      const double wanted = std::nearbyint(dynamics.threshold[n] * scale / kAlign);
      if (!pinned && (wanted < 0 || wanted > double(limits_.mostThreshold) ||
                      (wanted == 0 && dynamics.threshold[n] > 0))) {
        Diagnostic& diagnostic = error(
            "R0304", source.name,
            fmt::format("threshold {:.4g} of neuron {} of '{}' becomes {:.6g}, '{}' holds 0..{}",
                        dynamics.threshold[n], n, source.name, wanted, chip_.name, limits_.mostThreshold),
            wanted < 0 ? "a threshold below the resting potential cannot be held: shift v_leak"
                       : "set 'scale_v' of this population in the quantization settings");
        diagnostic.value = wanted;
        diagnostic.limit = wanted < 0 ? 0 : static_cast<double>(limits_.mostThreshold);
        diagnostic.limitSource = "register vth of chip '" + chip_.name + "'";
        return false;
      }
      const double after = std::nearbyint(dynamics.reset[n] * scale / kAlign);
      if (!pinnedReset && std::abs(after) > kMostReset) {
        Diagnostic& diagnostic =
            error("R0304", source.name,
                  fmt::format("reset value {:.4g} of neuron {} of '{}' becomes {:.6g}, '{}' holds -{}..{}",
                              dynamics.reset[n], n, source.name, after, chip_.name, kMostReset, kMostReset),
                  "set a smaller 'scale_v' of this population in the quantization settings");
        diagnostic.value = after;
        diagnostic.limit = after < 0 ? -kMostReset : kMostReset;
        diagnostic.limitSource = "register reset_value of chip '" + chip_.name + "'";
        return false;
      }
      vth.push_back(static_cast<std::int32_t>(std::clamp(wanted, 0.0, double(limits_.mostThreshold))));
      reset.push_back(static_cast<std::int32_t>(std::clamp(after, -double(kMostReset), double(kMostReset))));
    }
    target.registers["vth"] = shared(vth);
    const bool subtract = net_.conventions.reset == Reset::Subtract;
    const bool value =
        !subtract && std::any_of(reset.begin(), reset.end(), [](std::int32_t r) { return r != 0; });
    target.registers["reset_mode"] = {subtract ? models::kResetSubtract
                                      : value  ? models::kResetValue
                                               : models::kResetZero};
    if (subtract)
      note("R0308", Severity::Note, source.name, "reset by subtraction is an extension (SPEC E1)", "");
    if (!value) return true;
    target.registers["reset_value"] = shared(reset);
    note("R0308", Severity::Note, source.name, "reset to a value is an extension (SPEC E2)", "");
    if (chip_.extends("reset_value")) return true;
    error("R0411", source.name,
          fmt::format("'{}' resets to {:.4g} above its resting potential, '{}' resets to zero", source.name,
                      dynamics.reset[0], chip_.name),
          "choose a chip whose record lists 'reset_value', or train with v_reset = v_leak = 0");
    return true;
  }

  void pinRegisters(const FloatPopulation& source, const PopulationSettings& pins, FixedPopulation& target) {
    for (const auto& [field, values] : pins.registers) {
      const std::string where = "populations." + source.name + "." + field;
      const bool biasField = field.starts_with("bias_");
      if (!biasField && !target.registers.contains(field) &&
          !(field == "reset_value" && source.model->spiking)) {
        pinError(where, fmt::format("'{}' ({}) has no register '{}'", source.name, source.model->name, field),
                 "remove it from the settings");
        continue;
      }
      const auto size = static_cast<std::int64_t>(values.size());
      if (size != 1 && size != source.size) {
        pinError(
            where,
            fmt::format("'{}' of '{}' has {} values for {} neurons", field, source.name, size, source.size),
            "give one value, or one for each neuron");
        continue;
      }
      bool good = true;
      for (std::int32_t value : values) good = good && inRange(where, value, fieldOf(chip_, field));
      if (good) target.registers[field] = shared(values);
    }
    if (pins.registers.contains("reset_mode")) checkExtension(source, target);
  }

  // A threshold and a scale that are pinned both can contradict each other.
  void compareThreshold(const FloatPopulation& source, const Dynamics& dynamics,
                        const PopulationSettings& pins, double scale) {
    const auto vth = pins.registers.find("vth");
    if (!pins.scaleV || vth == pins.registers.end() || !dynamics.spiking()) return;
    for (std::size_t n = 0; n < dynamics.threshold.size(); ++n) {
      const double pinned = vth->second[vth->second.size() == 1 ? 0 : n] * kAlign / scale;
      if (std::abs(pinned - dynamics.threshold[n]) <= std::max(kAlign / scale, 0.01 * dynamics.threshold[n]))
        continue;
      note("R0303", Severity::Warning, "populations." + source.name + ".vth",
           fmt::format(
               "'vth' of neuron {} of '{}' is pinned to {:.4g} in the network's units at this 'scale_v'; the "
               "network's threshold is {:.4g}",
               n, source.name, pinned, dynamics.threshold[n]),
           "delete 'vth', and it follows 'scale_v'");
      return;
    }
  }

  // SPEC E1, E2.
  void checkExtension(const FloatPopulation& source, const FixedPopulation& target) {
    const auto modes = target.registers.find("reset_mode");
    if (modes == target.registers.end()) return;
    for (const auto& [mode, needed] :
         {std::pair{models::kResetSubtract, "subtract_reset"}, std::pair{models::kResetValue, "reset_value"}})
      if (std::count(modes->second.begin(), modes->second.end(), mode) > 0 && !chip_.extends(needed))
        error("R0411", source.name, fmt::format("'{}' lacks the extension '{}'", chip_.name, needed),
              "let it reset to zero, or choose another chip");
  }

  void integers(Part& part, double scale) {
    const EffectiveWeights& effective = part.effective;
    FixedProjection& target = part.fixed;
    target.exponent = chooseExponent(effective, scale, limits_);
    target.weightBits = effective.format.bits;
    target.signMode = effective.format.sign;
    ProjectionSettings& settings = result_.settings.projections[target.name];
    settings = {target.weightBits, target.exponent, target.signMode, std::nullopt};
    if (part.pins != nullptr && part.pins->weights) {
      target.weights = *part.pins->weights;
      settings.weights = target.weights;
      return;
    }
    target.weights = Matrix<std::int32_t>(effective.values.rows, effective.values.columns);
    const double unit = scale / kAlign / std::ldexp(1.0, target.exponent);
    std::int64_t clipped = 0;
    for (std::size_t i = 0; i < target.weights.values.size(); ++i) {
      const double wanted = effective.values.values[i] * unit;
      target.weights.values[i] = effective.format.round(wanted);
      clipped += std::abs(target.weights.values[i] - wanted) > effective.format.step();
    }
    if (options_.keepWeights) settings.weights = target.weights;
    if (clipped > 0)
      note("R0310", Severity::Warning, target.name,
           fmt::format("{} of {} weights of '{}' are clipped to {} bits", clipped,
                       target.weights.values.size(), target.name, target.weightBits),
           "let 'scale_v' and 'exponent' be chosen, or use more bits");
  }

  const FloatNet& net_;
  const QuantOptions& options_;
  const ChipSpec& chip_;
  ScaleLimits limits_;
  int bias_ = -1;
  std::vector<Dynamics> dynamics_;
  std::vector<Part> parts_;
  std::vector<Diagnostic> errors_;
  QuantResult result_;
};

}  // namespace

Expected<QuantResult> quantize(const FloatNet& net, const QuantOptions& options) {
  return Quantizer(net, options).run();
}

Status assignLags(FixedNet& net, int maxDelay) {
  std::vector<std::string> names;
  for (const FixedPopulation& population : net.populations) names.push_back(population.name);
  std::vector<LagEdge> edges;
  for (const FixedProjection& projection : net.projections) {
    const bool never =
        projection.source.input || net.populations[static_cast<std::size_t>(projection.source.index)].hidden;
    edges.push_back(
        {never ? -1 : projection.source.index, projection.target, projection.delaySteps, projection.name});
  }
  Expected<LagSolution> solution = solveLags(names, edges, maxDelay);
  if (!solution) return solution.error();
  for (std::size_t i = 0; i < net.populations.size(); ++i) net.populations[i].lag = solution->lag[i];
  for (std::size_t i = 0; i < net.projections.size(); ++i)
    net.projections[i].axonDelay = solution->axonDelay[i];
  net.lag = solution->largest;
  return ok();
}

}  // namespace rheo
