// The byte stream between the reader process and its parent: one record per object, depth first, little
// endian. The parent treats every byte as hostile.
//
//   stream  = magic content 'Z'  |  magic content '!' text(where) text(message)
//   content = ('@' record)* record*                               of a group: first its attributes, no groups
//   record  = 'G' text(name) content 'E'                          a group
//           | 'A' text(name) type:u8 rank:u8 extent:u64* value*   numbers; a value has storedBytes(type)
//           bytes | 'S' text(name) rank:u8 extent:u64* text*            strings | 'U' text(name) text(reason)
//           an object that was not read
//   text    = length:u32 byte*
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "Tree.h"
#include "support/Error.h"

namespace rheo::hdf5 {

inline constexpr std::string_view kStreamMagic = "RHEOH5\x02\n";

// What a file may ask for. The reader refuses above them, the parent refuses a stream above them.
struct Limits {
  std::uint64_t maxObjects = 200'000;       // groups, datasets, links and attributes together
  std::uint64_t maxElements = 1ull << 27;   // numbers, over all datasets
  std::uint64_t maxTextBytes = 1ull << 26;  // bytes of all names and strings
  std::uint64_t maxStrings = 4'000'000;     // strings, over all datasets
  std::uint64_t maxStreamBytes = 1ull << 30;
  int maxDepth = 64;  // groups within groups; ends cycles of links
  int maxRank = 8;
};

// Float16 and Float32 travel as 4 bytes, Float64 and Int64 as 8.
inline std::size_t storedBytes(DType type) {
  return type == DType::Float16 || type == DType::Float32 ? 4 : 8;
}

// Decodes one stream. Every length is checked against the bytes that are left before anything is allocated,
// so memory use is bounded by a small multiple of the stream's size. Errors: R0103 (what the reader
// reported), R0104 (a stream that is cut short or malformed). `file` is only for messages.
Expected<Tree> decodeStream(std::string_view bytes, const Limits& limits, const std::string& file);

}  // namespace rheo::hdf5
