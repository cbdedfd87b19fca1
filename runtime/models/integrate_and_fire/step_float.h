// One step of the integrate-and-fire neuron in real arithmetic. SPEC F2, F11.
#pragma once

#include "models/FloatCommon.h"

namespace rheo::models::integrate_and_fire {

template <class Real>
Real stepFloat(Real* state, Real input, const Real* p, FloatReset reset) {
  enum { v };
  enum { r, v_threshold, v_reset };
  const Real before = state[v];
  state[v] = before + p[r] * input;
  return fireFloat(state[v], before, p[v_threshold], p[v_reset], reset);
}

}  // namespace rheo::models::integrate_and_fire
