// One step of the delayed product. SPEC N33.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { v, v2 };
  enum { threshold };
  state[v2] = state[v];
  state[v] = input[0];
  const auto product = a.multiply(state[v2], input[1]);
  return a.select(a.fire(a.abs(product), p[threshold]), product, a.constant(0));
}
