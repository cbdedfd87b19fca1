// Parts of a step that several models have in common. Read as a step.h is, by every algebra, inside the
// namespace of the reader and before the models: hence no include guard and no namespace of its own.

// The current takes what arrives, the potential takes the current. SPEC N3, N6.
template <class A>
void moveMembrane(A& a, typename A::Int& u, typename A::Int& v, typename A::Int input, typename A::Int decayU,
                  typename A::Int decayV, typename A::Int bias) {
  u = a.wrapCurrent(a.add(a.decay(u, decayU), a.align(input)));
  v = a.saturate(a.add(a.add(a.decay(v, decayV), u), bias));
}

// The payload that tells of a change to `now`; `coded` holds act, residue and error. SPEC N25.
template <class A>
typename A::Int encodeChange(A& a, typename A::Int* coded, typename A::Int now, typename A::Int threshold,
                             typename A::Int stateExponent, typename A::Int cumulative) {
  enum { act, residue, error };
  const auto zero = a.constant(0);
  const auto change = a.add(a.sub(now, coded[act]), coded[residue]);
  const auto cumulates = a.equal(cumulative, a.constant(1));
  const auto gathered = a.select(cumulates, a.add(coded[error], change), coded[error]);
  const auto measure = a.abs(a.select(cumulates, gathered, change));
  const auto sent = a.select(a.atLeast(measure, threshold), change, zero);
  coded[error] = a.select(a.equal(sent, zero), gathered, a.select(cumulates, zero, gathered));
  coded[residue] = a.sub(change, sent);
  coded[act] = now;
  return a.shiftRight(sent, stateExponent);
}

// The sum of all that arrived with its bias, negative ones cut where it is rectified. SPEC N26.
template <class A>
typename A::Int activationOf(A& a, typename A::Int& sigma, typename A::Int input, typename A::Int bias,
                             typename A::Int rectified) {
  const auto zero = a.constant(0);
  sigma = a.add(input, sigma);
  const auto sum = a.add(sigma, bias);
  const auto cuts = a.both(a.equal(rectified, a.constant(1)), a.fire(zero, sum));
  return a.select(cuts, zero, sum);
}

// A threshold that rises with every spike, and a trace that keeps from it. fires(theta, trace) says whether
// there is one; `adapted` holds adaptation and r, `p` kAdapting. SPEC N23.
template <class A, class Fires>
typename A::Spike adapt(A& a, typename A::Int* adapted, const typename A::Int* p, Fires fires) {
  enum { adaptation, r };
  enum { decay_theta, decay_r, theta_0, theta_step };
  const auto theta = a.add(a.decay(adapted[adaptation], p[decay_theta]), p[theta_0]);
  const auto trace = a.decay(adapted[r], p[decay_r]);
  const auto spike = fires(theta, trace);
  adapted[r] = a.select(spike, a.add(trace, a.add(theta, theta)), trace);
  adapted[adaptation] = a.sub(a.select(spike, a.add(theta, p[theta_step]), theta), p[theta_0]);
  return spike;
}

// What has been gathered with what arrives; nothing of it stays. SPEC N27, N28.
template <class A>
typename A::Int takeSum(A& a, typename A::Int& v, typename A::Int input) {
  const auto sum = a.add(v, input);
  v = a.constant(0);
  return sum;
}

// The state turns and takes what arrives. SPEC N30.
template <class A>
void turn(A& a, typename A::Int& real, typename A::Int& imag, const typename A::Int* input,
          typename A::Int cosine, typename A::Int sine, typename A::Int inputShift) {
  const auto turnedReal = a.sub(a.turnShare(real, cosine), a.turnShare(imag, sine));
  const auto turnedImag = a.add(a.turnShare(real, sine), a.turnShare(imag, cosine));
  real = a.saturateSum(turnedReal, a.shiftLeft(input[0], inputShift));
  imag = a.saturateSum(turnedImag, a.shiftLeft(input[1], inputShift));
}

// x * share / 32768 as 32 bits give it, flooring. SPEC N32.
template <class A>
typename A::Int flooredShare(A& a, typename A::Int x, typename A::Int share) {
  return a.shiftRight(a.multiply(x, share), a.constant(fixed::kTurnBits));
}
