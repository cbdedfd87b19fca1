// How readers of files word their errors: one diagnostic with file, place, finding and remedy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/Error.h"

namespace rheo::hdf5 {

Error formatError(std::string code, const std::string& file, std::string where, std::string message,
                  std::string remedy);

// Control and non-ASCII bytes escaped and long text cut, so that a hostile name cannot disturb a terminal.
std::string escaped(std::string_view text);

// The same in quotes: 'text'.
std::string quoteName(std::string_view text);

// Whether a name can be shown and written to JSON: 1 to 1000 bytes of UTF-8 without control characters.
bool isPlainName(std::string_view text);

}  // namespace rheo::hdf5
