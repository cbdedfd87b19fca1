// One step of the corrected sigma-delta neuron. SPEC N35.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { sigma, act };
  enum { threshold, bias, rectified, state_exponent };
  const auto now = activationOf(a, state[sigma], input[0], p[bias], p[rectified]);
  const auto change = a.sub(now, state[act]);
  const auto sent = a.select(a.atLeast(a.abs(change), p[threshold]), change, a.constant(0));
  const auto payload = a.shiftRight(sent, p[state_exponent]);
  state[act] = a.add(state[act], a.shiftLeft(payload, p[state_exponent]));
  return payload;
}
