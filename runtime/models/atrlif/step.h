// One step of the neuron with adaptive threshold and refractory trace. SPEC N23.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { i, v, adaptation };
  enum { decay_u, decay_v, bias, decay_theta };
  moveMembrane(a, state[i], state[v], input[0], p[decay_u], p[decay_v], p[bias]);
  return adapt(a, state + adaptation, p + decay_theta,
               [&](auto theta, auto trace) { return a.atLeast(a.sub(state[v], trace), theta); });
}
