// Steps of programs in plain integers against their rules written down once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fixed/IntegerAlgebra.h"
#include "models/AllModels.h"

namespace rheo::fixed {
namespace {

namespace steps {
#include "models/AllSteps.inc"
}  // namespace steps

// SPEC N34 with its table from the formula.
std::int32_t inverseRoot(std::int64_t a) {
  if (a <= 0) return 0;
  std::int64_t b = std::min<std::int64_t>(a, (1 << 24) - 1);
  int m = 0;
  while (b >> (m + 1)) ++m;
  std::int64_t factor = 2 * static_cast<std::int64_t>(4096 / (std::pow(2.0, (m - 12) / 2.0) * 1.238982962));
  std::int64_t y = factor / 2;
  for (int round = 0; round < 5; ++round) {
    b = ((b * factor >> 13) * factor) >> 13;
    factor = 3 * 4096 - b;
    y = y * factor >> 13;
  }
  return static_cast<std::int32_t>(y);
}

std::int32_t sentRoot(std::int32_t a) {
  IntegerAlgebra algebra;
  std::int32_t state = 0;
  return steps::inv_sqrt::step(algebra, &state, &a, nullptr);
}

TEST(Steps, n34_inverse_square_roots_of_all_24_bits) {
  double worst = 0;
  for (std::int32_t a = -4; a < 1 << 24; a += a < 1 << 16 ? 1 : 7) {
    ASSERT_EQ(sentRoot(a), inverseRoot(a)) << a;
    if (a > 0) worst = std::max(worst, std::abs(sentRoot(a) - 4096 / std::sqrt(a / 4096.0)));
  }
  EXPECT_LT(worst, 2000);  // a sum of 1 is far below what 12 bits hold: 264045, not 262144
  for (const std::int32_t a : {(1 << 24) - 1, 1 << 24, INT32_MAX, INT32_MIN})
    EXPECT_EQ(sentRoot(a), inverseRoot(a));
}

}  // namespace
}  // namespace rheo::fixed
