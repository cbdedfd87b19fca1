// Which registers of a chip a neuron's fixed parameters come from. The one place that knows (SPEC I4): the
// decoder, the compiler and its checks all ask here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fixed/Arithmetic.h"
#include "models/Model.h"

namespace rheo::models {

// Values of the register reset_mode. SPEC N10, E1, E2.
inline constexpr std::int32_t kResetZero = 0;
inline constexpr std::int32_t kResetValue = 1;
inline constexpr std::int32_t kResetSubtract = 2;

// What a parameter is, or why registers do not say: nullopt where they contradict every rule. In 64 bits, so
// that the range check of the caller sees the true value. `read(register)` gives an optional: nullopt where
// the chip has no such register, and then the parameter's fallback holds.
template <class Read>
std::optional<std::int64_t> parameterFrom(const ModelTable& model, const FixedParameter& parameter,
                                          Read read) {
  using Value = std::optional<std::int64_t>;
  if (model.microcode) return read(parameter.name).value_or(parameter.fallback);  // SPEC I9
  constexpr std::int64_t align = std::int64_t{1} << fixed::kAlignBits;
  const auto reset = [&] { return read("reset_mode").value_or(kResetZero); };
  const auto threshold = [&] { return read("vth").value_or(0) * align; };  // SPEC N9
  if (parameter.name == "decay_u") {                                       // SPEC N3
    const Value du = read("du");
    return du ? *du + 1 : std::int64_t{parameter.fallback};
  }
  if (parameter.name == "decay_v") return read("dv").value_or(parameter.fallback);
  if (parameter.name == "threshold") return read("vth") ? threshold() : std::int64_t{parameter.fallback};
  if (parameter.name == "bias") {  // SPEC N8
    const std::int64_t mantissa = read("bias_mantissa").value_or(0);
    const std::int64_t exponent = read("bias_exponent").value_or(0);
    if (mantissa < -(1 << 22) || mantissa > (1 << 22) || exponent < -24 || exponent > 22) return {};
    return exponent >= 0 ? mantissa * (std::int64_t{1} << exponent) : mantissa >> -exponent;
  }
  if (parameter.name == "reset_keep") {
    if (reset() < kResetZero || reset() > kResetSubtract) return {};
    return reset() == kResetSubtract ? -1 : 0;  // SPEC E1
  }
  if (parameter.name == "reset_amount") {
    if (reset() == kResetSubtract) return threshold();  // SPEC E1
    return reset() == kResetValue ? -align * read("reset_value").value_or(0)
                                  : std::int64_t{0};  // SPEC E2, N10
  }
  return read(parameter.name).value_or(parameter.fallback);  // a model's own register, by its name
}

// The register that has to be there for this parameter; empty where its absence means something.
constexpr std::string_view requiredRegister(const ModelTable& model, const FixedParameter& parameter) {
  if (model.microcode) return parameter.name;
  if (parameter.name == "decay_u") return "du";
  if (parameter.name == "decay_v") return "dv";
  if (parameter.name == "threshold") return "vth";
  return {};
}

}  // namespace rheo::models
