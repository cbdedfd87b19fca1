// One step of the product neuron. SPEC N29.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { product };
  enum { threshold, exponent };
  state[product] = a.shiftRight(a.multiply(input[0], input[1]), p[exponent]);
  return a.select(a.fire(a.abs(state[product]), p[threshold]), state[product], a.constant(0));
}
