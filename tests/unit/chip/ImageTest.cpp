// The file frame of images: what is written is read back, what is damaged is refused with one Error.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <random>

#include "chip/Image.h"
#include "chip/Program.h"
#include "support/RandomProgram.h"
#include "support/Rewrite.h"

namespace rheo {
namespace {

std::vector<std::uint8_t> bytesOf(const Image& image) { return {image.bytes().begin(), image.bytes().end()}; }

TEST(Image, i1_round_trip_through_a_file) {
  const Image image = test::makeRandomImage(1);
  const std::string path = testing::TempDir() + "/round_trip_" + std::to_string(::getpid()) + ".rheo";
  ASSERT_TRUE(image.save(path));
  const Expected<Image> loaded = Image::load(path);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(bytesOf(*loaded), bytesOf(image));
  std::remove(path.c_str());
}

TEST(Image, i1_same_content_same_bytes) {
  EXPECT_EQ(bytesOf(test::makeRandomImage(7)), bytesOf(test::makeRandomImage(7)));
}

TEST(Image, i1_every_flipped_byte_of_the_frame_is_refused) {
  const std::vector<std::uint8_t> bytes = bytesOf(test::makeRandomImage(2));
  for (std::size_t i = 0; i < 48; ++i)
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::vector<std::uint8_t> damaged = bytes;
      damaged[i] ^= static_cast<std::uint8_t>(mask);
      EXPECT_FALSE(Image::parse(damaged, "damaged")) << "byte " << i;
    }
}

TEST(Image, i1_every_truncation_is_refused) {
  const std::vector<std::uint8_t> bytes = bytesOf(test::makeRandomImage(3, {1, 3, 1}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Image::parse({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, "cut"))
        << size;
  std::vector<std::uint8_t> longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(Image::parse(longer, "longer"));
}

std::string codeOf(std::vector<std::uint8_t> bytes) {
  const Expected<Image> image = Image::parse(std::move(bytes), "x");
  return image ? "" : image.error().diagnostics.front().code;
}

TEST(Image, i1_versions) {
  std::vector<std::uint8_t> bytes = bytesOf(test::makeRandomImage(2));
  bytes[8] = kImageMajor + 1;
  EXPECT_EQ(codeOf(bytes), "R0503");
  bytes[8] = kImageMajor;
  bytes[12] = kImageMinor + 1;
  EXPECT_EQ(codeOf(bytes), "R0503");
  EXPECT_EQ(codeOf({}), "R0502");
  EXPECT_EQ(codeOf({'H', 'D', 'F', '5', 0, 0, 0, 0, 0}), "R0502");
}

TEST(Image, r0501_missing_file) {
  const Expected<Image> image = Image::load("/nonexistent/x.rheo");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().diagnostics.front().code, "R0501");
}

// The checksum repaired, so that the damage reaches the verifier and the decoder.
std::vector<std::uint8_t> repaired(std::vector<std::uint8_t> bytes);

}  // namespace
}  // namespace rheo

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace rheo {
namespace {

std::vector<std::uint8_t> repaired(std::vector<std::uint8_t> bytes) {
  std::vector<std::uint8_t> others = bytes;
  others.erase(others.begin() + 32, others.begin() + 48);
  const XXH128_hash_t hash = XXH3_128bits(others.data(), others.size());
  std::memcpy(bytes.data() + 32, &hash.low64, 8);
  std::memcpy(bytes.data() + 40, &hash.high64, 8);
  return bytes;
}

// Every byte is under the checksum: the header's length too, though a few bytes more would still fit.
TEST(Image, i1_any_changed_byte_is_noticed) {
  const std::vector<std::uint8_t> good = bytesOf(test::makeRandomImage(3, {3, 6, 2}));
  ASSERT_TRUE(Image::parse(repaired(good), "good"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::vector<std::uint8_t> bytes = good;
    bytes[at] ^= 1;
    EXPECT_FALSE(Image::parse(std::move(bytes), "changed")) << "byte " << at;
  }
}

// FlatBuffers' verifier checks where a vector's length lies, not where its elements do.
TEST(Image, r0505_numbers_of_the_header_are_aligned) {
  const Expected<Image> image = test::rewrite(test::makeRandomImage(2), [](image::HeaderT& header) {
    header.populations[0]->shape = {1, 1, 1, header.populations[0]->size};
  });
  ASSERT_TRUE(image);
  std::vector<std::uint8_t> bytes = bytesOf(*image);
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(image->header().populations()->Get(0));
  const std::uint8_t* reference = table->GetAddressOf(image::Population::VT_SHAPE);
  ASSERT_NE(reference, nullptr);
  // Four bytes on, the low half of the first element is read as a length: one element, 4 bytes off.
  bytes[static_cast<std::size_t>(reference - image->bytes().data())] += 4;
  EXPECT_EQ(codeOf(repaired(std::move(bytes))), "R0505");
}

// Whoever reads a header looks populations up and reshapes recordings without a check of his own.
TEST(Image, r0508_populations_are_there_and_shapes_hold_them) {
  const Image image = test::makeRandomImage(2);
  const auto edit = [&](const test::EditHeader& change) {
    const Expected<Image> changed = test::rewrite(image, change);
    return changed ? "" : changed.error().diagnostics.front().code;
  };
  const auto addRange = [](image::HeaderT& header, std::uint32_t population) {
    auto& range = header.ranges.emplace_back(std::make_unique<image::RangeT>());
    range->population = population;
    range->state = "v";
  };
  const std::uint32_t count = image.header().populations()->size();
  EXPECT_EQ(edit([&](image::HeaderT& header) { addRange(header, count - 1); }), "");
  EXPECT_EQ(edit([&](image::HeaderT& header) { addRange(header, count); }), "R0508");
  EXPECT_EQ(edit([&](image::HeaderT& header) { header.cores[0]->slices[0]->population = count; }), "R0508");
  EXPECT_EQ(edit([&](image::HeaderT& header) { header.outputs[0]->parts[0]->population = 1u << 31; }),
            "R0508");
  using Shape = std::vector<std::int64_t>;
  const std::initializer_list<std::function<Shape&(image::HeaderT&)>> shapes = {
      [](image::HeaderT& header) -> Shape& { return header.populations[0]->shape; },
      [](image::HeaderT& header) -> Shape& { return header.inputs[0]->shape; },
      [](image::HeaderT& header) -> Shape& { return header.outputs[0]->shape; }};
  for (const auto& shape : shapes) {
    EXPECT_EQ(edit([&](image::HeaderT& header) { shape(header).push_back(1); }), "");
    EXPECT_EQ(edit([&](image::HeaderT& header) { shape(header).push_back(2); }), "R0508");
    EXPECT_EQ(edit([&](image::HeaderT& header) { shape(header)[0] *= -1, shape(header).push_back(-1); }),
              "R0508");
    EXPECT_EQ(edit([&](image::HeaderT& header) {
                shape(header).insert(shape(header).end(), {std::int64_t{1} << 32, std::int64_t{1} << 32});
              }),
              "R0508");
  }
}

TEST(Image, hostile_bytes_under_a_true_checksum_never_crash) {
  std::mt19937_64 random(5);
  int refused = 0, accepted = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<std::uint8_t> bytes =
        bytesOf(test::makeRandomImage(static_cast<std::uint64_t>(trial % 20), {3, 6, 2}));
    const int edits = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < edits; ++i)
      bytes[48 + random() % (bytes.size() - 48)] ^= static_cast<std::uint8_t>(1u << random() % 8);
    const Expected<Image> image = Image::parse(repaired(std::move(bytes)), "hostile");
    const bool decoded = image && decode(*image);
    ++(decoded ? accepted : refused);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace rheo
