// Prints, from the model tables of layer 0, the TableGen definitions of the neuron operations, or their
// C++ methods (--cpp). Run by the build.
#include <cstdio>
#include <string>
#include <string_view>

#include "models/Model.h"

namespace {

std::string camelCase(std::string_view name) {
  std::string result;
  bool upper = true;
  for (char letter : name) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    result += upper && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    upper = false;
  }
  return result;
}

void printText(std::string_view text) { std::printf("%.*s", static_cast<int>(text.size()), text.data()); }

template <class Parameters>
void printArguments(const Parameters& parameters, bool& first) {
  for (const auto& parameter : parameters) {
    std::printf("%s\n    OptionalAttr<Spk_ParameterAttr>:$", first ? "" : ",");
    printText(parameter.name);
    first = false;
  }
}

template <class Parameters>
void printRows(const Parameters& parameters) {
  for (const auto& parameter : parameters) {
    std::printf("    - `");
    printText(parameter.name);
    std::printf("` [");
    printText(parameter.unit);
    std::printf("]: ");
    printText(parameter.meaning);
    std::printf("\n");
  }
}

void printTableGen(const rheo::models::ModelTable& model) {
  const std::string name(model.name);
  std::printf("def Spk_%sOp : Spk_NeuronOp<\"%s\", %s, (ins", camelCase(name).c_str(), name.c_str(),
              model.spiking ? "Spk_Spikes" : "Spk_Potential");
  bool first = true;
  printArguments(model.floatParameters, first);
  printArguments(model.fixedParameters, first);
  std::printf(")> {\n  let summary = \"");
  printText(model.summary);
  std::printf("\";\n  let description = [{\n    Float stage:\n");
  printRows(model.floatParameters);
  std::printf("\n    Quant and legal stages:\n");
  printRows(model.fixedParameters);
  std::printf("  }];\n}\n\n");
}

void printMethods(const rheo::models::ModelTable& model) {
  const std::string name(model.name);
  std::printf(
      "const rheo::models::ModelTable& rheo::spk::%sOp::getModel() {\n"
      "  return *rheo::models::findModel(\"%s\");\n}\n",
      camelCase(name).c_str(), name.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bool methods = argc > 1 && std::string_view(argv[1]) == "--cpp";
  std::printf("// Generated from runtime/models. Do not edit.\n");
  for (const rheo::models::ModelTable& model : rheo::models::allModels())
    methods ? printMethods(model) : printTableGen(model);
  return 0;
}
