// Random changes in the bytes of an image file.
#include "MutateWords.h"

#include <algorithm>
#include <cstring>

#include "Values.h"

namespace rheo::fuzz {
namespace {

const image::Layout* layoutOf(const image::Header& header, std::string_view record) {
  for (const image::Layout* layout : *header.layouts())
    if (layout->record()->string_view() == record) return layout;
  return nullptr;
}

std::uint64_t wordAt(const Bytes& bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

// One field of one record, by the layout that the valid image has.
void mutateField(Bytes& bytes, const MemoryPlace& memory, Random& random) {
  const auto fields = memory.layout->fields();
  const image::Field* field = fields->Get(static_cast<unsigned>(random.below(fields->size())));
  const std::uint64_t start =
      recordStart(random.below(memory.records), memory.layout->bits()) + field->offset();
  std::uint64_t word = wordAt(bytes, memory.firstByte + start / 64 * 8);
  const std::uint64_t old =
      static_cast<std::uint64_t>(readBits({&word, 1}, start % 64, field->width(), false));
  writeBits({&word, 1}, start % 64, field->width(),
            static_cast<std::int64_t>(otherValue(old, field->width(), random)));
  std::memcpy(bytes.data() + memory.firstByte + start / 64 * 8, &word, sizeof word);
}

}  // namespace

std::vector<MemoryPlace> memoriesOf(const Image& image) {
  std::vector<MemoryPlace> places;
  const image::Header& header = image.header();
  auto add = [&](const image::Memory& memory, std::string_view record) {
    if (memory.words() == 0) return;
    const auto* words = reinterpret_cast<const std::uint8_t*>(image.words(memory).data());
    places.push_back({static_cast<std::size_t>(words - image.bytes().data()), memory.words(),
                      memory.records(), layoutOf(header, record)});
  };
  for (const image::Core* core : *header.cores())
    for (const image::Memory* memory : *core->memories()) add(*memory, memory->name()->string_view());
  for (const image::Input* input : *header.inputs()) {
    add(*input->routes(), "route");
    add(*input->route_index(), "");
  }
  return places;
}

void mutateMemory(Bytes& bytes, const std::vector<MemoryPlace>& memories, Random& random) {
  if (memories.empty()) return;
  const MemoryPlace& memory = random.pick(memories);
  if (memory.firstByte + memory.words * 8 > bytes.size()) return;  // cut off by an earlier change
  if (memory.layout && memory.records > 0 && !random.oneIn(4)) return mutateField(bytes, memory, random);
  const std::size_t at = memory.firstByte + random.below(memory.words) * 8;
  const std::uint64_t word = otherValue(wordAt(bytes, at), 64, random);
  std::memcpy(bytes.data() + at, &word, sizeof word);
}

void mutateBytes(Bytes& bytes, Random& random) {
  if (bytes.empty()) return;
  const std::size_t width = std::size_t{1} << random.below(4);
  const std::size_t slots = bytes.size() / width;
  if (slots == 0) return;
  const std::size_t at = random.below(slots) * width;
  std::uint64_t value = 0;
  switch (random.below(8)) {
    case 0:  // FlatBuffers refer to each other by offsets of 4 bytes: another's place or content
      std::memcpy(bytes.data() + at, bytes.data() + random.below(slots) * width, width);
      break;
    case 1:
      if (random.oneIn(4)) bytes.resize(at);
      break;
    case 2:
      if (random.oneIn(4)) bytes.resize(bytes.size() + 8 * random.below(20), 0);
      break;
    default:
      std::memcpy(&value, bytes.data() + at, width);
      value = otherValue(value, static_cast<int>(8 * width), random);
      std::memcpy(bytes.data() + at, &value, width);
  }
}

}  // namespace rheo::fuzz
