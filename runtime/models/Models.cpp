// The registry of neuron models, generated from the folders.
#include <array>

#include "models/AllModels.h"

namespace rheo::models {
namespace {

constexpr std::array kModels{
#define RHEO_MODEL(name) name::kTable,
#include "models/Models.def"
#undef RHEO_MODEL
};

template <class Match>
const ModelTable* findIf(Match match) {
  for (const ModelTable& model : kModels)
    if (match(model)) return &model;
  return nullptr;
}

// SPEC F24.
constexpr std::array kThresholdNode{FloatParameter{"threshold", "1", FloatParameter::Need::Required, 0,
                                                   FloatParameter::Range::Any,
                                                   "a spike needs the sum strictly above it"}};

}  // namespace

std::span<const ModelTable> allModels() { return kModels; }

const ModelTable* findModel(std::string_view name) {
  return findIf([&](const ModelTable& model) { return model.name == name; });
}

NodeModel findNodeModel(std::string_view kind) {
  if (const ModelTable* exact = findModel(kind)) return {exact, true};
  if (kind == "Threshold") return {findModel("lif"), false, kThresholdNode};
  const ModelTable* model =
      findIf([&](const ModelTable& model) { return !kind.empty() && model.nirName == kind; });
  return model ? NodeModel{model, false, model->floatParameters} : NodeModel{};
}

std::string_view membraneTimeConstant(std::span<const FloatParameter> parameters) {
  for (const FloatParameter& parameter : parameters)
    if (parameter.name == "tau" || parameter.name == "tau_mem") return parameter.name;
  return {};
}

const ModelTable* findModelByOpcode(std::uint8_t opcode) {
  return findIf([&](const ModelTable& model) { return model.opcode == opcode; });
}

}  // namespace rheo::models
