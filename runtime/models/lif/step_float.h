// One step of the leaky integrate-and-fire neuron in real arithmetic. SPEC F2, F11; without memory, F24.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::lif {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules& rules) {
  enum { v };
  enum { k, r, v_leak, v_threshold, v_reset };
  const Real before = state[v];
  state[v] = leak(before, p[k], p[v_leak], p[r], input, rules);
  return fireFloat(state[v], before, p[v_threshold], p[v_reset], rules);
}

// What a node "Threshold" does: nothing is kept, and the potential is reset as a chip's is. SPEC F24.
template <class Real>
Real stepThreshold(Real* state, Real input, const Real* p, const FloatRules&) {
  enum { v };
  enum { threshold };
  const bool spike = input > p[threshold];
  state[v] = spike ? Real(0) : input;
  return spike ? Real(1) : Real(0);
}

}  // namespace rheo::models::lif
