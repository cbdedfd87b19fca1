// One step of the leaky integrate-and-fire neuron with a refractory period. SPEC N21.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { u, v, waiting };
  enum { decay_u, decay_v, bias, threshold, refractory_steps };
  const auto zero = a.constant(0);
  auto moved = state[v];
  moveMembrane(a, state[u], moved, input[0], p[decay_u], p[decay_v], p[bias]);
  const auto waits = a.atLeast(state[waiting], a.constant(1));
  state[v] = a.select(waits, state[v], moved);
  const auto spike = a.unless(a.fire(state[v], p[threshold]), waits);
  state[v] = a.select(spike, zero, state[v]);
  const auto rest = a.select(waits, a.sub(state[waiting], a.constant(1)), zero);
  state[waiting] = a.select(spike, p[refractory_steps], rest);
  return spike;
}
