// Reading and writing chip images: frame, checksum, FlatBuffers verifier, bounds of every memory.
#include "chip/Image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "support/File.h"
#include "support/Text.h"

namespace rheo {
namespace {

constexpr char kMagic[8] = {'R', 'H', 'E', 'O', 'I', 'M', 'G', '\0'};
constexpr std::size_t kFrameBytes = 48;
constexpr std::size_t kMajorAt = 8, kMinorAt = 12, kHeaderBytesAt = 16, kBulkBytesAt = 24, kChecksumAt = 32;

template <class T>
T readAt(const std::uint8_t* bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes + offset, sizeof value);
  return value;
}

template <class T>
void writeAt(std::uint8_t* bytes, std::size_t offset, T value) {
  std::memcpy(bytes + offset, &value, sizeof value);
}

// SPEC I1: of everything but itself.
XXH128_hash_t checksumOf(std::span<const std::uint8_t> bytes) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, bytes.data(), kChecksumAt);
  XXH3_128bits_update(&state, bytes.data() + kFrameBytes, bytes.size() - kFrameBytes);
  return XXH3_128bits_digest(&state);
}

void sign(std::vector<std::uint8_t>& bytes) {
  const XXH128_hash_t hash = checksumOf(bytes);
  writeAt(bytes.data(), kChecksumAt, std::uint64_t{hash.low64});
  writeAt(bytes.data(), kChecksumAt + 8, std::uint64_t{hash.high64});
}

constexpr std::size_t kMaxFields = 64;  // of a record; chips have about ten

constexpr std::uint64_t roundUp64(std::uint64_t value) { return (value + 63) / 64 * 64; }

Error imageError(const char* code, const std::string& name, std::string where, std::string message,
                 std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.file = name;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

Error damaged(const std::string& name, std::string message) {
  return imageError("R0504", name, "", std::move(message),
                    "copy the file again or compile the network again");
}

bool isShapeOf(const flatbuffers::Vector<std::int64_t>& shape, std::uint32_t size) {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && product > std::int64_t{UINT32_MAX} / extent)) return false;
    product *= extent;
  }
  return product == size;
}

// SPEC I1.
Status checkFrame(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.size() < sizeof kMagic || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
    return imageError("R0502", name, "", "this is not a chip image",
                      "give a file that `rheobase compile` wrote");
  if (bytes.size() < kFrameBytes)
    return damaged(name, fmt::format("the image ends after {} bytes", bytes.size()));
  const auto major = readAt<std::uint32_t>(bytes.data(), kMajorAt);
  const auto minor = readAt<std::uint32_t>(bytes.data(), kMinorAt);
  if (major != kImageMajor || minor > kImageMinor)
    return imageError("R0503", name, "",
                      fmt::format("the image has format version {}.{}; this program reads {}.0 to {}.{}",
                                  major, minor, kImageMajor, kImageMajor, kImageMinor),
                      "compile the network again with this version, or use the version that wrote the image");
  const auto headerBytes = readAt<std::uint64_t>(bytes.data(), kHeaderBytesAt);
  const auto bulkBytes = readAt<std::uint64_t>(bytes.data(), kBulkBytesAt);
  const std::uint64_t size = bytes.size();
  const bool sizesFit = headerBytes <= size - kFrameBytes && bulkBytes <= size && bulkBytes % 8 == 0 &&
                        roundUp64(kFrameBytes + headerBytes) <= size &&
                        size - roundUp64(kFrameBytes + headerBytes) == bulkBytes;
  if (!sizesFit)
    return damaged(
        name, fmt::format("the file has {} bytes, its frame announces a header of {} and a bulk of {}", size,
                          headerBytes, bulkBytes));
  const XXH128_hash_t hash = checksumOf(bytes);
  if (readAt<std::uint64_t>(bytes.data(), kChecksumAt) != hash.low64 ||
      readAt<std::uint64_t>(bytes.data(), kChecksumAt + 8) != hash.high64)
    return damaged(name, "the checksum does not match the contents");
  return ok();
}

}  // namespace

const image::Layout* findLayout(const image::Header& header, std::string_view record) {
  for (const image::Layout* entry : *header.layouts())
    if (entry->record()->string_view() == record) return entry;
  return nullptr;
}

const image::Memory* findMemory(const image::Core& core, std::string_view name) {
  for (const image::Memory* entry : *core.memories())
    if (entry->name()->string_view() == name) return entry;
  return nullptr;
}

