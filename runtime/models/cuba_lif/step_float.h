// One step of the current-based leaky integrate-and-fire neuron in real arithmetic. SPEC F2, F11.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::cuba_lif {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, FloatReset reset) {
  enum { u, v };
  enum { k_syn, k_mem, r, v_leak, w_in, v_threshold, v_reset };
  const Real before = state[v];
  state[u] = state[u] + p[k_syn] * (-state[u] + p[w_in] * input);
  state[v] = before + p[k_mem] * ((p[v_leak] - before) + p[r] * state[u]);
  return fireFloat(state[v], before, p[v_threshold], p[v_reset], reset);
}

}  // namespace rheo::models::cuba_lif
