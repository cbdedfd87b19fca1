// One step of the resonator that sends its amplitude. SPEC N32.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { u, v };
  enum { cosine, sine, threshold };
  const auto zero = a.constant(0);
  const auto wasBelow = a.fire(zero, state[v]);
  const auto nextU =
      a.add(a.sub(flooredShare(a, state[u], p[cosine]), flooredShare(a, state[v], p[sine])), input[0]);
  const auto nextV =
      a.add(a.add(flooredShare(a, state[v], p[cosine]), flooredShare(a, state[u], p[sine])), input[1]);
  state[u] = nextU;
  state[v] = nextV;
  const auto crosses = a.both(a.atLeast(nextV, zero), wasBelow);
  return a.select(a.both(a.fire(nextU, p[threshold]), crosses), nextU, zero);
}
