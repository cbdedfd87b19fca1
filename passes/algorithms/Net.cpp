// Look-ups in the compiler's plain network and the decoding of registers into what step.h reads.
#include "algorithms/Net.h"

#include "fixed/Arithmetic.h"

namespace rheo {

double FloatPopulation::parameter(const std::string& parameterName, std::int64_t neuron) const {
  const auto found = parameters.find(parameterName);
  if (found != parameters.end() && !found->second.empty())
    return found->second.size() == 1 ? found->second[0] : found->second[static_cast<std::size_t>(neuron)];
  for (const models::FloatParameter& entry : model->floatParameters)
    if (entry.name == parameterName) return entry.fallback;
  return 0;
}

std::int32_t FixedPopulation::registerOf(const std::string& field, std::int64_t neuron,
                                         std::int32_t fallback) const {
  const auto found = registers.find(field);
  if (found == registers.end() || found->second.empty()) return fallback;
  return found->second.size() == 1 ? found->second[0] : found->second[static_cast<std::size_t>(neuron)];
}

std::vector<std::int32_t> FixedPopulation::stepParameters(std::int64_t neuron) const {
  const std::int32_t mode = registerOf("reset_mode", neuron);
  const std::int32_t threshold =
      registerOf("vth", neuron, fixed::kStateMax >> fixed::kAlignBits) * (1 << fixed::kAlignBits);
  std::vector<std::int32_t> values;
  for (const models::FixedParameter& entry : model->fixedParameters) {
    std::int32_t value = entry.fallback;
    if (entry.name == "decay_u") value = registerOf("du", neuron, fixed::kDecayOne - 1) + 1;
    if (entry.name == "decay_v") value = registerOf("dv", neuron);
    if (entry.name == "bias")
      value = fixed::bias(registerOf("bias_mantissa", neuron), registerOf("bias_exponent", neuron));
    if (entry.name == "threshold") value = threshold;
    if (entry.name == "reset_keep") value = mode == kResetSubtract ? -1 : 0;
    if (entry.name == "reset_amount")
      value = mode == kResetSubtract ? threshold
              : mode == kResetValue  ? -registerOf("reset_value", neuron) * (1 << fixed::kAlignBits)
                                     : 0;
    values.push_back(value);
  }
  return values;
}

}  // namespace rheo
