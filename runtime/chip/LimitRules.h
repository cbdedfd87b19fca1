// The limits that a chip's record may state: which numbers make sense, and what holds where it states none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rheo {

struct LimitRule {
  const char* name;
  std::int64_t low, high;
  const char* unit;
  const char* meaning;
  // What a record that does not state it is taken to have; nullopt: it has to state it.
  std::optional<std::int64_t> otherwise;
};

// Larger values would not fit the arithmetic of a file's offsets and tables, on any chip.
inline constexpr std::int64_t kLargestLimit = std::int64_t{1} << 30;

// Slots of the buffers of a core's inputs: each holds the messages of as many steps as the longest delay has,
// and two more, up to a power of two, 8 at least.
std::int64_t delaySlots(std::int64_t inputs, int longestDelay);

std::span<const LimitRule> limitRules();  // in the order in which they are shown
const LimitRule* findLimitRule(std::string_view name);

}  // namespace rheo
