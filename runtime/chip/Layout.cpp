// Bits in words: the only place that knows how records lie in memory.
#include "chip/Layout.h"

#include <fmt/format.h>

#include "chip/Image.h"

namespace rheo {

std::int64_t readBits(std::span<const std::uint64_t> words, std::uint64_t start, int width, bool isSigned) {
  const std::uint64_t raw = words[start / 64] >> (start % 64);
  const int spare = 64 - width;
  if (isSigned) return static_cast<std::int64_t>(raw << spare) >> spare;
  return static_cast<std::int64_t>(raw << spare >> spare);
}

void writeBits(std::span<std::uint64_t> words, std::uint64_t start, int width, std::int64_t value) {
  const std::uint64_t mask = (~std::uint64_t{0} >> (64 - width)) << (start % 64);
  std::uint64_t& word = words[start / 64];
  word = (word & ~mask) | ((static_cast<std::uint64_t>(value) << (start % 64)) & mask);
}

bool fitsBits(std::int64_t value, int width, bool isSigned) {
  if (width >= 64) return isSigned || value >= 0;
  if (!isSigned) return value >= 0 && value < (std::int64_t{1} << width);
  const std::int64_t half = std::int64_t{1} << (width - 1);
  return value >= -half && value < half;
}

image::LayoutT makeLayout(const LayoutSpec& spec) {
  image::LayoutT layout;
  layout.record = spec.record;
  std::uint32_t offset = 0;
  for (const FieldSpec& field : spec.fields) {
    if (offset % 64 + static_cast<std::uint32_t>(field.width) > 64) offset = (offset + 63) / 64 * 64;
    auto entry = std::make_unique<image::FieldT>();
    entry->name = field.name;
    entry->offset = static_cast<std::uint16_t>(offset);
    entry->width = static_cast<std::uint8_t>(field.width);
    entry->signed_ = field.isSigned;
    layout.fields.push_back(std::move(entry));
    offset += static_cast<std::uint32_t>(field.width);
  }
  layout.bits = static_cast<std::uint16_t>(offset <= 64 ? offset : (offset + 63) / 64 * 64);
  return layout;
}

const image::FieldT* RecordWriter::find(std::string_view field) const {
  for (const auto& entry : layout_.fields)
    if (entry->name == field) return entry.get();
  return nullptr;
}

std::uint64_t RecordWriter::add() {
  words_.resize(wordsOfRecords(records_ + 1, layout_.bits), 0);
  return records_++;
}

Status RecordWriter::set(std::uint64_t record, std::string_view field, std::int64_t value) {
  const image::FieldT* entry = find(field);
  if (entry && record < records_ && fitsBits(value, entry->width, entry->signed_)) {
    writeBits(words_, recordStart(record, layout_.bits) + entry->offset, entry->width, value);
    return ok();
  }
  Diagnostic diagnostic;
  diagnostic.code = "R0509";
  diagnostic.where = fmt::format("{} {}", layout_.record, record);
  diagnostic.value = static_cast<double>(value);
  diagnostic.message =
      !entry ? fmt::format("the chip's '{}' record has no field '{}'", layout_.record, field)
             : fmt::format("{} does not fit the {} {} bits of field '{}' of record '{}'", value, entry->width,
                           entry->signed_ ? "signed" : "unsigned", field, layout_.record);
  diagnostic.remedy = "choose another chip or settings that stay within the chip's registers";
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

RecordView::RecordView(const image::Layout& layout, std::span<const std::uint64_t> words)
    : layout_(&layout), words_(words) {}

const image::Field* RecordView::field(std::string_view name) const {
  for (const image::Field* entry : *layout_->fields())
    if (entry->name()->string_view() == name) return entry;
  return nullptr;
}

std::int64_t RecordView::get(std::uint64_t record, const image::Field* entry) const {
  if (!entry) return 0;
  const std::uint64_t start = recordStart(record, layout_->bits()) + entry->offset();
  if (start / 64 >= words_.size()) return 0;
  return readBits(words_, start, entry->width(), entry->signed_());
}

}  // namespace rheo
