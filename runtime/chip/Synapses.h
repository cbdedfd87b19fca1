// Synapse lists in memory words: weights cut to their stored bits, packed sparse or dense. SPEC I6, W1-W6.
//
// A sparse synapse is, from bit 0: weight (weightBits), delay (delayBits), input (indexBits). A dense
// list holds weights only, for consecutive inputs from `first`. Synapses never cross a 64-bit word
// (64 / bits of them in each), and every list starts on a word.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chip/SignMode.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// A "format" record.
struct SynapseFormat {
  bool dense = false;  // kind: 0 sparse, 1 dense
  int weightBits = kMostWeightBits;
  SignMode signMode = SignMode::Mixed;
  int exponent = 0;        // kMinExponent..kMaxExponent
  int delayBits = 0;       // 0..6; sparse only
  int indexBits = 0;       // sparse only
  std::int32_t first = 0;  // dense: first input
  std::int32_t group = 0;
};

inline constexpr int kMinExponent = -16;
inline constexpr int kMaxExponent = 16;

constexpr int synapseBits(const SynapseFormat& format) {
  return format.dense ? format.weightBits : format.weightBits + format.delayBits + format.indexBits;
}

constexpr int droppedBits(const SynapseFormat& format) {
  return droppedBits(format.weightBits, format.signMode);
}

// The field's bits for a weight, clipped to its mode's range (SPEC W2). Mixed: two's complement; excitatory
// and inhibitory: magnitude. SPEC W3 (lava: mixed floors, one-signed towards zero), W4 (loihi1: towards
// zero).
std::int64_t storeWeight(std::int32_t weight, const SynapseFormat& format, WeightTruncation truncation);

// The weight that stored bits mean, low bits zero. Mixed bits are given sign-extended.
std::int32_t loadWeight(std::int64_t stored, const SynapseFormat& format);

// SPEC W6: the weight under an exponent of its own; unchanged where the exponent is of the sum (W5).
std::int32_t effectiveWeight(std::int32_t weight, const SynapseFormat& format, WeightExponent rule);

struct ListedSynapse {
  std::int32_t input;  // of the core
  std::int32_t weight;
  std::int32_t delay;  // of the synapse alone
};

// Appends a list to `words` and returns its word address. Errors: R0509 if delay or input do not fit
// their bits, or a dense list has gaps or delays.
Expected<std::uint64_t> packSynapses(std::vector<std::uint64_t>& words, std::span<const ListedSynapse> list,
                                     const SynapseFormat& format, WeightTruncation truncation);

}  // namespace rheo
