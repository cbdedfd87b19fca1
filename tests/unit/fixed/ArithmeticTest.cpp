// The fixed-point functions at their edges, one test per SPEC rule.
#include <gtest/gtest.h>

#include "fixed/Arithmetic.h"

namespace rheo::fixed {
namespace {

TEST(Arithmetic, n1_decay_rounds_toward_zero) {
  EXPECT_EQ(decay(100, 163), 96);    // 96.02
  EXPECT_EQ(decay(-100, 163), -96);  // floor would give -97
  EXPECT_EQ(decay(1, 1), 0);
  EXPECT_EQ(decay(-1, 1), 0);
  EXPECT_EQ(decay(kStateMax, 0), kStateMax);
  EXPECT_EQ(decay(kStateMax, kDecayOne), 0);
}

TEST(Arithmetic, n2_input_enters_six_bits_up) {
  EXPECT_EQ(align(1), 64);
  EXPECT_EQ(align(-3), -192);
}

TEST(Arithmetic, n4_wrap_once_keeps_the_upper_end) {
  EXPECT_EQ(wrapOnce(kHalfPeriod), kHalfPeriod);
  EXPECT_EQ(wrapOnce(kHalfPeriod + 1), -kHalfPeriod + 1);
  EXPECT_EQ(wrapOnce(-kHalfPeriod), kHalfPeriod);
  EXPECT_EQ(wrapOnce(-kHalfPeriod + 1), -kHalfPeriod + 1);
}

TEST(Arithmetic, n5_wrap_twos_keeps_the_lower_end) {
  EXPECT_EQ(wrapTwos(kHalfPeriod), -kHalfPeriod);
  EXPECT_EQ(wrapTwos(-kHalfPeriod), -kHalfPeriod);
  EXPECT_EQ(wrapTwos(kHalfPeriod - 1), kHalfPeriod - 1);
}

TEST(Arithmetic, n7_membrane_saturates_symmetrically) {
  EXPECT_EQ(saturate(kStateMax + 1), kStateMax);
  EXPECT_EQ(saturate(-kStateMax - 1), -kStateMax);
}

TEST(Arithmetic, n8_bias_shifts_left_or_floors) {
  EXPECT_EQ(bias(3, 2), 12);
  EXPECT_EQ(bias(-3, -1), -2);
}

TEST(Arithmetic, n30_shares_of_a_turn_round_toward_zero) {
  EXPECT_EQ(turnShare(-3, kTurnOne / 2), -1);
  EXPECT_EQ(turnShare(-3, -kTurnOne / 2), 1);
  EXPECT_EQ(turnShare(kStateMax, kTurnOne), kStateMax);
  EXPECT_EQ(turnShare(INT32_MIN, kTurnOne), INT32_MIN);
  EXPECT_EQ(turnShare(INT32_MIN, -kTurnOne), INT32_MIN);  // N19
}

TEST(Arithmetic, n30_sums_saturate_without_an_overflow_on_the_way) {
  EXPECT_EQ(saturateSum(kStateMax, 1), kStateMax);
  EXPECT_EQ(saturateSum(INT32_MAX, INT32_MAX), kStateMax);
  EXPECT_EQ(saturateSum(INT32_MIN, INT32_MIN), -kStateMax);
  EXPECT_EQ(saturateSum(INT32_MIN, INT32_MAX), -1);
}

TEST(Arithmetic, n34_products_are_shifted_with_all_their_bits) {
  EXPECT_EQ(productShifted(1 << 20, 1 << 20, 13), 1 << 27);
  EXPECT_EQ(productShifted(-3, 1, 1), -2);
  EXPECT_EQ(productShifted(INT32_MIN, INT32_MIN, 31), INT32_MIN);  // N19
}

TEST(Arithmetic, n9_threshold_is_strict) {
  EXPECT_FALSE(fires(64, 64));
  EXPECT_TRUE(fires(65, 64));
}

TEST(Arithmetic, n10_e1_e2_resets) {
  EXPECT_EQ(reset(true, 100, 0, 0), 0);
  EXPECT_EQ(reset(true, 100, 0, -7), 7);
  EXPECT_EQ(reset(true, 100, -1, 64), 36);
  EXPECT_EQ(reset(false, 100, 0, 0), 100);
}

TEST(Arithmetic, n19_products_keep_their_low_bits) {
  EXPECT_EQ(multiply(1 << 16, 1 << 15), INT32_MIN);
  EXPECT_EQ(multiply(-(1 << 16), (1 << 16) + 1), -(1 << 16));
  EXPECT_EQ(multiply(INT32_MIN, INT32_MIN), 0);
}

TEST(Arithmetic, w5_exponent_of_the_sum_floors) {
  EXPECT_EQ(shiftSum(-3, -1), -2);
  EXPECT_EQ(shiftSum(-3, 1), -6);
}

}  // namespace
}  // namespace rheo::fixed
