// One step of the leaky integrate-and-fire neuron with spikes of two signs. SPEC N22.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { u, v };
  enum { decay_u, decay_v, bias, threshold_high, threshold_low };
  const auto zero = a.constant(0);
  moveMembrane(a, state[u], state[v], input[0], p[decay_u], p[decay_v], p[bias]);
  const auto above = a.select(a.fire(state[v], p[threshold_high]), a.constant(1), zero);
  const auto below = a.select(a.fire(p[threshold_low], state[v]), a.constant(1), zero);
  const auto payload = a.sub(above, below);
  // Above one threshold and below the other at once: both signs cancel, and Lava leaves the potential.
  state[v] = a.select(a.equal(payload, zero), state[v], zero);
  return payload;
}
