// The embedded chip records.
#include "chips/Chips.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "support/Text.h"

namespace rheo {
namespace {

// One raw string for each backends/*/chip.json.
constexpr std::array kRecords{
#include "chips/ChipRecords.inc"
};

// Records that stand for themselves; the others say "base" and build on one of these.
const std::vector<ChipSpec>& plainChips() {
  static const std::vector<ChipSpec> chips = [] {
    std::vector<ChipSpec> found;
    for (const std::string_view record : kRecords)
      if (auto chip = parseChipSpec(std::string(record), "built-in record", nullptr))
        found.push_back(*std::move(chip));
    return found;
  }();
  return chips;
}

const ChipSpec* findChip(const std::vector<ChipSpec>& chips, const std::string& name) {
  const auto found =
      std::find_if(chips.begin(), chips.end(), [&](const ChipSpec& chip) { return chip.name == name; });
  return found == chips.end() ? nullptr : &*found;
}

const ChipSpec* findPlainChip(const std::string& name) { return findChip(plainChips(), name); }

std::vector<ChipSpec> parseRecords() {
  std::vector<ChipSpec> chips = plainChips();
  for (const std::string_view record : kRecords)
    if (auto chip = parseChipSpec(std::string(record), "built-in record", findPlainChip);
        chip && findPlainChip(chip->name) == nullptr)
      chips.push_back(*std::move(chip));
  std::sort(chips.begin(), chips.end(), [](const ChipSpec& a, const ChipSpec& b) { return a.name < b.name; });
  return chips;
}

}  // namespace

const std::vector<ChipSpec>& builtinChips() {
  static const std::vector<ChipSpec> chips = parseRecords();
  return chips;
}

const ChipSpec* findBuiltinChip(const std::string& name) { return findChip(builtinChips(), name); }

Expected<ChipSpec> resolveChip(const std::string& nameOrPath) {
  if (const ChipSpec* chip = findBuiltinChip(nameOrPath)) return *chip;
  if (nameOrPath.find_first_of("/.") != std::string::npos) return loadChipSpec(nameOrPath, findBuiltinChip);
  std::vector<std::string> names;
  for (const ChipSpec& chip : builtinChips()) names.push_back(chip.name);
  Diagnostic diagnostic;
  diagnostic.code = "R0405";
  diagnostic.message = fmt::format("there is no chip '{}'", nameOrPath);
  diagnostic.remedy = didYouMean(nameOrPath, names) + "; or give the path of a chip record (a .json file)";
  return Error::of(ErrorKind::Usage, std::move(diagnostic));
}

}  // namespace rheo
