// One step of the resonate-and-fire neuron with adaptive threshold of its imaginary part. SPEC N37.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { real, imag, adaptation };
  enum { cosine, sine, input_shift, decay_theta };
  turn(a, state[real], state[imag], input, p[cosine], p[sine], p[input_shift]);
  return adapt(a, state + adaptation, p + decay_theta,
               [&](auto theta, auto trace) { return a.atLeast(a.sub(state[imag], trace), theta); });
}
