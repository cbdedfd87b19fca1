// An image file as bytes.
#include "ImageBytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace rheo::fuzz {
namespace {

std::uint64_t sizeAt(const Bytes& bytes, std::size_t at) {
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data() + at, sizeof size);
  return size;
}

void setAt(Bytes& bytes, std::size_t at, std::uint64_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::uint64_t roundUp64(std::uint64_t value) { return (value + 63) / 64 * 64; }

}  // namespace

std::size_t bulkStart(const Bytes& bytes) { return roundUp64(kFrameBytes + sizeAt(bytes, kHeaderSizeAt)); }

Bytes withHeader(const Bytes& original, const image::HeaderT& header) {
  flatbuffers::FlatBufferBuilder builder(1 << 13);
  image::FinishHeaderBuffer(builder, image::Header::Pack(builder, &header));
  const std::size_t oldBulk = bulkStart(original), newBulk = roundUp64(kFrameBytes + builder.GetSize());
  Bytes bytes(newBulk + original.size() - oldBulk);
  std::copy_n(original.begin(), kFrameBytes, bytes.begin());
  std::copy_n(builder.GetBufferPointer(), builder.GetSize(), bytes.begin() + kFrameBytes);
  std::copy(original.begin() + static_cast<std::ptrdiff_t>(oldBulk), original.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(newBulk));
  setAt(bytes, kHeaderSizeAt, builder.GetSize());
  return bytes;
}

void repair(Bytes& bytes) {
  if (bytes.size() < kFrameBytes) return;
  const std::size_t start = bulkStart(bytes);
  if (start <= bytes.size()) setAt(bytes, kBulkSizeAt, bytes.size() - start);
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, bytes.data(), kChecksumAt);
  XXH3_128bits_update(&state, bytes.data() + kFrameBytes, bytes.size() - kFrameBytes);
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  setAt(bytes, kChecksumAt, hash.low64);
  setAt(bytes, kChecksumAt + 8, hash.high64);
}

}  // namespace rheo::fuzz
