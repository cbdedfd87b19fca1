// One step of the delta encoder. SPEC N25.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { threshold, input_shift, state_exponent, cumulative };
  const auto now = a.shiftLeft(input[0], p[input_shift]);
  return encodeChange(a, state, now, p[threshold], p[state_exponent], p[cumulative]);
}
