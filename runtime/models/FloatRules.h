// What the conventions say to the float step of a neuron. SPEC F11, F19, F20, F25.
#pragma once

#include <cstdint>

namespace rheo::models {

enum class Reset : std::uint8_t { Zero, ToVReset, Subtract, SubtractLate, SubtractNext, ZeroNext, None };
enum class Firing : std::uint8_t { Above, Reached };
enum class SpikesPerStep : std::uint8_t { One, Many };
enum class Clamp : std::uint8_t { None, Threshold };
enum class Update : std::uint8_t { Difference, Decay };

struct FloatRules {
  Reset reset = Reset::ToVReset;
  Firing firing = Firing::Above;
  SpikesPerStep perStep = SpikesPerStep::One;
  Clamp clamp = Clamp::None;
  Update update = Update::Difference;
};

}  // namespace rheo::models
