// Intervals as one more reading of the models' step.h: what a step can do to any state in a box under any
// input in an interval. SPEC P1.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

#include "fixed/Arithmetic.h"
#include "models/Model.h"

namespace rheo {

struct Interval {
  std::int64_t lo = 0;
  std::int64_t hi = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
  bool holds(const Interval& other) const { return lo <= other.lo && other.hi <= hi; }
};

// Every integer of 32 bits.
inline constexpr std::int64_t kLeast32 = -(std::int64_t{1} << 31), kMost32 = -kLeast32 - 1;

// SPEC N19: what may leave 32 bits may be anything.
inline Interval wrapped32(Interval x) {
  return x.lo < kLeast32 || x.hi > kMost32 ? Interval{kLeast32, kMost32} : x;
}

// Those of one neuron, of its states or its ports; in place, since a network has many neurons.
class FewIntervals {
 public:
  FewIntervals() = default;
  explicit FewIntervals(std::size_t size) : size_(size) {}
  FewIntervals(std::initializer_list<Interval> values) : size_(values.size()) {
    std::copy(values.begin(), values.end(), values_.begin());
  }

  std::size_t size() const { return size_; }
  Interval* data() { return values_.data(); }
  const Interval* data() const { return values_.data(); }
  Interval* begin() { return values_.data(); }
  Interval* end() { return values_.data() + size_; }
  const Interval* begin() const { return values_.data(); }
  const Interval* end() const { return values_.data() + size_; }
  Interval& operator[](std::size_t i) { return values_[i]; }
  const Interval& operator[](std::size_t i) const { return values_[i]; }
  const Interval& front() const { return values_[0]; }
  const Interval& back() const { return values_[size_ - 1]; }
  void push_back(Interval value) { values_[size_++] = value; }
  void fill(Interval value) { std::fill(begin(), end(), value); }
  friend bool operator==(const FewIntervals&, const FewIntervals&) = default;

