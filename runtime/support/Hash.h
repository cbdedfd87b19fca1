// A number for bytes: equal bytes have equal ones, others hardly ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rheo {

// XXH3, 64 bits.
std::uint64_t hashOf(std::span<const std::byte> bytes, std::uint64_t seed);

}  // namespace rheo
