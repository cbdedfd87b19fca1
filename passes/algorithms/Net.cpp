// Look-ups in the compiler's plain network and the decoding of registers into what step.h reads.
#include "algorithms/Net.h"

#include <algorithm>
#include <optional>
#include <set>

#include "models/Registers.h"

namespace rheo {

FloatPopulation::Column FloatPopulation::column(const std::string& parameterName) const {
  Column column;
  if (const auto found = parameters.find(parameterName); found != parameters.end())
    column.values = found->second;
  for (const models::FloatParameter& entry : model->floatParameters)
    if (entry.name == parameterName) column.fallback = entry.fallback;
  return column;
}

bool FloatPopulation::forgets() const {
  const auto tau = parameters.find("tau");
  return model->name == "lif" && tau != parameters.end() &&
         std::all_of(tau->second.begin(), tau->second.end(), [](double value) { return value == 0; });
}

std::int32_t FixedPopulation::registerOf(const std::string& field, std::int64_t neuron,
                                         std::int32_t fallback) const {
  const auto found = registers.find(field);
  if (found == registers.end() || found->second.empty()) return fallback;
  return found->second.size() == 1 ? found->second[0] : found->second[static_cast<std::size_t>(neuron)];
}

std::int32_t FixedPopulation::stepParameter(const models::FixedParameter& parameter, std::int64_t neuron,
                                            bool* alike) const {
  if (alike) *alike = true;
  const auto read = [&](std::string_view field) -> std::optional<std::int64_t> {
    const auto found = registers.find(std::string(field));
    if (found == registers.end()) return {};
    if (alike) *alike = *alike && found->second.size() <= 1;
    return registerOf(found->first, neuron);
  };
  return static_cast<std::int32_t>(
      models::parameterFrom(*model, parameter, read).value_or(parameter.fallback));
}

std::vector<std::int32_t> FixedPopulation::stepParameters(std::int64_t neuron) const {
  std::vector<std::int32_t> values;
  for (const models::FixedParameter& parameter : model->fixedParameters)
    values.push_back(stepParameter(parameter, neuron));
  return values;
}

std::vector<std::int32_t> delayClasses(const Connections<std::int32_t>& weights) {
  std::set<std::int32_t> found;
  for (std::size_t i = 0; i < weights.values.size(); ++i)
    if (weights.values[i] != 0) found.insert(weights.delays.empty() ? 0 : weights.delays[i]);
  return {found.begin(), found.end()};
}

std::string freeName(const FixedNet& net, const std::string& wanted, const std::vector<std::string>& more) {
  const auto taken = [&](const std::string& name) {
    const auto named = [&](const auto& thing) { return thing.name == name; };
    return std::find(more.begin(), more.end(), name) != more.end() ||
           std::any_of(net.populations.begin(), net.populations.end(), named) ||
           std::any_of(net.projections.begin(), net.projections.end(), named) ||
           std::any_of(net.inputs.begin(), net.inputs.end(), named) ||
           std::any_of(net.outputs.begin(), net.outputs.end(), named);
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + std::to_string(number);
  return name;
}

std::int64_t FixedProjection::flooredApart() const {
  const std::set<std::int32_t> delayed(weights.delays.begin(), weights.delays.end());
  return exponent >= 0 || delayed.empty() ? 0 : static_cast<std::int64_t>(delayed.size()) - 1;
}

}  // namespace rheo
