// What must hold for every Error that a file can cause.
#pragma once

#include <string>
#include <string_view>

#include "support/Error.h"

namespace rheo::fuzz {

// Whether a terminal and a JSON report can show it: UTF-8 without control characters.
bool canBeShown(std::string_view text);

// Diagnostics that are complete and can be shown. Returns the code of the first.
std::string checkError(const Error& error);

}  // namespace rheo::fuzz
