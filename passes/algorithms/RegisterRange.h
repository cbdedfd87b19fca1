// What a register of a chip can hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "chip/ChipSpec.h"

namespace rheo {

struct RegisterRange {
  std::int64_t least = 0, most = 0;

  bool holds(double value) const {
    return value >= static_cast<double>(least) && value <= static_cast<double>(most);
  }
  std::int32_t nearest(double value) const {
    return static_cast<std::int32_t>(
        std::clamp(value, static_cast<double>(least), static_cast<double>(most)));
  }
  // The end that a value beyond the range is beyond of.
  double endMissedBy(double value) const {
    return static_cast<double>(value < static_cast<double>(least) ? least : most);
  }
};

// By the width of the field in the chip's record. Where the record has no such field, what the arithmetic
// allows at most: a network is refused for lacking the register (R0411), not for the size of its value.
RegisterRange registerRange(const ChipSpec& chip, const std::string& name);

}  // namespace rheo
