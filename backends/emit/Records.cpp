// Whether values that limits allow fit the records they are written to.
#include <algorithm>
#include <bit>
#include <limits>

#include "chip/Layout.h"
#include "emit/Emit.h"
#include "models/Model.h"

namespace rheo {
namespace {

// A field that the record lacks holds nothing, and nothing is written to it.
bool holds(const ChipSpec& chip, const char* record, const char* field, std::int64_t least,
           std::int64_t most) {
  const LayoutSpec* layout = chip.layout(record);
  if (layout == nullptr) return true;
  return std::all_of(layout->fields.begin(), layout->fields.end(), [&](const FieldSpec& f) {
    return f.name != field || (fitsBits(least, f.width, f.isSigned) && fitsBits(most, f.width, f.isSigned));
  });
}

// Registers are looked at in one of the records, before anything is placed.
bool sharesNames(const LayoutSpec& a, const LayoutSpec& b) {
  return std::any_of(a.fields.begin(), a.fields.end(), [&](const FieldSpec& field) {
    return std::any_of(b.fields.begin(), b.fields.end(),
                       [&](const FieldSpec& other) { return field.name == other.name; });
  });
}

}  // namespace

// What ChipSpec's reader demands of a record is not asked again here.
bool recordsHoldAll(const ChipSpec& chip) {
  const auto limit = [&](const char* name) { return chip.limit(name).value; };
  const auto delayBits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(limit("max_delay"))));
  constexpr std::int64_t kLastOpcode = std::numeric_limits<decltype(models::ModelTable::opcode)>::max();
  return !sharesNames(*chip.layout("neuron"), *chip.layout("profile")) &&
         holds(chip, "neuron", "model", 0, kLastOpcode) && holds(chip, "profile", "model", 0, kLastOpcode) &&
         holds(chip, "neuron", "route_count", 0, limit("output_axons_per_core")) &&
         holds(chip, "format", "kind", 0, 1) && holds(chip, "format", "delay_bits", 0, delayBits) &&
         holds(chip, "format", "exponent", limit("weight_exponent_min"), limit("weight_exponent_max")) &&
         holds(chip, "constant", "value", std::numeric_limits<std::int32_t>::min(),
               std::numeric_limits<std::int32_t>::max());
}

}  // namespace rheo
