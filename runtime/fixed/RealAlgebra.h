// The models' step.h read over real numbers: what the step would do if nothing were rounded, wrapped or
// saturated. The float meaning of an exact node. SPEC F14.
#pragma once

#include "fixed/Arithmetic.h"

namespace rheo::fixed {

template <class Real>
struct RealAlgebra {
  using Int = Real;
  using Spike = bool;

  Int decay(Int x, Int decay12) { return x * ((Real(kDecayOne) - decay12) / Real(kDecayOne)); }
  Int align(Int input) { return input * Real(1 << kAlignBits); }
  Int add(Int a, Int b) { return a + b; }
  Int wrapCurrent(Int x) { return x; }
  Int saturate(Int x) { return x; }
  Spike fire(Int v, Int threshold) { return v > threshold; }
  Spike never() { return false; }
  Int reset(Spike spike, Int v, Int keep, Int amount) {
    return spike ? (keep != Real(0) ? v : Real(0)) - amount : v;
  }
};

}  // namespace rheo::fixed
