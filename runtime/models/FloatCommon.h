// What the float steps of all models share. SPEC F2, F11, F19, F20. Like step.h for integers, a step_float.h
// states one model's rule once: `stepFloat(state, input, p, rules)` updates one neuron and returns what it
// hands on, a spike (1, 0, or a count of them) or its potential. `state` and `p` are in the table's order,
// each time constant replaced by its share k of a step (SPEC F2, F3). The order of operations is part of the
// rule: in float32 it gives what Norse and snnTorch recorded, bit for bit.
#pragma once

#include <algorithm>
#include <cmath>

#include "models/FloatRules.h"

namespace rheo::models {

// A state that decays towards `rest` while it takes up its input. SPEC F2; as F25 has it, `k` is what stays
// of the state, and `rest` and `gain` hold their shares already.
template <class Real>
Real leak(Real state, Real k, Real rest, Real gain, Real input, const FloatRules& rules) {
  if (rules.update == Update::Decay) return k * state + (rest + gain * input);
  return state + k * ((rest - state) + gain * input);
}

// How many spikes a membrane `v` sends. SPEC F11, F19.
template <class Real>
Real spikesOf(Real v, Real threshold, const FloatRules& rules) {
  const bool reached = rules.firing == Firing::Reached;
  if (!(reached ? v >= threshold : v > threshold)) return Real(0);
  if (rules.perStep == SpikesPerStep::One) return Real(1);
  const Real thresholds = v / threshold;
  return reached ? std::trunc(thresholds) : std::ceil(thresholds) - Real(1);
}

// Spike test and reset of a membrane `v` that has just been updated from `before`. SPEC F11.
template <class Real>
Real fireFloat(Real& v, Real before, Real threshold, Real vReset, const FloatRules& rules) {
  if (rules.reset == Reset::SubtractLate || rules.reset == Reset::SubtractNext) {
    const Real late = spikesOf(before, threshold, rules);
    v = v - late * threshold;
    const Real spikes = spikesOf(v, threshold, rules);
    if (rules.reset == Reset::SubtractLate) v = v - (spikes - late) * threshold;
    return spikes;
  }
  if (rules.reset == Reset::ZeroNext && spikesOf(before, threshold, rules) > 0) v = Real(0);
  const Real spikes = spikesOf(v, threshold, rules);
  if (!(spikes > 0)) return Real(0);
  if (rules.reset == Reset::Zero) v = Real(0);
  if (rules.reset == Reset::ToVReset) v = vReset;
  if (rules.reset == Reset::Subtract) v = v - spikes * threshold;
  return spikes;
}

// How far a membrane sinks below zero: to minus its threshold, or without end. SPEC F20.
template <class Real>
Real clampedFloat(Real v, Real threshold, const FloatRules& rules) {
  return rules.clamp == Clamp::None ? v : std::max(v + threshold, Real(0)) - threshold;
}

}  // namespace rheo::models
