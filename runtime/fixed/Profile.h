// The arithmetic profiles: which chip's rules the integers follow. A profile is data; the functions it
// chooses between are in Arithmetic.h, each with the SPEC rule it implements.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rheo {

// What happens to a synaptic current beyond 24 bits.
enum class CurrentOverflow : std::uint8_t {
  WrapOnce,  // SPEC N4: Lava's single wrap into (-2^23, 2^23]
  WrapTwos,  // SPEC N5: two's complement 24 bits, [-2^23, 2^23 - 1]
};

// How a weight is cut to the bits that the synapse word stores (mixed sign, low bits dropped).
enum class WeightTruncation : std::uint8_t {
  Floor,       // SPEC W3: towards minus infinity
  TowardZero,  // SPEC W4
};

// Where the shared weight exponent acts.
enum class WeightExponent : std::uint8_t {
  OfSum,      // SPEC W5: the summed input of a (group, delay) is shifted
  PerWeight,  // SPEC W6: every weight is shifted and floored before the sum
};

struct Profile {
  std::string_view name;
  std::string_view summary;
  CurrentOverflow currentOverflow;
  WeightTruncation weightTruncation;
  WeightExponent weightExponent;
  std::int32_t
      spikeReadout;  // what a read of v shows in the step of a spike, beside the model's own value; SPEC T6
};

inline constexpr Profile kLavaProfile{"lava",
                                      "Lava's bit-accurate models, the public reference of Loihi 2",
                                      CurrentOverflow::WrapOnce,
                                      WeightTruncation::Floor,
                                      WeightExponent::OfSum,
                                      0};
inline constexpr Profile kLoihi1Profile{"loihi1",
                                        "Loihi 1 as validated against silicon recordings",
                                        CurrentOverflow::WrapTwos,
                                        WeightTruncation::TowardZero,
                                        WeightExponent::PerWeight,
                                        128};
inline constexpr std::array kProfiles{kLavaProfile, kLoihi1Profile};

// nullptr if there is no profile of that name.
constexpr const Profile* findProfile(std::string_view name) {
  for (const Profile& profile : kProfiles)
    if (profile.name == name) return &profile;
  return nullptr;
}

}  // namespace rheo