 private:
  std::array<Interval, std::max(models::kMaxStates, models::kMaxPorts)> values_{};  // 0 beyond the size
  std::size_t size_ = 0;
};

inline Interval hull(Interval a, Interval b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

// The primitives of step.h on intervals. With `bounded` false neither wrap nor saturation acts, which tells
// how much room the states would need; then `fire` and `reset` act as ever.
class IntervalAlgebra {
 public:
  using Int = Interval;

  // Both outcomes, kept apart: a hull would forget that a silent neuron is at or below its threshold.
  struct Spike {
    bool mayFire = false;
    bool mayStay = true;
    std::int64_t threshold = 0;
  };

  IntervalAlgebra(CurrentOverflow rule, bool bounded) : rule_(rule), bounded_(bounded) {}

  // What happened since construction.
  bool mayWrap = false;
  bool maySaturate = false;
  std::int64_t largestCurrent = 0;    // |u| before the wrap
  std::int64_t largestPotential = 0;  // |v| before saturation

  Int constant(std::int64_t value) const { return {value, value}; }
  // SPEC N19.
  Int add(Int a, Int b) { return within({a.lo + b.lo, a.hi + b.hi}); }
  Int sub(Int a, Int b) { return within({a.lo - b.hi, a.hi - b.lo}); }
  Int multiply(Int a, Int b) { return within(product(a, b)); }
  Int productShifted(Int a, Int b, int bits) {  // flooring is monotone
    const Int whole = product(a, b);
    return within({whole.lo >> bits, whole.hi >> bits});
  }
  Int shiftLeft(Int x, Int bits) {
    const std::int64_t unit = std::int64_t{1} << (bits.lo & 31);
    return within({x.lo * unit, x.hi * unit});
  }
  Int shiftRight(Int x, Int bits) const { return {x.lo >> (bits.lo & 31), x.hi >> (bits.lo & 31)}; }
  Int abs(Int x) {
    const std::int64_t most = std::max(-x.lo, x.hi);
    return within({x.lo > 0 ? x.lo : x.hi < 0 ? -x.hi : 0, most});
  }
  Int cycle(Int, Int period) const { return {0, std::max<std::int64_t>(period.hi - 1, 0)}; }  // SPEC N20
  Int select(const Spike& condition, Int yes, Int no) const {
    if (!condition.mayFire) return no;
    return condition.mayStay ? hull(yes, no) : yes;
  }
  Spike atLeast(Int a, Int b) const { return {a.hi >= b.lo, a.lo < b.hi, 0}; }
  Spike equal(Int a, Int b) const {
    const bool meet = a.lo <= b.hi && b.lo <= a.hi, one = a.lo == a.hi && a == b;
    return {meet, !one, 0};
  }
  Spike both(const Spike& a, const Spike& b) const {
    return {a.mayFire && b.mayFire, a.mayStay || b.mayStay, 0};
  }
  Spike unless(const Spike& a, const Spike& b) const {
    return {a.mayFire && b.mayStay, a.mayStay || b.mayFire, 0};
  }
  Int align(Int input) { return shiftLeft(input, {fixed::kAlignBits, fixed::kAlignBits}); }
  // SPEC N1 is monotone in x, since the share that stays is never negative.
  Int decay(Int x, Int decay12) const { return {decayOne(x.lo, decay12.lo), decayOne(x.hi, decay12.lo)}; }

  // SPEC N30, as decay: rounding toward zero is monotone.
  Int turnShare(Int x, Int share) {
    const Int whole = product(x, share);
    return within(
        {fixed::towardZero(whole.lo, fixed::kTurnBits), fixed::towardZero(whole.hi, fixed::kTurnBits)});
  }

  Int wrapCurrent(Int x) {
    largestCurrent = std::max({largestCurrent, std::abs(x.lo), std::abs(x.hi)});
    const bool once = rule_ == CurrentOverflow::WrapOnce;
    const std::int64_t least = once ? -fixed::kHalfPeriod + 1 : -fixed::kHalfPeriod;
    const std::int64_t most = once ? fixed::kHalfPeriod : fixed::kHalfPeriod - 1;
    if (least <= x.lo && x.hi <= most) return x;
    mayWrap = true;
    if (!bounded_) return x;
    // SPEC N4: once, however far away. Within W8 that leads back into the range; payloads of neurons have no
    // bound.
    if (once) return {std::min(least, x.lo + fixed::kPeriod), std::max(most, x.hi - fixed::kPeriod)};
    return {least, most};
  }

  Int saturate(Int x) {
    largestPotential = std::max({largestPotential, std::abs(x.lo), std::abs(x.hi)});
    if (-fixed::kStateMax <= x.lo && x.hi <= fixed::kStateMax) return x;
    maySaturate = true;
    const std::int64_t end = fixed::kStateMax;
    return bounded_ ? Int{std::clamp(x.lo, -end, end), std::clamp(x.hi, -end, end)} : x;
  }

  Int saturateSum(Int a, Int b) { return saturate({a.lo + b.lo, a.hi + b.hi}); }

  Spike fire(Int v, Int threshold) const { return {v.hi > threshold.lo, v.lo <= threshold.hi, threshold.hi}; }
  Spike never() const { return {}; }

  Int reset(Spike spike, Int v, Int keep, Int amount) const {
    const Int stays{v.lo, std::min(v.hi, spike.threshold)};
    if (!spike.mayFire) return stays;
    Int fired{0, 0};
    if (keep.lo != 0) fired = {std::max(v.lo, spike.threshold + 1), v.hi};
    fired = {fired.lo - amount.lo, fired.hi - amount.lo};
    return spike.mayStay ? hull(stays, fired) : fired;
  }

 private:
  Int within(Int x) {
    if (!bounded_) return x;
    const Int wrapped = wrapped32(x);
    mayWrap |= wrapped != x;
    return wrapped;
  }

  static std::int64_t decayOne(std::int64_t x, std::int64_t decay12) {
    return fixed::towardZero(x * (fixed::kDecayOne - decay12), fixed::kDecayBits);
  }
  static Int product(Int a, Int b) {
    const auto [least, most] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
    return {least, most};
  }

  CurrentOverflow rule_;
  bool bounded_;
};

}  // namespace rheo
