// One step of the current-based leaky integrator in real arithmetic. SPEC F2.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::cuba_li {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules& rules) {
  enum { u, v };
  enum { k_syn, k_mem, r, v_leak, w_in };
  state[u] = leak(state[u], p[k_syn], Real(0), p[w_in], input, rules);
  state[v] = leak(state[v], p[k_mem], p[v_leak], p[r], state[u], rules);
  return state[v];
}

}  // namespace rheo::models::cuba_li
