// What one core holds, and how many there are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace rheo::partition {

// How synapses lie in a core's memory: a list for each inbound edge, a header and one entry for each target.
// A core without such a limit has entries of no bits.
struct SynapseMemory {
  std::uint64_t headerBits = 0;
  std::uint64_t synapseBits = 0;
  std::uint64_t wordBits = 64;

  // Of records of so many bits, which do not cross words of 64. SPEC I2
  static SynapseMemory ofRecords(std::uint64_t bits) { return {0, bits, 64 / bits * bits}; }

  // Words of the list of an edge with so many targets on a core.
  std::uint64_t words(std::uint64_t targets) const {
    return targets == 0 ? 0 : (headerBits + targets * synapseBits + wordBits - 1) / wordBits;
  }
};

// What is used on a core, or what may be.
struct CoreUse {
  std::uint64_t neurons = 0;  // sum of the vertices' weights
  std::uint64_t axons = 0;    // edges with at least one target on the core
  std::uint64_t words = 0;    // of synaptic memory

  bool within(const CoreUse& limit) const {
    return neurons <= limit.neurons && axons <= limit.axons && words <= limit.words;
  }
  bool operator==(const CoreUse&) const = default;
};

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max() / 4;

struct Limits {
  CoreUse perCore{kUnlimited, kUnlimited, kUnlimited};
  std::uint64_t cores = kUnlimited;
  SynapseMemory memory;

  bool memoryIsLimited() const {
    return perCore.words < kUnlimited && memory.synapseBits + memory.headerBits > 0;
  }
};

}  // namespace rheo::partition
