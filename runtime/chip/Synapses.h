// Synapse lists in memory words: weights cut to their stored bits, packed sparse or dense. SPEC I6, W1-W6.
//
// A sparse synapse is, from bit 0: weight (weightBits), delay (delayBits), input (indexBits). A dense list
// holds weights only, for consecutive inputs from `first`. A kernel list holds the weights of one channel of
// sources, and the axon's place says which inputs they reach. Synapses never cross a 64-bit
// word (64 / bits of them in each), and every list starts on a word.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "chip/SignMode.h"
#include "fixed/Profile.h"
#include "network/Convolution.h"
#include "support/Error.h"

namespace rheo {

// Entries of a kernel list along an axis; longer kernels have a list for each source.
inline constexpr std::int64_t kMostKernelExtent = 64;

enum class ListKind : std::uint8_t { Sparse = 0, Dense = 1, Kernel = 2 };
inline constexpr std::array<std::string_view, 3> kListKindNames{"sparse", "dense", "kernel"};

constexpr std::string_view listKindName(ListKind kind) {
  return kListKindNames[static_cast<std::size_t>(kind)];
}

constexpr std::optional<ListKind> listKindNamed(std::string_view name) {
  return valueNamed<ListKind>(kListKindNames, name);
}

// A "format" record.
struct SynapseFormat {
  ListKind kind = ListKind::Sparse;
  int weightBits = kMostWeightBits;
  SignMode signMode = SignMode::Mixed;
  int exponent = 0;        // kMinExponent..kMaxExponent
  int delayBits = 0;       // 0..6; sparse only
  int indexBits = 0;       // sparse only
  std::int32_t first = 0;  // dense, kernel: first input
  std::int32_t group = 0;
  // Kernel: inputs [channel, rows.outputs, columns.outputs] from `first` on. SPEC I10
  ConvolutionAxis rows = {}, columns = {};
};

// Words between the weights of neighbouring kernel entries in a kernel list of so many channels.
std::uint64_t kernelEntryWords(std::uint64_t channels, const SynapseFormat& format);

// Words of a list of so many synapses; of a kernel, channels.
std::uint64_t wordsOfList(std::uint64_t count, const SynapseFormat& format);

inline constexpr int kMinExponent = -16;
inline constexpr int kMaxExponent = 16;

constexpr int synapseBits(const SynapseFormat& format) {
  return format.kind != ListKind::Sparse ? format.weightBits
                                         : format.weightBits + format.delayBits + format.indexBits;
}

constexpr int droppedBits(const SynapseFormat& format) {
  return droppedBits(format.weightBits, format.signMode);
}

// The field's bits for a weight, clipped to its mode's range (SPEC W2). Mixed: two's complement; excitatory
// and inhibitory: magnitude. SPEC W3 (lava: mixed floors, one-signed towards zero), W4 (loihi1: towards
// zero).
inline std::int64_t storeWeight(std::int32_t weight, const SynapseFormat& format,
                                WeightTruncation truncation) {
  const int dropped = droppedBits(format);
  const SignMode mode = format.signMode;
  const std::int32_t clipped = std::clamp(weight, leastWeight(mode), mostWeight(mode));  // SPEC W2
  if (mode != SignMode::Mixed) return std::abs(clipped) >> dropped;      // the magnitude: towards zero
  if (truncation == WeightTruncation::Floor) return clipped >> dropped;  // SPEC W3
  return clipped / (1 << dropped);                                       // SPEC W4
}
// Whether anything is left of it.
inline bool keepsWeight(std::int32_t weight, const SynapseFormat& format, WeightTruncation truncation) {
  return weight != 0 && storeWeight(weight, format, truncation) != 0;
}

// The same of many weights: those outside an interval that holds 0, since storing is monotone.
class WeightsKept {
 public:
  WeightsKept(const SynapseFormat& format, WeightTruncation truncation) {
    while (!keepsWeight(least_ - 1, format, truncation) && least_ > -kFurthest) --least_;
    while (!keepsWeight(most_ + 1, format, truncation) && most_ < kFurthest) ++most_;
    below_ = least_ > -kFurthest;
    above_ = most_ < kFurthest;
  }
  bool operator()(std::int32_t weight) const {
    return (weight < least_ && below_) | (weight > most_ && above_);
  }

 private:
  static constexpr std::int32_t kFurthest = 1 << kMostWeightBits;
  std::int32_t least_ = 0, most_ = 0;  // what is not kept
  bool below_ = true, above_ = true;
};

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

// Appends a kernel list and returns its word address: `weights` [rows.kernel, columns.kernel, channels], the
// channels of every entry from a word of their own on. SPEC I10
std::uint64_t packKernel(std::vector<std::uint64_t>& words, std::span<const std::int32_t> weights,
                         std::uint64_t channels, const SynapseFormat& format, WeightTruncation truncation);

}  // namespace rheo
