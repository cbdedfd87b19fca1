// One step of the leaky integrate-and-fire neuron. SPEC N12.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { v };
  enum { decay_v, bias, threshold, reset_keep, reset_amount };
  const auto u = a.wrapCurrent(a.align(input[0]));
  state[v] = a.saturate(a.add(a.add(a.decay(state[v], p[decay_v]), u), p[bias]));
  const auto spike = a.fire(state[v], p[threshold]);
  state[v] = a.reset(spike, state[v], p[reset_keep], p[reset_amount]);
  return spike;
}
