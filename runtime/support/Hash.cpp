// Hashes of bytes, by xxHash.
#include "support/Hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rheo {

std::uint64_t hashOf(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace rheo
