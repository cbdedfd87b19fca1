// One step of the leaky integrator in real arithmetic. SPEC F2.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::li {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, FloatReset) {
  enum { v };
  enum { k, r, v_leak };
  state[v] = state[v] + p[k] * ((p[v_leak] - state[v]) + p[r] * input);
  return state[v];
}

}  // namespace rheo::models::li
