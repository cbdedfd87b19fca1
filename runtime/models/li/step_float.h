// One step of the leaky integrator in real arithmetic. SPEC F2.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::li {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules& rules) {
  enum { v };
  enum { k, r, v_leak };
  state[v] = leak(state[v], p[k], p[v_leak], p[r], input, rules);
  return state[v];
}

}  // namespace rheo::models::li
