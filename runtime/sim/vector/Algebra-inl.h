// The vector algebra that reads step.h: SPEC N1 to N10 on vectors of int32, bit for bit the functions of
// fixed/Arithmetic.h. Included once for each instruction set.
#if defined(RHEO_VECTOR_ALGEBRA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RHEO_VECTOR_ALGEBRA_INL_H_
#undef RHEO_VECTOR_ALGEBRA_INL_H_
#else
#define RHEO_VECTOR_ALGEBRA_INL_H_
#endif

#include <hwy/highway.h>

#include "fixed/Arithmetic.h"

HWY_BEFORE_NAMESPACE();
namespace rheo::vector::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, CurrentOverflow kRule>
class VectorAlgebra {
 public:
  using Int = hn::Vec<D>;
  using Spike = hn::Mask<D>;

  explicit VectorAlgebra(D tag) : d(tag) {}

  D d;
  Spike wrapped = hn::MaskFromVec(hn::Zero(D()));
  Spike saturated = hn::MaskFromVec(hn::Zero(D()));

  // SPEC N1.
  HWY_INLINE Int decay(Int x, Int decay12) const {
    const Int keep = hn::Sub(hn::Set(d, fixed::kDecayOne), decay12);
    return share<fixed::kDecayBits>(x, keep, hn::Lt(x, hn::Zero(d)));
  }
  // SPEC N30.
  HWY_INLINE Int turnShare(Int x, Int factor) const {
    return share<fixed::kTurnBits>(x, hn::Abs(factor), hn::Lt(hn::Xor(x, factor), hn::Zero(d)));
  }
  HWY_INLINE Int constant(std::int32_t value) const { return hn::Set(d, value); }
  // SPEC N19.
  HWY_INLINE Int add(Int a, Int b) const { return hn::Add(a, b); }
  HWY_INLINE Int sub(Int a, Int b) const { return hn::Sub(a, b); }
  HWY_INLINE Int multiply(Int a, Int b) const { return hn::Mul(a, b); }
  // SPEC N34. The upper half of a product without 64-bit lanes: from halves of 16 bits, as if nothing had a
  // sign; a negative factor then takes the other one away. 1 to 31 bits.
  HWY_INLINE Int productShifted(Int a, Int b, int bits) const {
    const hn::RebindToUnsigned<D> du;
    const auto mask = hn::Set(du, 0xFFFFu);
    const auto x = hn::BitCast(du, a), y = hn::BitCast(du, b);
    const auto xLow = hn::And(x, mask), yLow = hn::And(y, mask);
    const auto xHigh = hn::ShiftRight<16>(x), yHigh = hn::ShiftRight<16>(y);
    const auto middle = hn::Add(hn::Mul(xHigh, yLow), hn::ShiftRight<16>(hn::Mul(xLow, yLow)));
    const auto other = hn::Add(hn::Mul(xLow, yHigh), hn::And(middle, mask));
    const auto high =
        hn::Add(hn::Add(hn::Mul(xHigh, yHigh), hn::ShiftRight<16>(middle)), hn::ShiftRight<16>(other));
    const Int upper = hn::Sub(hn::Sub(hn::BitCast(d, high), hn::And(hn::BroadcastSignBit(a), b)),
                              hn::And(hn::BroadcastSignBit(b), a));
    const auto lower = hn::ShiftRightSame(hn::Mul(x, y), bits);
    return hn::BitCast(d, hn::Or(lower, hn::ShiftLeftSame(hn::BitCast(du, upper), 32 - bits)));
  }
  HWY_INLINE Int shiftLeft(Int x, Int bits) const { return hn::Shl(x, shiftBy(bits)); }
  HWY_INLINE Int shiftRight(Int x, Int bits) const { return hn::Shr(x, shiftBy(bits)); }
  HWY_INLINE Int abs(Int x) const { return hn::Abs(x); }
  HWY_INLINE Int cycle(Int x, Int period) const {  // SPEC N20
    const Int next = hn::Add(x, hn::Set(d, 1));
    return select(atLeast(next, period), hn::Zero(d), next);
  }
  HWY_INLINE Int select(Spike condition, Int yes, Int no) const { return hn::IfThenElse(condition, yes, no); }
  HWY_INLINE Spike atLeast(Int a, Int b) const { return hn::Not(hn::Lt(a, b)); }
  HWY_INLINE Spike equal(Int a, Int b) const { return hn::Eq(a, b); }
  HWY_INLINE Spike both(Spike a, Spike b) const { return hn::And(a, b); }
  HWY_INLINE Spike unless(Spike a, Spike b) const { return hn::AndNot(b, a); }
  HWY_INLINE Int align(Int input) const { return hn::ShiftLeft<fixed::kAlignBits>(input); }  // SPEC N2