// Checks that need the insides of an Image.
struct ImageReader {
  const Image& image;
  const std::string& name;
  std::uint64_t bulkBytes;

  struct Extent {
    std::uint64_t begin, end;
    std::string owner;
  };
  std::vector<Extent> extents;

  const image::Layout* layout(std::string_view record) const { return findLayout(image.header(), record); }

  // FlatBuffers' verifier looks at the length before the elements, which need not be aligned as they are.
  Status checkAlignment() const {
    bool aligned = true;
    auto check = [&](const auto* vector) {
      aligned = aligned && reinterpret_cast<std::uintptr_t>(vector->Data()) % 8 == 0;
    };
    const image::Header& header = image.header();
    for (const image::Population* population : *header.populations()) {
      check(population->shape());
      for (const image::Scale* scale : *population->scales()) check(scale->values());
    }
    for (const image::Input* input : *header.inputs()) check(input->shape());
    for (const image::Output* output : *header.outputs()) check(output->shape());
    if (aligned) return ok();
    return imageError("R0505", name, "", "numbers of the header are not aligned",
                      "compile the network again");
  }

  // Names and notes go into messages and reports. What a person wrote may have lines; a name may not.
  Status checkTexts() const {
    bool plain = true;
    auto name = [&](const flatbuffers::String* text) {
      plain = plain && (!text || isPlainText(text->string_view()));
    };
    auto lines = [&](const flatbuffers::String* text) {
      plain = plain && (!text || isPlainText(text->string_view(), true));
    };
    const image::Header& header = image.header();
    for (const auto* text : {header.generator(), header.network(), header.chip(), header.profile()})
      name(text);
    lines(header.quantization());
    for (const image::Layout* entry : *header.layouts()) {
      name(entry->record());
      for (const image::Field* field : *entry->fields()) name(field->name());
    }
    for (const image::Core* core : *header.cores())
      for (const image::Memory* memory : *core->memories()) name(memory->name());
    for (const image::Population* population : *header.populations()) {
      name(population->name()), name(population->model());
      for (const image::Scale* scale : *population->scales()) name(scale->state());
    }
    for (const image::Input* input : *header.inputs())
      name(input->name()), name(input->routes()->name()), name(input->route_index()->name());
    for (const image::Output* output : *header.outputs()) {
      name(output->name());
      for (const image::OutputPart* part : *output->parts()) name(part->state());
    }
    for (const image::Range* range : *header.ranges()) name(range->state()), lines(range->note());
    for (const image::Assumption* entry : *header.assumptions())
      for (const auto* text : {entry->what(), entry->value(), entry->why(), entry->how_to_change()})
        lines(text);
    for (const image::Limit* limit : *header.limits())
      for (const auto* text : {limit->name(), limit->unit(), limit->source()}) lines(text);
    if (plain) return ok();
    return imageError("R0505", this->name, "", "a name or a note is not UTF-8 or has control characters",
                      "compile the network again");
  }

  // Populations are looked up by their numbers, recordings cut by shapes: neither is asked again.
  Status checkPopulations() const {
    const image::Header& header = image.header();
    const auto& populations = *header.populations();
    auto bad = [&](std::string where, std::string message) {
      return imageError("R0508", name, std::move(where), std::move(message), "compile the network again");
    };
    auto isNone = [&](std::uint32_t population) { return population >= populations.size(); };
    auto none = [&](std::string where, std::uint32_t population) {
      return bad(std::move(where), fmt::format("population {} of {}", population, populations.size()));
    };
    auto other = [&](std::string where, const auto& shape, std::uint32_t size) {
      return bad(std::move(where), fmt::format("the shape [{}] is not one of {} elements",
                                               fmt::join(shape.begin(), shape.end(), ", "), size));
    };
    for (const image::Population* p : populations)
      if (!isShapeOf(*p->shape(), p->size()))
        return other(fmt::format("population '{}'", p->name()->str()), *p->shape(), p->size());
    for (const image::Input* input : *header.inputs())
      if (!isShapeOf(*input->shape(), input->size()))
        return other(fmt::format("input '{}'", input->name()->str()), *input->shape(), input->size());
    for (const image::Output* output : *header.outputs())
      for (const image::OutputPart* part : *output->parts()) {
        const std::string where = fmt::format("output '{}'", output->name()->str());
        if (isNone(part->population())) return none(where, part->population());
        const std::uint32_t size = populations.Get(part->population())->size();
        if (!isShapeOf(*output->shape(), size)) return other(where, *output->shape(), size);
      }
    for (const image::Range* range : *header.ranges())
      if (isNone(range->population()))
        return none(fmt::format("range of '{}'", range->state()->str()), range->population());
    for (const image::Core* core : *header.cores())
      for (const image::Slice* slice : *core->slices())
        if (isNone(slice->population())) return none(fmt::format("core {}", core->id()), slice->population());
    return ok();
  }

