// Weights in stored bits, one test per SPEC rule; lists packed and read back.
#include <gtest/gtest.h>

#include "chip/Layout.h"
#include "chip/Synapses.h"

namespace rheo {
namespace {

SynapseFormat formatOf(int bits, SignMode mode, int exponent = 0) {
  SynapseFormat format;
  format.weightBits = bits;
  format.signMode = mode;
  format.exponent = exponent;
  return format;
}

int kept(int weight, const SynapseFormat& format, WeightTruncation rule) {
  const std::int64_t stored = storeWeight(weight, format, rule);
  EXPECT_TRUE(fitsBits(stored, format.weightBits, format.signMode == SignMode::Mixed)) << weight;
  return loadWeight(stored, format);
}

TEST(Weights, w1_w2_weights_outside_their_sign_mode_are_clipped) {
  EXPECT_EQ(kept(300, formatOf(8, SignMode::Mixed), WeightTruncation::Floor), 254);
  EXPECT_EQ(kept(-300, formatOf(8, SignMode::Mixed), WeightTruncation::Floor), -256);
  EXPECT_EQ(kept(300, formatOf(8, SignMode::Excitatory), WeightTruncation::Floor), 255);
  EXPECT_EQ(kept(-5, formatOf(8, SignMode::Excitatory), WeightTruncation::Floor), 0);
  EXPECT_EQ(kept(-300, formatOf(8, SignMode::Inhibitory), WeightTruncation::Floor), -255);
}

TEST(Weights, w3_lava_floors_mixed_and_cuts_one_signed_toward_zero) {
  EXPECT_EQ(kept(5, formatOf(8, SignMode::Mixed), WeightTruncation::Floor), 4);
  EXPECT_EQ(kept(-5, formatOf(8, SignMode::Mixed), WeightTruncation::Floor), -6);
  EXPECT_EQ(kept(-5, formatOf(6, SignMode::Mixed), WeightTruncation::Floor), -8);
  EXPECT_EQ(kept(-7, formatOf(6, SignMode::Inhibitory), WeightTruncation::Floor), -4);
  EXPECT_EQ(kept(7, formatOf(6, SignMode::Excitatory), WeightTruncation::Floor), 4);
}

TEST(Weights, w4_loihi1_cuts_toward_zero) {
  EXPECT_EQ(kept(-5, formatOf(8, SignMode::Mixed), WeightTruncation::TowardZero), -4);
  EXPECT_EQ(kept(-5, formatOf(6, SignMode::Mixed), WeightTruncation::TowardZero), 0);
}

TEST(Weights, w6_exponent_of_each_weight_floors) {
  const SynapseFormat half = formatOf(8, SignMode::Mixed, -1), quarter = formatOf(8, SignMode::Mixed, -2);
  EXPECT_EQ(effectiveWeight(-6, half, WeightExponent::PerWeight), -3);
  EXPECT_EQ(effectiveWeight(-6, quarter, WeightExponent::PerWeight), -2);
  EXPECT_EQ(effectiveWeight(-6, quarter, WeightExponent::OfSum), -6);
  EXPECT_EQ(effectiveWeight(6, formatOf(8, SignMode::Mixed, 2), WeightExponent::PerWeight), 24);
}

TEST(Weights, every_weight_of_every_width_survives_a_second_store) {
  for (const SignMode mode : {SignMode::Mixed, SignMode::Excitatory, SignMode::Inhibitory})
    for (int bits = 1; bits <= 8; ++bits)
      for (int weight = -256; weight <= 255; ++weight)
        for (const WeightTruncation rule : {WeightTruncation::Floor, WeightTruncation::TowardZero}) {
          const SynapseFormat format = formatOf(bits, mode);
          const int once = kept(weight, format, rule);
          ASSERT_EQ(kept(once, format, rule), once) << weight << " in " << bits << " bits";
        }
}

TEST(Lists, i6_synapses_never_cross_a_word_and_lists_start_on_one) {
  SynapseFormat format = formatOf(8, SignMode::Mixed);
  format.delayBits = 3;
  format.indexBits = 10;  // 21 bits: three in a word
  std::vector<std::uint64_t> words;
  const std::vector<ListedSynapse> list{{1000, -256, 7}, {1, 254, 0}, {2, 2, 1}, {3, -2, 2}};
  const auto first = packSynapses(words, list, format, WeightTruncation::Floor);
  const auto second = packSynapses(words, list, format, WeightTruncation::Floor);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, 0u);
  EXPECT_EQ(*second, 2u);
  EXPECT_EQ(words.size(), 4u);
  EXPECT_EQ(readBits(words, 64 * 3, 8, true), -1);  // the fourth synapse begins the next word
  EXPECT_EQ(readBits(words, 64 * 2 + 11, 10, false), 1000);
}

TEST(Lists, r0509_what_does_not_fit_is_refused_and_leaves_no_words) {
  SynapseFormat format = formatOf(8, SignMode::Mixed);
  format.indexBits = 2;
  std::vector<std::uint64_t> words{1};
  EXPECT_FALSE(packSynapses(words, std::vector<ListedSynapse>{{4, 0, 0}}, format, WeightTruncation::Floor));
  EXPECT_FALSE(packSynapses(words, std::vector<ListedSynapse>{{0, 0, 1}}, format, WeightTruncation::Floor));
  format.kind = ListKind::Dense;
  EXPECT_FALSE(packSynapses(words, std::vector<ListedSynapse>{{1, 0, 0}}, format, WeightTruncation::Floor));
  EXPECT_EQ(words, (std::vector<std::uint64_t>{1}));
}

TEST(Records, i2_short_records_share_words_and_long_ones_own_them) {
  RecordWriter shortRecords(makeLayout({"a", {{"x", 20, true}, {"y", 10, false}}}));
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t record = shortRecords.add();
    ASSERT_TRUE(shortRecords.set(record, "x", -i));
    ASSERT_TRUE(shortRecords.set(record, "y", 1000 + i));
  }
  EXPECT_EQ(shortRecords.words().size(), 2u);
  EXPECT_EQ(readBits(shortRecords.words(), 30, 20, true), -1);
  EXPECT_EQ(readBits(shortRecords.words(), 64 + 20, 10, false), 1002);
  EXPECT_FALSE(shortRecords.set(0, "z", 0));
  EXPECT_FALSE(shortRecords.set(0, "y", 1024));
  EXPECT_FALSE(shortRecords.set(0, "y", -1));
  const image::LayoutT longRecord = makeLayout({"b", {{"x", 40, false}, {"y", 40, false}}});
  EXPECT_EQ(longRecord.bits, 128);
  EXPECT_EQ(longRecord.fields[1]->offset, 64);
}

}  // namespace
}  // namespace rheo
