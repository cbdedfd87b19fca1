// The primitives of the vector algebra against fixed/Arithmetic.h over all of 32 bits, where models reach but
// a part.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "fixed/Arithmetic.h"
#include "models/AllModels.h"
#include "sim/vector/Algebra-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rheo::vector::HWY_NAMESPACE {
namespace {

using D = hn::CappedTag<std::int32_t, 4>;
using Algebra = VectorAlgebra<D, CurrentOverflow::WrapOnce>;

// The ends of the range, powers of two beside them, small numbers, and any.
std::vector<std::int32_t> numbers() {
  std::vector<std::int32_t> values{0, 1, -1, 2, -3, INT32_MAX, INT32_MIN, INT32_MIN + 1};
  for (int bit = 11; bit < 31; ++bit)
    for (const int near : {-1, 0, 1})
      values.push_back((1 << bit) + near), values.push_back(-(1 << bit) + near);
  std::mt19937 random(3);
  for (int k = 0; k < 150; ++k) values.push_back(static_cast<std::int32_t>(random()));
  return values;
}

// Both applied to every pair of numbers for which `admits` holds.
template <class Admits, class Plain, class Vector>
HWY_ATTR void compare(Admits admits, Plain plain, Vector vector) {
  const std::vector<std::int32_t> values = numbers();
  for (const std::int32_t a : values)
    for (const std::int32_t b : values) {
      if (!admits(a, b)) continue;
      ASSERT_EQ(vector(a, b), plain(a, b)) << a << " and " << b;
    }
}
bool always(std::int32_t, std::int32_t) { return true; }
bool turns(std::int32_t, std::int32_t b) { return std::abs(std::int64_t{b}) <= fixed::kTurnOne; }
bool decays(std::int32_t, std::int32_t b) { return b >= 0 && b <= fixed::kDecayOne; }

// One operation of the algebra on one lane.
#define RHEO_ON_A_LANE(operation)                                           \
  [](std::int32_t a, std::int32_t b) HWY_ATTR {                             \
    const D d;                                                              \
    return hn::GetLane(Algebra(d).operation(hn::Set(d, a), hn::Set(d, b))); \
  }

TEST(VectorAlgebra, n1_decays) { compare(decays, fixed::decay, RHEO_ON_A_LANE(decay)); }
TEST(VectorAlgebra, n19_products) { compare(always, fixed::multiply, RHEO_ON_A_LANE(multiply)); }
TEST(VectorAlgebra, n30_shares_of_a_turn) { compare(turns, fixed::turnShare, RHEO_ON_A_LANE(turnShare)); }

TEST(VectorAlgebra, n30_n17_saturating_sums_and_what_they_count) {
  compare(always, fixed::saturateSum, [](std::int32_t a, std::int32_t b) HWY_ATTR {
    const D d;
    Algebra algebra(d);
    const std::int32_t sum = hn::GetLane(algebra.saturateSum(hn::Set(d, a), hn::Set(d, b)));
    EXPECT_EQ(hn::AllTrue(d, algebra.saturated), std::int64_t{a} + b != sum) << a << " and " << b;
    return sum;
  });
}

TEST(VectorAlgebra, n34_shifted_products) {
  for (const int bits : {1, 13, 31})
    compare(
        always, [bits](std::int32_t a, std::int32_t b) { return fixed::productShifted(a, b, bits); },
        [bits](std::int32_t a, std::int32_t b) HWY_ATTR {
          const D d;
          return hn::GetLane(Algebra(d).productShifted(hn::Set(d, a), hn::Set(d, b), bits));
        });
}

}  // namespace
}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