  // SPEC I2: fields inside their record, records inside words.
  Status checkLayouts() const {
    std::set<std::string_view> records;
    for (const image::Layout* entry : *image.header().layouts()) {
      const std::string record = entry->record()->str();
      auto bad = [&](std::string message) {
        return imageError("R0505", name, fmt::format("layout '{}'", record), std::move(message),
                          "compile the network again");
      };
      if (!records.insert(entry->record()->string_view()).second) return bad("the record has two layouts");
      if (entry->bits() == 0) return bad("a record has no bits");
      if (entry->bits() > 64 && entry->bits() % 64 != 0)
        return bad(fmt::format("a record has {} bits, beyond 64 and no multiple of it", entry->bits()));
      // Fields are looked up by name, record by record.
      if (entry->fields()->size() > kMaxFields)
        return bad(
            fmt::format("a record has {} fields; at most {} are read", entry->fields()->size(), kMaxFields));
      std::set<std::string_view> fields;
      for (const image::Field* field : *entry->fields()) {
        const int width = field->width(), offset = field->offset();
        if (width < 1 || width > 64 || offset % 64 + width > 64 || offset + width > entry->bits())
          return bad(fmt::format("field '{}' of {} bits at {} leaves the record of {} bits",
                                 field->name()->str(), width, offset, entry->bits()));
        if (!fields.insert(field->name()->string_view()).second)
          return bad(fmt::format("field '{}' occurs twice", field->name()->str()));
      }
    }
    return ok();
  }

  // SPEC I3: a memory lies inside the bulk part and holds the records that it claims.
  Status checkMemory(const image::Memory& memory, const std::string& owner, std::string_view record) {
    const std::string where = fmt::format("{}, memory '{}'", owner, memory.name()->str());
    auto bad = [&](std::string message) {
      return imageError("R0506", name, where, std::move(message), "compile the network again");
    };
    if (memory.offset() % 64 != 0 || memory.offset() > bulkBytes ||
        memory.words() > (bulkBytes - memory.offset()) / 8)
      return bad(fmt::format("{} words at byte {} leave the bulk part of {} bytes", memory.words(),
                             memory.offset(), bulkBytes));
    if (const image::Layout* entry = layout(record)) {
      const std::uint64_t perWord = entry->bits() > 64 ? 1 : 64 / entry->bits();
      // Bounded first, so that the exact figure below cannot overflow.
      if (memory.records() > memory.words() * perWord ||
          wordsOfRecords(memory.records(), entry->bits()) > memory.words())
        return bad(fmt::format("{} records do not fit {} words", memory.records(), memory.words()));
    }
    if (memory.words() > 0) extents.push_back({memory.offset(), memory.offset() + memory.words() * 8, where});
    return ok();
  }

  Status checkMemories() {
    const image::Header& header = image.header();
    for (const image::Core* core : *header.cores()) {
      const std::string owner = fmt::format("core {}", core->id());
      std::set<std::string_view> names;
      for (const image::Memory* memory : *core->memories()) {
        if (Status status = checkMemory(*memory, owner, memory->name()->string_view()); !status)
          return status;
        if (!names.insert(memory->name()->string_view()).second)
          return imageError("R0506", name, owner,
                            fmt::format("memory '{}' occurs twice", memory->name()->str()),
                            "compile the network again");
      }
    }
    for (const image::Input* input : *header.inputs()) {
      const std::string owner = fmt::format("input '{}'", input->name()->str());
      if (Status status = checkMemory(*input->routes(), owner, "route"); !status) return status;
      if (Status status = checkMemory(*input->route_index(), owner, ""); !status) return status;
    }
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < extents.size(); ++i)
      if (extents[i].begin < extents[i - 1].end)
        return imageError("R0506", name, extents[i].owner, fmt::format("overlaps {}", extents[i - 1].owner),
                          "compile the network again");
    return ok();
  }

  static Expected<Image> parse(std::vector<std::uint8_t> bytes, const std::string& name) {
    if (Status status = checkFrame(bytes, name); !status) return std::move(status).error();
    Image image;
    image.bytes_ = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
    const auto headerBytes = readAt<std::uint64_t>(image.bytes_->data(), kHeaderBytesAt);
    const auto bulkBytes = readAt<std::uint64_t>(image.bytes_->data(), kBulkBytesAt);
    const bool headerSize = headerBytes < FLATBUFFERS_MAX_BUFFER_SIZE;
    if (headerSize) {
      flatbuffers::Verifier verifier(image.headerBytes(), static_cast<std::size_t>(headerBytes), 64,
                                     100'000'000);
      if (image::VerifyHeaderBuffer(verifier)) {
        ImageReader reader{image, name, bulkBytes, {}};
        if (Status status = reader.checkAlignment(); !status) return std::move(status).error();
        if (Status status = reader.checkTexts(); !status) return std::move(status).error();
        if (Status status = reader.checkPopulations(); !status) return std::move(status).error();
        if (Status status = reader.checkLayouts(); !status) return std::move(status).error();
        if (Status status = reader.checkMemories(); !status) return std::move(status).error();
        return image;
      }
    }
    return imageError("R0505", name, "", "the image's header is not well-formed",
                      "compile the network again");
  }
};

