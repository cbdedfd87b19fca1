// The models' step.h read over real numbers: what the step would do if nothing were rounded, wrapped or
// saturated. The float meaning of an exact node. SPEC F14.
#pragma once

#include <cmath>

#include "fixed/Arithmetic.h"

namespace rheo::fixed {

template <class Real>
struct RealAlgebra {
  using Int = Real;
  using Spike = bool;

  Int decay(Int x, Int decay12) { return x * ((Real(kDecayOne) - decay12) / Real(kDecayOne)); }
  Int turnShare(Int x, Int share) { return x * (share / Real(kTurnOne)); }
  Int align(Int input) { return input * Real(1 << kAlignBits); }
  Int constant(std::int32_t value) { return Real(value); }
  Int add(Int a, Int b) { return a + b; }
  Int sub(Int a, Int b) { return a - b; }
  Int multiply(Int a, Int b) { return a * b; }
  Int productShifted(Int a, Int b, int bits) { return std::ldexp(a * b, -bits); }
  Int shiftLeft(Int x, Int bits) { return std::ldexp(x, static_cast<int>(bits)); }
  Int shiftRight(Int x, Int bits) { return std::ldexp(x, -static_cast<int>(bits)); }
  Int abs(Int x) { return std::abs(x); }
  Int cycle(Int x, Int period) { return x + 1 >= period ? Real(0) : x + 1; }
  Int select(Spike condition, Int yes, Int no) { return condition ? yes : no; }
  Spike atLeast(Int a, Int b) { return a >= b; }
  Spike equal(Int a, Int b) { return a == b; }
  Spike both(Spike a, Spike b) { return a && b; }
  Spike unless(Spike a, Spike b) { return a && !b; }
  Int wrapCurrent(Int x) { return x; }
  Int saturate(Int x) { return x; }
  Int saturateSum(Int a, Int b) { return a + b; }
  Spike fire(Int v, Int threshold) { return v > threshold; }
  Spike never() { return false; }
  Int reset(Spike spike, Int v, Int keep, Int amount) {
    return spike ? (keep != Real(0) ? v : Real(0)) - amount : v;
  }
};

}  // namespace rheo::fixed
