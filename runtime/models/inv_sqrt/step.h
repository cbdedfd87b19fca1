// One step of the inverse square root: Newton's method on numbers of 12 fractional bits. SPEC N34.
// Read by every algebra (integers, vectors, intervals, MLIR), inside the namespace of the reader:
// hence no include guard and no namespace of its own. `state` and `p` are in the table's order.
template <class A>
typename A::Int step(A& a, typename A::Int* state, const typename A::Int* input, const typename A::Int* p) {
  enum { root };
  (void)p;
  constexpr int kBits = 24, kRounds = 5, kHalved = 13;
  // Where the highest bit of the input is bit m: twice 2^12 / (sqrt(2^(m - 12)) * 1.238982962), cut to an
  // even number.
  constexpr std::int32_t kFirst[kBits] = {423158, 299218, 211578, 149608, 105788, 74804, 52894, 37402,
                                          26446,  18700,  13222,  9350,   6610,   4674,  3304,  2336,
                                          1652,   1168,   826,    584,    412,    292,   206,   146};
  const auto one = a.constant(1);
  const auto most = a.constant((1 << kBits) - 1);
  auto rest = a.select(a.fire(input[0], most), most, input[0]);
  auto factor = a.constant(kFirst[0]);
  for (int m = 1; m < kBits; ++m)
    factor = a.select(a.atLeast(rest, a.constant(1 << m)), a.constant(kFirst[m]), factor);
  const auto some = a.atLeast(rest, one);
  auto result = a.shiftRight(factor, one);
  for (int round = 0; round < kRounds; ++round) {
    rest = a.productShifted(a.productShifted(rest, factor, kHalved), factor, kHalved);
    factor = a.sub(a.constant(3 << 12), rest);
    result = a.productShifted(result, factor, kHalved);
  }
  state[root] = a.select(some, result, a.constant(0));
  return state[root];
}
