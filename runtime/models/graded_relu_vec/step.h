// One step of the rectifying graded vector neuron. SPEC N28.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { v };
  enum { threshold };
  const auto sum = takeSum(a, state[v], input[0]);
  return a.select(a.fire(sum, p[threshold]), sum, a.constant(0));
}
