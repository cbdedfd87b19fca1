// One step of the delta encoder. SPEC N25.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, typename A::Int input, const typename A::Int* p) {
  enum { act, residue, error };
  enum { threshold, input_shift, state_exponent, cumulative };
  const auto zero = a.constant(0);
  const auto now = a.shiftLeft(input, p[input_shift]);
  const auto change = a.add(a.sub(now, state[act]), state[residue]);
  const auto cumulates = a.equal(p[cumulative], a.constant(1));
  const auto gathered = a.select(cumulates, a.add(state[error], change), state[error]);
  const auto measure = a.abs(a.select(cumulates, gathered, change));
  const auto sent = a.select(a.atLeast(measure, p[threshold]), change, zero);
  state[error] = a.select(a.equal(sent, zero), gathered, a.select(cumulates, zero, gathered));
  state[residue] = a.sub(change, sent);
  state[act] = now;
  return a.shiftRight(sent, p[state_exponent]);
}
