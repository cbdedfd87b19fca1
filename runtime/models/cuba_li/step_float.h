// One step of the current-based leaky integrator in real arithmetic. SPEC F2.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::cuba_li {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, FloatReset) {
  enum { u, v };
  enum { k_syn, k_mem, r, v_leak, w_in };
  state[u] = state[u] + p[k_syn] * (-state[u] + p[w_in] * input);
  state[v] = state[v] + p[k_mem] * ((p[v_leak] - state[v]) + p[r] * state[u]);
  return state[v];
}

}  // namespace rheo::models::cuba_li
