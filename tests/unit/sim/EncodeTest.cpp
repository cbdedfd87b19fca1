// The encoders, one test per SPEC rule.
#include <gtest/gtest.h>

#include <numeric>

#include "sim/Encode.h"
#include "support/Philox.h"

namespace rheo {
namespace {

TEST(Encode, d1_rate_follows_the_level) {
  const std::vector<std::uint8_t> levels{0, 51, 255};
  const auto input = encode({Encoder::Kind::Rate, 10000, 3}, levels, 1, 3);
  ASSERT_TRUE(input);
  int counts[3] = {};
  for (std::size_t i = 0; i < input->inputs[0].narrow.size(); ++i)
    counts[i % 3] += input->inputs[0].narrow[i];
  EXPECT_EQ(counts[0], 0);
  EXPECT_NEAR(counts[1], 2000, 160);  // four standard deviations
  EXPECT_EQ(counts[2], 10000);
  const std::uint64_t word = philox({1, 77, 0, 0}, {3, 0})[0];
  EXPECT_EQ(input->inputs[0].narrow[77 * 3 + 1], word * 255 < std::uint64_t{51} << 32);
}

TEST(Encode, d1_pieces_give_the_spikes_of_the_whole) {
  std::vector<std::uint8_t> levels(40);
  std::iota(levels.begin(), levels.end(), 100);
  const Encoder encoder{Encoder::Kind::Rate, 20, 9};
  const auto whole = encode(encoder, levels, 4, 10);
  const auto second = encode(encoder, std::span(levels).subspan(20), 2, 10, 2);
  ASSERT_TRUE(whole && second);
  const auto& all = whole->inputs[0].narrow;
  EXPECT_TRUE(std::equal(all.begin() + 400, all.end(), second->inputs[0].narrow.begin()));
}

TEST(Encode, d2_current_accumulates_and_resets_above_255) {
  const auto input = encode({Encoder::Kind::Current, 6, 0}, std::vector<std::uint8_t>{100, 255}, 1, 2);
  ASSERT_TRUE(input);
  // 100, 200, 300 > 255; 255 is not above 255, 510 is.
  EXPECT_EQ(input->inputs[0].narrow, (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1}));
}

TEST(Encode, d3_latency_brighter_is_earlier) {
  const auto input = encode({Encoder::Kind::Latency, 4, 0}, std::vector<std::uint8_t>{255, 128, 1, 0}, 1, 4);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->inputs[0].narrow,
            (std::vector<std::uint8_t>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
}

TEST(Encode, r0606_texts) {
  const auto rate = parseEncoder("rate:100,7");
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->steps, 100);
  EXPECT_EQ(rate->seed, 7u);
  EXPECT_TRUE(parseEncoder("rate:100"));
  EXPECT_TRUE(parseEncoder("latency:16"));
  for (const char* text : {"", "rate", "rate:", "rate:0", "rate:-1", "rate:10,", "rate:10,x", "current:5,1",
                           "poisson:10", "rate:99999999999999999999", "current:5x"})
    EXPECT_FALSE(parseEncoder(text)) << text;
}

TEST(Encode, r0601_sizes) {
  EXPECT_FALSE(encode({Encoder::Kind::Rate, 5, 0}, std::vector<std::uint8_t>(5), 2, 3));
}

}  // namespace
}  // namespace rheo
