// The scalar integer reading of the models' step.h: plain 32-bit integers, with overflows counted.
#pragma once

#include <cstdint>

#include "fixed/Arithmetic.h"
#include "fixed/Profile.h"

namespace rheo::fixed {

struct IntegerAlgebra {
  using Int = std::int32_t;
  using Spike = bool;

  CurrentOverflow currentOverflow = CurrentOverflow::WrapOnce;  // runtime data: the profile's rule
  // SPEC N17, of one step: 1 where any value left the current's range (N4, N5); where any saturated (N7).
  std::int64_t wraps = 0, saturations = 0;

  Int decay(Int x, Int decay12) { return fixed::decay(x, decay12); }
  Int turnShare(Int x, Int share) { return fixed::turnShare(x, share); }
  Int align(Int input) { return fixed::align(input); }
  Int constant(std::int32_t value) { return value; }
  // SPEC N19.
  Int add(Int a, Int b) { return addWrapped(a, b); }
  Int sub(Int a, Int b) { return subWrapped(a, b); }
  Int multiply(Int a, Int b) { return fixed::multiply(a, b); }
  Int productShifted(Int a, Int b, int bits) { return fixed::productShifted(a, b, bits); }
  Int shiftLeft(Int x, Int bits) { return fixed::shiftLeft(x, bits); }
  Int shiftRight(Int x, Int bits) { return fixed::shiftRight(x, bits); }
  Int abs(Int x) { return magnitude(x); }
  Int cycle(Int x, Int period) { return fixed::cycle(x, period); }
  Int select(Spike condition, Int yes, Int no) { return condition ? yes : no; }
  Spike atLeast(Int a, Int b) { return a >= b; }
  Spike equal(Int a, Int b) { return a == b; }
  Spike both(Spike a, Spike b) { return a && b; }
  Spike unless(Spike a, Spike b) { return a && !b; }
  Int wrapCurrent(Int x) {
    const Int wrapped = fixed::wrapCurrent(currentOverflow, x);
    wraps |= wrapped != x;
    return wrapped;
  }
  Int saturate(Int x) {
    const Int saturated = fixed::saturate(x);
    saturations |= saturated != x;
    return saturated;
  }
  Int saturateSum(Int a, Int b) {
    const Int saturated = fixed::saturateSum(a, b);
    saturations |= std::int64_t{a} + b != saturated;
    return saturated;
  }
  Spike fire(Int v, Int threshold) { return fires(v, threshold); }
  Spike never() { return false; }
  Int reset(Spike spike, Int v, Int keep, Int amount) { return fixed::reset(spike, v, keep, amount); }
};

}  // namespace rheo::fixed
