// One step of the sigma neuron. SPEC N24.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { sigma };
  (void)p;
  state[sigma] = a.add(state[sigma], input[0]);
  return state[sigma];
}
