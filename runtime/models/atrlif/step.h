// One step of the neuron with adaptive threshold and refractory trace. SPEC N23.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { i, v, adaptation, r };
  enum { decay_u, decay_v, bias, decay_theta, decay_r, theta_0, theta_step };
  moveMembrane(a, state[i], state[v], input[0], p[decay_u], p[decay_v], p[bias]);
  const auto theta = a.add(a.decay(state[adaptation], p[decay_theta]), p[theta_0]);
  const auto trace = a.decay(state[r], p[decay_r]);
  const auto spike = a.atLeast(a.sub(state[v], trace), theta);
  state[r] = a.select(spike, a.add(trace, a.add(theta, theta)), trace);
  state[adaptation] = a.sub(a.select(spike, a.add(theta, p[theta_step]), theta), p[theta_0]);
  return spike;
}
