// One step of the current-based leaky integrator. SPEC N14.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { u, v };
  enum { decay_u, decay_v, bias };
  moveMembrane(a, state[u], state[v], input[0], p[decay_u], p[decay_v], p[bias]);
  return a.never();
}
