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
struct VectorAlgebra {
  using Int = hn::Vec<D>;
  using Spike = hn::Mask<D>;

  D d;
  Spike wrapped = hn::MaskFromVec(hn::Zero(D()));
  Spike saturated = hn::MaskFromVec(hn::Zero(D()));

  // SPEC N1. |x| * f / 4096 without 64-bit lanes: |x| = hi * 4096 + lo gives hi * f + (lo * f >> 12),
  // exact because hi * f is a whole number. No product leaves 31 bits while |x| < 2^31 and f <= 4096.
  HWY_INLINE Int decay(Int x, Int decay12) const {
    const Int keep = hn::Sub(hn::Set(d, fixed::kDecayOne), decay12);
    const Int magnitude = hn::Abs(x);
    const Int high = hn::ShiftRight<fixed::kDecayBits>(magnitude);
    const Int low = hn::And(magnitude, hn::Set(d, fixed::kDecayOne - 1));
    const Int result = hn::Add(hn::Mul(high, keep), hn::ShiftRight<fixed::kDecayBits>(hn::Mul(low, keep)));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(result), result);
  }
  HWY_INLINE Int add(Int a, Int b) const { return hn::Add(a, b); }
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
};

// The models, each in a namespace of its name.
#include "models/AllSteps.inc"

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
