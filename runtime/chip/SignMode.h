// The signs that weights of one synapse format can have, and what that leaves of their bits. SPEC W1, W3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "support/Names.h"

namespace rheo {

enum class SignMode : std::uint8_t { Mixed = 0, Excitatory = 1, Inhibitory = 2 };

inline constexpr std::array<std::string_view, 3> kSignModeNames{"mixed", "excitatory", "inhibitory"};

constexpr std::string_view signModeName(SignMode mode) {
  return kSignModeNames[static_cast<std::size_t>(mode)];
}

constexpr std::optional<SignMode> signModeNamed(std::string_view name) {
  return valueNamed<SignMode>(kSignModeNames, name);
}

// SPEC W1: the ends of a mode's range at 8 bits.
constexpr std::int32_t leastWeight(SignMode mode) {
  return mode == SignMode::Mixed ? -256 : mode == SignMode::Inhibitory ? -255 : 0;
}
constexpr std::int32_t mostWeight(SignMode mode) {
  return mode == SignMode::Mixed ? 254 : mode == SignMode::Inhibitory ? 0 : 255;
}

inline constexpr int kMostWeightBits = 8;
// A mixed weight spends a bit on its sign, and needs another for its magnitude. SPEC W3.
constexpr int leastWeightBits(SignMode mode) { return mode == SignMode::Mixed ? 2 : 1; }

// Low bits of a weight that are not stored.
constexpr int droppedBits(int weightBits, SignMode mode) {
  return kMostWeightBits - weightBits + (mode == SignMode::Mixed ? 1 : 0);
}

}  // namespace rheo
