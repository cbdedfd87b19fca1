// One step of the sigma-delta neuron. SPEC N26.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { sigma, act, residue, error };
  enum { threshold, bias, rectified, state_exponent, cumulative };
  const auto now = activationOf(a, state[sigma], input[0], p[bias], p[rectified]);
  return encodeChange(a, state + act, now, p[threshold], p[state_exponent], p[cumulative]);
}
