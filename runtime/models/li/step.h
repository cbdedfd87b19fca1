// One step of the leaky integrator. SPEC N13.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { v };
  enum { decay_v, bias };
  const auto u = a.wrapCurrent(a.align(input[0]));
  state[v] = a.saturate(a.add(a.add(a.decay(state[v], p[decay_v]), u), p[bias]));
  return a.never();
}