  // SPEC N4, N5.
  HWY_INLINE Int wrapCurrent(Int x) {
    if constexpr (kRule == CurrentOverflow::WrapOnce) {
      const Int period = hn::Set(d, fixed::kPeriod);
      const Spike above = hn::Gt(x, hn::Set(d, fixed::kHalfPeriod));
      const Spike below = hn::Lt(x, hn::Set(d, 1 - fixed::kHalfPeriod));
      wrapped = hn::Or(wrapped, hn::Or(above, below));
      return hn::Add(hn::Sub(x, hn::IfThenElseZero(above, period)), hn::IfThenElseZero(below, period));
    } else {
      const Int result = hn::ShiftRight<8>(hn::ShiftLeft<8>(x));
      wrapped = hn::Or(wrapped, hn::Ne(result, x));
      return result;
    }
  }
  // SPEC N7.
  HWY_INLINE Int saturate(Int x) {
    const Int limit = hn::Set(d, fixed::kStateMax);
    const Int result = hn::Max(hn::Min(x, limit), hn::Neg(limit));
    saturated = hn::Or(saturated, hn::Ne(result, x));
    return result;
  }
  // SPEC N30. A sum of 32 bits has overflowed where both terms have the sign that it lacks.
  HWY_INLINE Int saturateSum(Int a, Int b) {
    const Int limit = hn::Set(d, fixed::kStateMax);
    const Int sum = hn::Add(a, b);
    const Spike overflows = hn::Lt(hn::And(hn::Xor(a, sum), hn::Xor(b, sum)), hn::Zero(d));
    const Int end = hn::IfThenElse(hn::Lt(a, hn::Zero(d)), hn::Neg(limit), limit);
    const Int clipped = hn::Max(hn::Min(sum, limit), hn::Neg(limit));
    saturated = hn::Or(saturated, hn::Or(overflows, hn::Ne(clipped, sum)));
    return hn::IfThenElse(overflows, end, clipped);
  }
  HWY_INLINE Spike fire(Int v, Int threshold) const { return hn::Gt(v, threshold); }  // SPEC N9
  HWY_INLINE Spike never() const { return hn::MaskFromVec(hn::Zero(d)); }
  // SPEC N10, E1, E2.
  HWY_INLINE Int reset(Spike spike, Int v, Int keep, Int amount) const {
    return hn::IfThenElse(spike, hn::Sub(hn::And(v, keep), amount), v);
  }

 private:
  // |x| * size / 2^kBits without 64-bit lanes, size <= 2^kBits, negated where told: |x| = hi * 2^kBits + lo
  // gives hi * size + (lo * size >> kBits), exact because hi * size is a whole number. Neither product leaves
  // 32 bits.
  template <int kBits>
  HWY_INLINE Int share(Int x, Int size, Spike negative) const {
    const Int magnitude = hn::Abs(x);
    // Unsigned: the magnitude of the least integer has all 32 bits.
    const hn::RebindToUnsigned<D> du;
    const Int high = hn::BitCast(d, hn::ShiftRight<kBits>(hn::BitCast(du, magnitude)));
    const Int low = hn::And(magnitude, hn::Set(d, (1 << kBits) - 1));
    const Int result = hn::Add(hn::Mul(high, size), hn::ShiftRight<kBits>(hn::Mul(low, size)));
    return hn::IfThenElse(negative, hn::Neg(result), result);
  }
  HWY_INLINE Int shiftBy(Int bits) const { return hn::And(bits, hn::Set(d, 31)); }
};

// The models, each in a namespace of its name.
#include "models/AllSteps.inc"

// Each of them as a type: its table and its step.
#define RHEO_MODEL(name)                                                                    \
  struct name##Model {                                                                      \
    static constexpr const models::ModelTable& table() { return models::name::kTable; }     \
    template <class A>                                                                      \
    static HWY_INLINE auto step(A& a, typename A::Int* state, const typename A::Int* input, \
                                const typename A::Int* p) {                                 \
      return name::step(a, state, input, p);                                                \
    }                                                                                       \
  };
#include "models/Models.def"
#undef RHEO_MODEL

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
