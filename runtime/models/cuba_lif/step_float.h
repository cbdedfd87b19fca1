// One step of the current-based leaky integrate-and-fire neuron in real arithmetic. SPEC F2, F11.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::cuba_lif {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules& rules) {
  enum { u, v };
  enum { k_syn, k_mem, r, v_leak, w_in, v_threshold, v_reset };
  const Real before = state[v];
  state[u] = leak(state[u], p[k_syn], Real(0), p[w_in], input, rules);
  state[v] = leak(before, p[k_mem], p[v_leak], p[r], state[u], rules);
  return fireFloat(state[v], before, p[v_threshold], p[v_reset], rules);
}

}  // namespace rheo::models::cuba_lif
