// One step of the leaky integrate-and-fire neuron with a periodic reset. SPEC N20.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { u, v, clock };
  enum { decay_u, decay_v, bias, threshold, reset_interval, reset_phase };
  const auto zero = a.constant(0);
  const auto due = a.equal(state[clock], p[reset_phase]);
  state[clock] = a.cycle(state[clock], p[reset_interval]);
  state[u] = a.select(due, zero, state[u]);
  state[v] = a.select(due, zero, state[v]);
  moveMembrane(a, state[u], state[v], input[0], p[decay_u], p[decay_v], p[bias]);
  const auto spike = a.fire(state[v], p[threshold]);
  state[v] = a.reset(spike, state[v], zero, zero);
  return spike;
}
