// The fixed-point arithmetic of Loihi-style neurons: one function per SPEC rule, on plain integers.
// Everything that claims to be exact (golden model, vector kernels, interval proofs, JIT) is checked
// against these.
#pragma once

#include <cstdint>

#include "fixed/Profile.h"

namespace rheo::fixed {

inline constexpr int kDecayBits = 12;                       // decays are k / 4096
inline constexpr std::int32_t kDecayOne = 1 << kDecayBits;  // forget everything
inline constexpr int kTurnBits = 15;                        // sines and cosines are k / 32768
inline constexpr std::int32_t kTurnOne = 1 << kTurnBits;
inline constexpr int kAlignBits = 6;                             // input and threshold sit 6 bits up
inline constexpr std::int32_t kStateMax = (1 << 23) - 1;         // 23 bits and a sign
inline constexpr std::int32_t kThresholdMax = (1 << 17) - 1;     // the register vth, SPEC N9
inline constexpr std::int32_t kBiasMantissaMax = (1 << 12) - 1;  // 13 bits with the sign, SPEC N8
inline constexpr int kBiasExponentMax = 7;
inline constexpr std::int32_t kHalfPeriod = 1 << 23;
inline constexpr std::int32_t kPeriod = 1 << 24;

// Largest |input| of one neuron in one step that an image may make possible. Below it a single wrap
// brings every sum back into 24 bits, so no state ever leaves 32 bits. SPEC W8.
inline constexpr std::int32_t kInputBound = 1 << 18;

// A right shift that rounds toward zero.
constexpr std::int64_t towardZero(std::int64_t x, int bits) { return x >= 0 ? x >> bits : -(-x >> bits); }

// SPEC N1: x * (4096 - decay) / 4096, rounded toward zero.
constexpr std::int32_t decay(std::int32_t x, std::int32_t decay12) {
  return static_cast<std::int32_t>(towardZero(std::int64_t{x} * (kDecayOne - decay12), kDecayBits));
}

// SPEC N30: x * share / 32768, rounded toward zero; |share| <= 32768. -2^31 times -1 stays as it is (N19).
constexpr std::int32_t turnShare(std::int32_t x, std::int32_t share) {
  return static_cast<std::int32_t>(towardZero(std::int64_t{x} * share, kTurnBits));
}

// SPEC N19: sums, differences, products and left shifts of 32 bits drop what lies above.
constexpr std::int32_t wrap32(std::int64_t x) { return static_cast<std::int32_t>(x); }
constexpr std::int32_t addWrapped(std::int32_t a, std::int32_t b) { return wrap32(std::int64_t{a} + b); }
constexpr std::int32_t subWrapped(std::int32_t a, std::int32_t b) { return wrap32(std::int64_t{a} - b); }
constexpr std::int32_t multiply(std::int32_t a, std::int32_t b) { return wrap32(std::int64_t{a} * b); }
constexpr std::int32_t addProduct(std::int32_t sum, std::int32_t weight, std::int32_t payload) {
  return addWrapped(sum, multiply(weight, payload));
}
// SPEC N34: all 64 bits are shifted, flooring.
constexpr std::int32_t productShifted(std::int32_t a, std::int32_t b, int bits) {
  return wrap32((std::int64_t{a} * b) >> bits);
}
constexpr std::int32_t magnitude(std::int32_t x) { return x < 0 ? subWrapped(0, x) : x; }
constexpr std::int32_t shiftLeft(std::int32_t x, std::int32_t bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << (bits & 31));
}

constexpr std::int32_t shiftRight(std::int32_t x, std::int32_t bits) { return x >> (bits & 31); }  // floors

// SPEC N20: counts from 0 to period - 1, round and round.
constexpr std::int32_t cycle(std::int32_t x, std::int32_t period) {
  return addWrapped(x, 1) >= period ? 0 : addWrapped(x, 1);
}

// SPEC N2: the summed input enters the current 6 bits up.
constexpr std::int32_t align(std::int32_t input) { return shiftLeft(input, kAlignBits); }

// SPEC N4: Lava's single wrap into (-2^23, 2^23].
constexpr std::int32_t wrapOnce(std::int32_t x) {
  if (x > kHalfPeriod) return x - kPeriod;
  if (x <= -kHalfPeriod) return x + kPeriod;
  return x;
}

// SPEC N5: two's complement 24 bits.
constexpr std::int32_t wrapTwos(std::int32_t x) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << 8) >> 8;
}

constexpr std::int32_t wrapCurrent(CurrentOverflow rule, std::int32_t x) {
  return rule == CurrentOverflow::WrapOnce ? wrapOnce(x) : wrapTwos(x);
}

// SPEC N7: the membrane potential saturates at +-(2^23 - 1).
constexpr std::int32_t saturate(std::int32_t x) {
  return x > kStateMax ? kStateMax : x < -kStateMax ? -kStateMax : x;
}

// SPEC N30: the sum is formed without overflow.
constexpr std::int32_t saturateSum(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = std::int64_t{a} + b;
  return static_cast<std::int32_t>(sum > kStateMax ? kStateMax : sum < -kStateMax ? -kStateMax : sum);
}

// SPEC N8: a bias is a 13-bit mantissa and an exponent; a negative exponent shifts right, flooring.
constexpr std::int32_t bias(std::int32_t mantissa, std::int32_t exponent) {
  return exponent >= 0 ? mantissa * (std::int32_t{1} << exponent) : mantissa >> -exponent;
}

// SPEC N9: a spike needs v strictly above the threshold (mantissa * 64).
constexpr bool fires(std::int32_t v, std::int32_t threshold) { return v > threshold; }

// SPEC N10, E1, E2: the three resets in one branch-free form. `keep` is 0 or -1 (all bits):
// to zero (0, 0), to a value r (0, -r), by subtraction (-1, threshold).
constexpr std::int32_t reset(bool spike, std::int32_t v, std::int32_t keep, std::int32_t amount) {
  return spike ? (v & keep) - amount : v;
}

// SPEC W5: the exponent of the sum; a negative one shifts right, flooring.
constexpr std::int32_t shiftSum(std::int32_t sum, std::int32_t exponent) {
  return exponent >= 0 ? shiftLeft(sum, exponent) : sum >> -exponent;
}

// The same where nothing wraps, for proofs and bounds.
constexpr std::int64_t shiftExactly(std::int64_t sum, int exponent) {
  return exponent >= 0 ? sum * (std::int64_t{1} << exponent) : sum >> -exponent;
}

}  // namespace rheo::fixed
