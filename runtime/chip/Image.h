// A chip image: what a chip would be loaded with, as one file. Reading verifies frame, checksum, header
// and bounds before anything is used; writing goes beside the target and renames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chip/Layout.h"
#include "chip/image_generated.h"
#include "support/Error.h"

namespace rheo {

// File frame (SPEC I1), little endian: magic "RHEOIMG\0", u32 major, u32 minor, u64 header bytes, u64
// bulk bytes, u128 XXH3 (low half first) of everything after the frame; then the header, zeros up to a
// multiple of 64 bytes from the file's start, the bulk.
//
// Memories of a core, by name: "neuron", "profile", "axon", "format", "route" hold records of the layout
// of that name; "synapse" holds synapse lists (SPEC I6, chip/Synapses.h). An input's `routes` are "route"
// records; its `route_index` holds two words for each channel: first route, number of routes (SPEC I8). A
// route's `core` is the id of a core. Memories may not overlap.
inline constexpr std::uint32_t kImageMajor = 1;
inline constexpr std::uint32_t kImageMinor = 2;

class Image {
 public:
  // `name` is for messages only. Verified completely; a FlatBuffer that lies about its own offsets,
  // memories that leave the file or overlap, unknown versions and wrong checksums are errors.
  static Expected<Image> parse(std::vector<std::uint8_t> bytes, const std::string& name);
  static Expected<Image> load(const std::string& path);
  Status save(const std::string& path) const;

  const image::Header& header() const { return *image::GetHeader(headerBytes()); }
  std::span<const std::uint64_t> words(const image::Memory& memory) const;
  std::span<const std::uint8_t> bytes() const { return *bytes_; }
  // The same image but for one word of a memory of this header, with the checksum that belongs to it.
  Image withWord(const image::Memory& memory, std::uint64_t word, std::uint64_t value) const;

 private:
  friend struct ImageReader;
  const std::uint8_t* headerBytes() const;
  std::shared_ptr<const std::vector<std::uint8_t>> bytes_;  // 64-byte aligned storage is not assumed
};

// By name; nullptr if there is none.
const image::Layout* findLayout(const image::Header& header, std::string_view record);
const image::Memory* findMemory(const image::Core& core, std::string_view name);

// Puts an image together: the header as a FlatBuffers object tree, memories as words.
class ImageWriter {
 public:
  image::HeaderT header;
  // Appends words to the bulk part and describes them; `records` is how many records they hold.
  image::MemoryT addMemory(std::string name, std::span<const std::uint64_t> words, std::uint64_t records);
  image::MemoryT addMemory(std::string name, const RecordWriter& records) {
    return addMemory(std::move(name), records.words(), records.records());
  }
  // The image, verified as any other; an error is the fault of the emitter.
  Expected<Image> finish() const;

 private:
  std::vector<std::uint64_t> bulk_;
};

// Unpacks records as a Layout says. SPEC I2.
class RecordView {
 public:
  RecordView(const image::Layout& layout, std::span<const std::uint64_t> words);
  const image::Field* field(std::string_view name) const;  // nullptr if there is none
  bool has(std::string_view name) const { return field(name) != nullptr; }
  // 0 where there is no such field or the record lies outside the words.
  std::int64_t get(std::uint64_t record, const image::Field* field) const;
  std::int64_t get(std::uint64_t record, std::string_view name) const { return get(record, field(name)); }

 private:
  const image::Layout* layout_;
  std::span<const std::uint64_t> words_;
};

}  // namespace rheo
