// How records lie in memory words: reading, writing and laying out. SPEC I2.
//
// A record of up to 64 bits never crosses a word: 64 / bits of them lie in each word, the first lowest. A
// longer record takes whole words of its own, and none of its fields crosses a word.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "chip/ChipSpec.h"
#include "chip/image_generated.h"
#include "support/Error.h"

namespace rheo {

// Where record `index` starts, in bits from the start of its memory; `recordBits` > 0.
constexpr std::uint64_t recordStart(std::uint64_t index, std::uint32_t recordBits) {
  if (recordBits > 64) return index * ((recordBits + 63) / 64) * 64;
  const std::uint64_t perWord = 64 / recordBits;
  return index / perWord * 64 + index % perWord * recordBits;
}

// The record and the bit in it that a bit of the memory belongs to; the inverse of recordStart().
constexpr std::pair<std::uint64_t, std::uint64_t> recordAt(std::uint64_t bit, std::uint32_t recordBits) {
  if (recordBits > 64) {
    const std::uint64_t room = std::uint64_t{(recordBits + 63) / 64} * 64;
    return {bit / room, bit % room};
  }
  const std::uint64_t perWord = 64 / recordBits, within = bit % 64 / recordBits;
  if (within >= perWord) return {bit / 64 * perWord + perWord - 1, recordBits};  // behind the last one
  return {bit / 64 * perWord + within, bit % 64 % recordBits};
}

// Words that `count` records take.
constexpr std::uint64_t wordsOfRecords(std::uint64_t count, std::uint32_t recordBits) {
  if (recordBits > 64) return count * ((recordBits + 63) / 64);
  const std::uint64_t perWord = 64 / recordBits;
  return count / perWord + (count % perWord != 0);
}

// `width` bits (1..64) at bit `start`, not across a word; sign-extended if asked for.
std::int64_t readBits(std::span<const std::uint64_t> words, std::uint64_t start, int width, bool isSigned);
void writeBits(std::span<std::uint64_t> words, std::uint64_t start, int width, std::int64_t value);
bool fitsBits(std::int64_t value, int width, bool isSigned);

// Offsets for a chip's fields: one after the other, the next word where a field would cross one.
image::LayoutT makeLayout(const LayoutSpec& spec);

// Packs records as a Layout says, for emitters.
class RecordWriter {
 public:
  explicit RecordWriter(image::LayoutT layout) : layout_(std::move(layout)) {}
  bool has(std::string_view field) const { return find(field) != nullptr; }
  std::uint64_t add();  // a record of zeros; returns its index
  // Errors: R0509 if the layout has no such field or the value does not fit its bits.
  Status set(std::uint64_t record, std::string_view field, std::int64_t value);
  std::uint64_t records() const { return records_; }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  const image::FieldT* find(std::string_view field) const;
  image::LayoutT layout_;
  std::vector<std::uint64_t> words_;
  std::uint64_t records_ = 0;
};

}  // namespace rheo
