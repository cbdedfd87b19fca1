// The registers of a population: decays, thresholds, resets and biases, chosen, pinned or given. SPEC N, E,
// F14.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "algorithms/Quantizer.h"
#include "algorithms/Registers.h"
#include "models/Registers.h"

namespace rheo {
namespace {

// One value where all neurons agree.
std::vector<std::int32_t> shared(std::vector<std::int32_t> values) {
  if (std::all_of(values.begin(), values.end(), [&](std::int32_t v) { return v == values[0]; }))
    values.resize(1);
  return values;
}

}  // namespace

// SPEC F19: potentials without decay are whole steps of the register, so v >= x is v > ceil(x) - 1.
bool Quantizer::reached(const FloatPopulation& source) const {
  return net_.conventions.firing == Firing::Reached && !source.isLeaky() && !source.forgets();
}

// The threshold in steps of the register. The sums of a Threshold are such steps, whole ones: between two of
// them the lower one separates the same sums. SPEC F24
double Quantizer::thresholdSteps(const FloatPopulation& source, double threshold) const {
  if (reached(source)) return std::ceil(threshold) - 1;
  const double nearest = std::nearbyint(threshold);
  constexpr double kSame = 1e-9;  // what computing it may have lost
  return !source.forgets() || std::abs(threshold - nearest) <= kSame * nearest ? nearest
                                                                               : std::floor(threshold);
}

// SPEC F14: nothing is chosen but the weights' formats.
void Quantizer::exactPopulation(const FloatPopulation& source, const PopulationSettings& pins,
                                const std::vector<Part*>& parts, FixedPopulation& target) {
  if (Status set = setRegisters(target, source.exact); !set) {
    found.onlyPinsAtFault = false;
    found.errors.insert(found.errors.end(), set.error().diagnostics.begin(), set.error().diagnostics.end());
    found.complete = false;
    return;
  }
  if (auto refused = refuseProgram(chip_, *source.model, source.name, source.name)) {
    found.onlyPinsAtFault = false;
    found.errors.push_back(*std::move(refused));
    found.complete = false;
    return;
  }
  if (!source.model->microcode)  // constants hold whatever the model's table admits
    for (const auto& [field, values] : target.registers)
      for (const std::int32_t value : values)
        if (!holds(source, field, value)) break;
  for (const std::string_view state : source.model->states) target.scales[std::string(state)] = {1};
  if ((pins.scaleV && *pins.scaleV != 1) || !pins.spreadV.empty())
    pinError("populations." + source.name + ".scale_v",
             fmt::format("'{}' is given as integers, which no scale changes", source.name),
             "leave 'scale_v' and 'spread_v' out");
  pinRegisters(source, pins, target);
  checkExtension(source, target);
  for (Part* part : parts) exactIntegers(*part);
  settings.populations[source.name].registers = target.registers;
}

bool Quantizer::holds(const FloatPopulation& source, const std::string& field, std::int32_t value) {
  const RegisterRange range = registerRange(chip_, field);
  if (range.holds(value)) return true;
  Diagnostic& diagnostic =
      error("R0312", source.name,
            fmt::format("'{}' of '{}' is {}, '{}' holds {}..{}", field, source.name, value, chip_.name,
                        range.least, range.most),
            "the network gives this integer itself: choose a chip that holds it, or train within its range");
  measured(diagnostic, value, range.endMissedBy(value), "record");
  return false;
}

// SPEC N1: decays are k / 4096.
std::vector<std::int32_t> Quantizer::decayRegister(const FloatPopulation& source,
                                                   const std::vector<double>& losses, int offset,
                                                   const char* field) {
  const RegisterRange range = registerRange(chip_, field);
  std::vector<std::int32_t> values;
  int forgotten = 0;
  const double most = *std::max_element(losses.begin(), losses.end());
  if (most > 1) {
    Diagnostic& diagnostic =
        error("R0305", source.name,
              fmt::format("a step of {} s is longer than a time constant of '{}': dt / tau is {:.4g}",
                          net_.conventions.dt, source.name, most),
              "choose a smaller --dt, or --discretization exponential");
    diagnostic.value = most;
    diagnostic.limit = 1;
    diagnostic.limitSource = "SPEC F2, N1";
    found.complete &= std::isfinite(most);  // else gains are no numbers either
  }
  for (double loss : losses) {
    const auto decay =
        static_cast<std::int64_t>(std::nearbyint(std::min(loss, 1.0) * fixed::kDecayOne)) - offset;
    values.push_back(static_cast<std::int32_t>(std::clamp(decay, range.least, range.most)));
    forgotten += loss > 0 && decay + offset == 0;
  }
  if (forgotten > 0)
    note("R0307", Severity::Warning, source.name,
         fmt::format("{} neurons of '{}' lose less than 1/8192 of '{}' in a step: the chip's decay is {}",
                     forgotten, source.name, field, offset == 0 ? "0" : "1/4096"),
         "use a larger --dt");
  if (options_.examine) examineDecays(source, losses, values, offset, field);
  return shared(values);
}

void Quantizer::decays(const FloatPopulation& source, const Dynamics& dynamics, FixedPopulation& target) {
  for (const models::FixedParameter& entry : source.model->fixedParameters) {
    if (entry.name == "decay_u") target.registers["du"] = decayRegister(source, dynamics.lossU, 1, "du");
    if (entry.name == "decay_v") target.registers["dv"] = decayRegister(source, dynamics.lossV, 0, "dv");
  }
}

// SPEC F24.
void Quantizer::canForget(const FloatPopulation& source) {
  const RegisterRange range = registerRange(chip_, "dv");
  if (range.holds(fixed::kDecayOne)) return;
  Diagnostic& diagnostic = error(
      "R0420", source.name,
      fmt::format("'{}' is a Threshold, which keeps nothing: its register 'dv' would have to hold {}, '{}' "
                  "holds {}..{}",
                  source.name, fixed::kDecayOne, chip_.name, range.least, range.most),
      "choose another chip (loihi2), or train with neurons instead");
  measured(diagnostic, fixed::kDecayOne, static_cast<double>(range.most), "register dv");
}

// SPEC N8. chooseScale sees to it that the registers hold the biases; a pinned scale may not.
void Quantizer::biases(const FloatPopulation& source, const std::vector<double>& drive, double scale,
                       FixedPopulation& target) {
  const std::int64_t mostMantissa = registerRange(chip_, "bias_mantissa").most;
  const std::int64_t mostExponent = registerRange(chip_, "bias_exponent").most;
  std::vector<std::int32_t> mantissas, exponents;
  bool said = false;
  std::int64_t lost = 0;
  for (const double value : drive) {
    const double wanted = value * scale;
    std::optional<BiasRegisters> held = biasRegisters(wanted, mostMantissa, mostExponent);
    if (!held && !std::exchange(said, true)) {
      Diagnostic& diagnostic =
          error("R0322", source.name,
                fmt::format("v_leak of '{}' adds {:.6g} to v in a step, '{}' holds {}", source.name, wanted,
                            chip_.name, limits_.mostBias),
                "set a smaller 'scale_v' of this population in the quantization settings, or leave it out");
      measured(diagnostic, wanted, static_cast<double>(limits_.mostBias),
               "registers bias_mantissa and bias_exponent");
    }
    if (!held)
      held = {static_cast<std::int32_t>(wanted < 0 ? -mostMantissa : mostMantissa),
              static_cast<std::int32_t>(mostExponent)};
    lost += value != 0 && held->mantissa == 0;
    mantissas.push_back(held->mantissa);
    exponents.push_back(held->exponent);
  }
  target.registers["bias_mantissa"] = shared(mantissas);
  target.registers["bias_exponent"] = shared(exponents);
  if (options_.examine) examineBiases(source.name, lost, static_cast<std::int64_t>(drive.size()));
  note("R0313", Severity::Note, source.name,
       fmt::format(
           "v_leak drives '{}' from step 0 on, before its input has come the lag's steps; the difference "
           "fades with its time constant",
           source.name),
       "");
}

// SPEC N9, N10, E1, E2. What fits no register takes its nearest value, and is said of the first neuron.
void Quantizer::thresholds(const FloatPopulation& source, const Dynamics& dynamics, double scale,
                           FixedPopulation& target) {
  std::vector<std::int32_t> vth, reset;
  const auto& pins = pinsOf(source.name).registers;
  const bool pinned = pins.contains("vth");
  const bool pinnedReset = pins.contains("reset_value") || pins.contains("reset_mode");
  const RegisterRange thresholdRange{0, limits_.mostThreshold};
  const RegisterRange resetRange{-limits_.mostReset, limits_.mostReset};
  bool thresholdSaid = false, resetSaid = false;
  const auto refuse = [&](const char* code, const char* what, const char* field, std::size_t n, double given,
                          double wanted, const RegisterRange& range, const std::string& remedy) {
    Diagnostic& diagnostic =
        error(code, source.name,
              fmt::format("{} {:.4g} of neuron {} of '{}' becomes {:.6g}, '{}' holds {}..{}", what, given, n,
                          source.name, wanted, chip_.name, range.least, range.most),
              remedy);
    measured(diagnostic, wanted, range.endMissedBy(wanted), fmt::format("register {}", field));
  };
  for (std::size_t n = 0; n < dynamics.threshold.size(); ++n) {
    const double wanted = thresholdSteps(source, dynamics.threshold[n] * scale / kAlign);
    const bool vanished = wanted == 0 && dynamics.threshold[n] > 0 && !source.forgets() && !reached(source);
    if (!pinned && (!thresholdRange.holds(wanted) || vanished) && !std::exchange(thresholdSaid, true))
      refuse(vanished ? "R0320" : "R0304", "threshold", "vth", n, dynamics.threshold[n], wanted,
             thresholdRange,
             wanted < 0 ? "a threshold below the resting potential cannot be held: shift v_leak"
                        : "set 'scale_v' of this population in the quantization settings");
    const double after = std::nearbyint(dynamics.reset[n] * scale / kAlign);
    if (!pinnedReset && !resetRange.holds(after) && !std::exchange(resetSaid, true))
      refuse("R0321", "reset value", "reset_value", n, dynamics.reset[n], after, resetRange,
             "set a smaller 'scale_v' of this population in the quantization settings");
    vth.push_back(thresholdRange.nearest(wanted));
    reset.push_back(resetRange.nearest(after));
  }
  target.registers["vth"] = shared(vth);
  if (options_.examine && !pinned && !thresholdSaid && !source.forgets() && !reached(source))
    examineThresholds(source, dynamics, scale, vth);
  const bool subtract = net_.conventions.reset == Reset::Subtract && !source.forgets();
  const bool value =
      !subtract && std::any_of(reset.begin(), reset.end(), [](std::int32_t r) { return r != 0; });
  target.registers["reset_mode"] = {subtract ? models::kResetSubtract
                                    : value  ? models::kResetValue
                                             : models::kResetZero};
  if (subtract)
    note("R0308", Severity::Note, source.name, "reset by subtraction is an extension (SPEC E1)", "");
  if (!value) return;
  target.registers["reset_value"] = shared(reset);
  note("R0308", Severity::Note, source.name, "reset to a value is an extension (SPEC E2)", "");
  if (chip_.extends("reset_value")) return;
  error("R0411", source.name,
        fmt::format("'{}' resets to {:.4g} above its resting potential, '{}' resets to zero", source.name,
                    dynamics.reset[0], chip_.name),
        "choose a chip whose record lists 'reset_value', or train with v_reset = v_leak = 0");
}

void Quantizer::pinRegisters(const FloatPopulation& source, const PopulationSettings& pins,
                             FixedPopulation& target) {
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
    for (std::int32_t value : values) good = good && inRange(where, value, registerRange(chip_, field));
    if (good) target.registers[field] = shared(values);
  }
  if (pins.registers.contains("reset_mode")) checkExtension(source, target);
}

// A threshold and a scale that are pinned both can contradict each other.
void Quantizer::compareThreshold(const FloatPopulation& source, const Dynamics& dynamics,
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
void Quantizer::checkExtension(const FloatPopulation& source, const FixedPopulation& target) {
  const auto modes = target.registers.find("reset_mode");
  if (modes == target.registers.end()) return;
  for (const auto& [mode, needed] :
       {std::pair{models::kResetSubtract, "subtract_reset"}, std::pair{models::kResetValue, "reset_value"}})
    if (std::count(modes->second.begin(), modes->second.end(), mode) > 0 && !chip_.extends(needed))
      error("R0411", source.name, fmt::format("'{}' lacks the extension '{}'", chip_.name, needed),
            "let it reset to zero, or choose another chip");
}

}  // namespace rheo
