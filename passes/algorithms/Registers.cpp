// Parameters to registers: the inverse of FixedPopulation::stepParameters.
#include "algorithms/Registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "fixed/Arithmetic.h"
#include "models/Registers.h"

namespace rheo {
namespace {

constexpr std::int32_t kAlign = 1 << fixed::kAlignBits;
const std::set<std::string_view> kDerived{"decay_u", "decay_v",    "threshold",
                                          "bias",    "reset_keep", "reset_amount"};

class Inverse {
 public:
  Inverse(FixedPopulation& population, const std::vector<std::vector<std::int32_t>>& parameters)
      : population_(population), parameters_(parameters) {}

  Status run() {
    if (population_.model->microcode) {  // SPEC I9: constants under their own names
      for (std::size_t p = 0; p < parameters_.size(); ++p)
        fill(std::string(population_.model->fixedParameters[p].name).c_str(),
             [&](std::size_t n) { return parameters_[p][n]; });
      return ok();
    }
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      const std::string_view name = population_.model->fixedParameters[p].name;
      const auto same = [&](std::size_t n) { return parameters_[p][n]; };
      if (name == "decay_u") fill("du", [&](std::size_t n) { return parameters_[p][n] - 1; });
      if (name == "decay_v") fill("dv", same);
      if (name == "threshold") {
        fill("vth", [&](std::size_t n) { return aligned("threshold", parameters_[p][n]); });
        resets(parameters_[p], column("reset_keep"), column("reset_amount"));
      }
      if (name == "bias") biases(parameters_[p]);
      if (!kDerived.contains(name)) fill(std::string(name).c_str(), same);  // a model's own register
    }
    if (!found_.empty()) return Error{ErrorKind::Compile, std::move(found_)};
    return ok();
  }

 private:
  template <class Value>
  void fill(const char* field, Value value) {
    std::vector<std::int32_t> values;
    for (std::int64_t n = 0; n < population_.size; ++n) values.push_back(value(static_cast<std::size_t>(n)));
    set(field, std::move(values));
  }

  void set(const char* field, std::vector<std::int32_t> values) {
    if (std::all_of(values.begin(), values.end(), [&](std::int32_t v) { return v == values[0]; }))
      values.resize(1);
    population_.registers[field] = std::move(values);
  }

  const std::vector<std::int32_t>& column(std::string_view name) const {
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (population_.model->fixedParameters[p].name == name) return parameters_[p];
    return parameters_[0];
  }

  std::int32_t aligned(const char* what, std::int32_t value) {
    if (value % kAlign != 0) refuse(what, value, fmt::format("no multiple of {}", kAlign));
    return value / kAlign;
  }

  void refuse(const char* what, std::int32_t value, const std::string& why) {
    if (!found_.empty()) return;  // one of a population says enough
    Diagnostic diagnostic;
    diagnostic.code = "R0420";
    diagnostic.where = population_.name;
    diagnostic.message = fmt::format("{} {} of '{}' is {}", what, value, population_.name, why);
    diagnostic.value = value;
    diagnostic.limitSource = "SPEC I4";
    diagnostic.remedy = "choose a value that registers can mean";
    found_.push_back(std::move(diagnostic));
  }

  void biases(const std::vector<std::int32_t>& values) {
    std::vector<std::int32_t> mantissas, exponents;
    for (const std::int32_t value : values) {
      const std::optional<BiasRegisters> held =
          biasRegisters(value, fixed::kBiasMantissaMax, fixed::kBiasExponentMax);
      if (!held || fixed::bias(held->mantissa, held->exponent) != value)
        return refuse(
            "bias", value,
            fmt::format("no mantissa of 13 bits times a power of two up to 2^{}", fixed::kBiasExponentMax));
      mantissas.push_back(held->mantissa);
      exponents.push_back(held->exponent);
    }
    set("bias_mantissa", std::move(mantissas));
    set("bias_exponent", std::move(exponents));
  }

  // SPEC N10, E1, E2.
  void resets(const std::vector<std::int32_t>& threshold, const std::vector<std::int32_t>& keep,
              const std::vector<std::int32_t>& amount) {
    std::vector<std::int32_t> modes, values;
    for (std::size_t n = 0; n < keep.size(); ++n) {
      const bool subtract = keep[n] != 0;
      if (subtract && amount[n] != threshold[n])
        refuse("reset_amount", amount[n],
               "not the threshold, which is what a reset by subtraction takes away");
      modes.push_back(subtract         ? models::kResetSubtract
                      : amount[n] != 0 ? models::kResetValue
                                       : models::kResetZero);
      values.push_back(modes.back() == models::kResetValue ? aligned("reset_amount", -amount[n]) : 0);
    }
    const bool toValue = std::any_of(values.begin(), values.end(), [](std::int32_t v) { return v != 0; });
    set("reset_mode", std::move(modes));
    if (toValue) set("reset_value", std::move(values));
  }

  FixedPopulation& population_;
  const std::vector<std::vector<std::int32_t>>& parameters_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::optional<BiasRegisters> biasRegisters(double bias, std::int64_t mostMantissa,
                                           std::int64_t mostExponent) {
  for (std::int32_t exponent = 0; exponent <= mostExponent; ++exponent) {
    const double mantissa = std::nearbyint(std::ldexp(bias, -exponent));
    if (std::abs(mantissa) <= static_cast<double>(mostMantissa))
      return BiasRegisters{static_cast<std::int32_t>(mantissa), exponent};
  }
  return std::nullopt;
}

std::vector<std::vector<std::int32_t>> stepParametersOf(const FixedPopulation& population) {
  std::vector<std::vector<std::int32_t>> parameters;
  for (const models::FixedParameter& parameter : population.model->fixedParameters) {
    std::vector<std::int32_t>& values = parameters.emplace_back(static_cast<std::size_t>(population.size));
    for (std::size_t n = 0; n < values.size(); ++n) {
      bool alike = false;
      values[n] = population.stepParameter(parameter, static_cast<std::int64_t>(n), &alike);
      if (!alike) continue;
      std::fill(values.begin(), values.end(), values[n]);
      break;
    }
  }
  return parameters;
}

Status setRegisters(FixedPopulation& population, const std::vector<std::vector<std::int32_t>>& parameters) {
  return Inverse(population, parameters).run();
}

}  // namespace rheo
