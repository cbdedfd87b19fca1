// From a field's width to the integers that it holds.
#include "algorithms/RegisterRange.h"

#include <map>

#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

// SPEC N1, N3, N8, N9, E1, E2.
const std::map<std::string, RegisterRange> kArithmetic{
    {"du", {0, fixed::kDecayOne - 1}},
    {"dv", {0, fixed::kDecayOne - 1}},
    {"vth", {0, fixed::kThresholdMax}},
    {"bias_mantissa", {-fixed::kBiasMantissaMax - 1, fixed::kBiasMantissaMax}},
    {"bias_exponent", {-fixed::kBiasExponentMax - 1, fixed::kBiasExponentMax}},
    {"reset_value", {-fixed::kThresholdMax - 1, fixed::kThresholdMax}},
    {"reset_mode", {0, 3}},
};

}  // namespace

RegisterRange registerRange(const ChipSpec& chip, const std::string& name) {
  for (const char* record : {"neuron", "profile"})
    if (const LayoutSpec* layout = chip.layout(record))
      for (const FieldSpec& field : layout->fields) {
        if (field.name != name) continue;
        const std::int64_t span = std::int64_t{1} << (field.isSigned ? field.width - 1 : field.width);
        return {field.isSigned ? -span : 0, span - 1};
      }
  const auto found = kArithmetic.find(name);
  return found == kArithmetic.end() ? RegisterRange{0, fixed::kDecayOne - 1} : found->second;
}

}  // namespace rheo
