// Whole files: read at once, written beside the target and renamed so that no reader sees half of one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/Error.h"

namespace rheo {

// Errors: R0501 (`kind` Format) if the file cannot be read.
Expected<std::vector<std::uint8_t>> readFile(const std::string& path);

// Either the whole new content or the old file stays. Errors: R0501 if it cannot be written.
Status writeFileAtomically(const std::string& path, std::span<const std::uint8_t> bytes);

}  // namespace rheo
