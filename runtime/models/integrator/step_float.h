// One step of the integrator in real arithmetic. SPEC F2.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::integrator {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules&) {
  enum { v };
  enum { r };
  state[v] = state[v] + p[r] * input;
  return state[v];
}

}  // namespace rheo::models::integrator
