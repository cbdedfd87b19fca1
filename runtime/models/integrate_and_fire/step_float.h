// One step of the integrate-and-fire neuron in real arithmetic. SPEC F2, F11, F20.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::integrate_and_fire {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, const FloatRules& rules) {
  enum { v };
  enum { r, v_threshold, v_reset };
  const Real before = state[v];
  state[v] = before + p[r] * input;
  const Real spikes = fireFloat(state[v], before, p[v_threshold], p[v_reset], rules);
  state[v] = clampedFloat(state[v], p[v_threshold], rules);
  return spikes;
}

}  // namespace rheo::models::integrate_and_fire
