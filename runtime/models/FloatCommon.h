// What the float steps of all models share. SPEC F2, F11. Like step.h for integers, a step_float.h states one
// model's rule once: `stepFloat(state, input, p, reset)` updates one neuron and returns what it hands on, a
// spike (1 or 0) or its potential. `state` and `p` are in the table's order, each time constant replaced by
// its share k of a step (SPEC F2, F3). The order of operations is part of the rule: in float32 it gives what
// Norse and snnTorch recorded, bit for bit.
#pragma once

#include <cstdint>

namespace rheo::models {

enum class FloatReset : std::uint8_t { Zero, ToVReset, Subtract, SubtractLate };

// Spike test and reset of a membrane `v` that has just been updated from `before`. SPEC F11.
template <class Real>
Real fireFloat(Real& v, Real before, Real threshold, Real vReset, FloatReset reset) {
  if (reset == FloatReset::SubtractLate) {
    const Real late = before > threshold ? Real(1) : Real(0);
    v = v - late * threshold;
    const Real spike = v > threshold ? Real(1) : Real(0);
    v = v - (spike - late) * threshold;
    return spike;
  }
  if (!(v > threshold)) return Real(0);
  if (reset == FloatReset::Zero) v = Real(0);
  if (reset == FloatReset::ToVReset) v = vReset;
  if (reset == FloatReset::Subtract) v = v - threshold;
  return Real(1);
}

}  // namespace rheo::models
