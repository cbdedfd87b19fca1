// An image file as bytes: put together and repaired without the checks that ImageWriter makes. SPEC I1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "chip/image_generated.h"

namespace rheo::fuzz {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t kFrameBytes = 48;
inline constexpr std::size_t kHeaderSizeAt = 16, kBulkSizeAt = 24, kChecksumAt = 32;

std::size_t bulkStart(const Bytes& bytes);  // by the size of the header that the frame states

// `original`'s frame and bulk around another header.
Bytes withHeader(const Bytes& original, const image::HeaderT& header);

// Makes the frame's bulk size and the checksum true again; the header's size stays as it is.
void repair(Bytes& bytes);

}  // namespace rheo::fuzz
