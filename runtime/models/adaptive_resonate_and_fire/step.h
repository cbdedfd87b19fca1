// One step of the resonate-and-fire neuron with adaptive threshold. SPEC N36.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Spike step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { real, imag, adaptation };
  enum { cosine, sine, input_shift, decay_theta };
  const auto zero = a.constant(0);
  const auto wasBelow = a.fire(zero, state[imag]);
  turn(a, state[real], state[imag], input, p[cosine], p[sine], p[input_shift]);
  const auto crosses = a.both(a.atLeast(state[imag], zero), wasBelow);
  return adapt(a, state + adaptation, p + decay_theta, [&](auto theta, auto trace) {
    return a.both(a.atLeast(a.sub(state[real], trace), theta), crosses);
  });
}
