// One step of the resonate-and-fire neuron with a reset. SPEC N31.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { real, imag };
  enum { cosine, sine, input_shift, threshold };
  turn(a, state[real], state[imag], input, p[cosine], p[sine], p[input_shift]);
  const auto spike = a.atLeast(state[imag], p[threshold]);
  state[real] = a.select(spike, a.constant(0), state[real]);
  state[imag] = a.select(spike, a.sub(p[threshold], a.constant(1)), state[imag]);
  return spike;
}
