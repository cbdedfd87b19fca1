// Random changes in the bytes of an image file: fields of records where they are known, else words and bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "ImageBytes.h"
#include "chip/Image.h"
#include "common/Random.h"

namespace rheo::fuzz {

// A memory of a valid image, to find its records in changed bytes.
struct MemoryPlace {
  std::size_t firstByte;  // from the start of the file
  std::uint64_t words, records;
  const image::Layout* layout;  // nullptr: no records
};
std::vector<MemoryPlace> memoriesOf(const Image& image);

// A field of a record, or a word, in one of the memories.
void mutateMemory(Bytes& bytes, const std::vector<MemoryPlace>& memories, Random& random);
// Anywhere: frame, header, padding, bulk.
void mutateBytes(Bytes& bytes, Random& random);

}  // namespace rheo::fuzz