const std::uint8_t* Image::headerBytes() const { return bytes_->data() + kFrameBytes; }

std::span<const std::uint64_t> Image::words(const image::Memory& memory) const {
  const std::uint64_t bulk = roundUp64(kFrameBytes + readAt<std::uint64_t>(bytes_->data(), kHeaderBytesAt));
  // Vectors come from operator new, so their first byte is aligned for every fundamental type.
  return {reinterpret_cast<const std::uint64_t*>(bytes_->data() + bulk + memory.offset()),
          static_cast<std::size_t>(memory.words())};
}

Image Image::withWord(const image::Memory& memory, std::uint64_t word, std::uint64_t value) const {
  auto changed = std::make_shared<std::vector<std::uint8_t>>(*bytes_);
  const auto at = reinterpret_cast<const std::uint8_t*>(words(memory).data() + word) - bytes_->data();
  writeAt(changed->data(), static_cast<std::size_t>(at), value);
  sign(*changed);
  Image image;
  image.bytes_ = std::move(changed);
  return image;
}

Expected<Image> Image::parse(std::vector<std::uint8_t> bytes, const std::string& name) {
  return ImageReader::parse(std::move(bytes), name);
}

Expected<Image> Image::load(const std::string& path) {
  Expected<std::vector<std::uint8_t>> bytes = readFile(path);
  if (!bytes) return std::move(bytes).error();
  return parse(*std::move(bytes), path);
}

Status Image::save(const std::string& path) const { return writeFileAtomically(path, *bytes_); }

image::MemoryT ImageWriter::addMemory(std::string name, std::span<const std::uint64_t> words,
                                      std::uint64_t records) {
  bulk_.resize((bulk_.size() + 7) / 8 * 8, 0);  // every memory starts on 64 bytes
  image::MemoryT memory;
  memory.name = std::move(name);
  memory.offset = bulk_.size() * 8;
  memory.words = words.size();
  memory.records = records;
  bulk_.insert(bulk_.end(), words.begin(), words.end());
  return memory;
}

Expected<Image> ImageWriter::finish() const {
  flatbuffers::FlatBufferBuilder builder(1 << 16);
  image::FinishHeaderBuffer(builder, image::Header::Pack(builder, &header));
  const std::uint64_t headerBytes = builder.GetSize();
  const std::uint64_t bulkStart = roundUp64(kFrameBytes + headerBytes);
  std::vector<std::uint8_t> bytes(bulkStart + bulk_.size() * 8, 0);
  std::memcpy(bytes.data(), kMagic, sizeof kMagic);
  writeAt(bytes.data(), kMajorAt, kImageMajor);
  writeAt(bytes.data(), kMinorAt, kImageMinor);
  writeAt(bytes.data(), kHeaderBytesAt, headerBytes);
  writeAt(bytes.data(), kBulkBytesAt, std::uint64_t{bulk_.size() * 8});
  std::memcpy(bytes.data() + kFrameBytes, builder.GetBufferPointer(), headerBytes);
  if (!bulk_.empty()) std::memcpy(bytes.data() + bulkStart, bulk_.data(), bulk_.size() * 8);
  sign(bytes);
  return Image::parse(std::move(bytes), "new image");
}

}  // namespace rheo
