// The chips that rheobase knows, by name, and chips from a user's file.
#pragma once

#include "chip/ChipSpec.h"

namespace rheo {

// In order of names. The records are parsed once; a broken one is a fault of ours.
const std::vector<ChipSpec>& builtinChips();
const ChipSpec* findBuiltinChip(const std::string& name);

// "loihi2" or the path of a JSON file.
Expected<ChipSpec> resolveChip(const std::string& nameOrPath);

}  // namespace rheo
