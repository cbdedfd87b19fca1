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

  // SPEC N1. |x| * f / 4096 without 64-bit lanes: |x| = hi * 4096 + lo gives hi * f + (lo * f >> 12),
  // exact because hi * f is a whole number. No product leaves 31 bits while |x| < 2^31 and f <= 4096.
  HWY_INLINE Int decay(Int x, Int decay12) const {
    const Int keep = hn::Sub(hn::Set(d, fixed::kDecayOne), decay12);
    const Int magnitude = hn::Abs(x);
    // Unsigned: the magnitude of the least integer has all 32 bits.
    const hn::RebindToUnsigned<D> du;
    const Int high = hn::BitCast(d, hn::ShiftRight<fixed::kDecayBits>(hn::BitCast(du, magnitude)));
    const Int low = hn::And(magnitude, hn::Set(d, fixed::kDecayOne - 1));
    const Int result = hn::Add(hn::Mul(high, keep), hn::ShiftRight<fixed::kDecayBits>(hn::Mul(low, keep)));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(result), result);
  }
  HWY_INLINE Int constant(std::int32_t value) const { return hn::Set(d, value); }
  // SPEC N19.
  HWY_INLINE Int add(Int a, Int b) const { return hn::Add(a, b); }
  HWY_INLINE Int sub(Int a, Int b) const { return hn::Sub(a, b); }
  HWY_INLINE Int multiply(Int a, Int b) const { return hn::Mul(a, b); }
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
  HWY_INLINE Spike fire(Int v, Int threshold) const { return hn::Gt(v, threshold); }  // SPEC N9
  HWY_INLINE Spike never() const { return hn::MaskFromVec(hn::Zero(d)); }
  // SPEC N10, E1, E2.
  HWY_INLINE Int reset(Spike spike, Int v, Int keep, Int amount) const {
    return hn::IfThenElse(spike, hn::Sub(hn::And(v, keep), amount), v);
  }

 private:
  HWY_INLINE Int shiftBy(Int bits) const { return hn::And(bits, hn::Set(d, 31)); }
};

// The models, each in a namespace of its name.
#include "models/AllSteps.inc"

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
