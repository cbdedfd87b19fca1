// The float reference's nodes without neurons: matrices, scales, convolutions, poolings, and delays of
// weights and of nodes. Each output sums its inputs in ascending order, so that the bits do not depend on how
// many of them are zero. SPEC F4, F6 to F8, F15 to F18, F23.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "network/Network.h"

namespace rheo {

// The values of the last steps, a row for each: what a map with delays reads.
template <class Real>
struct FloatPast {
  std::vector<Real> rows;  // [depth][size]
  std::int64_t size = 0, depth = 0, now = 0;

  void reset(std::int64_t valuesPerStep, std::int64_t steps) {
    size = valuesPerStep;
    depth = steps;
    rows.assign(static_cast<std::size_t>(size * depth), Real(0));
  }
  void push(const Real* values) {
    now = (now + 1) % depth;
    std::copy(values, values + size, rows.begin() + now * size);
  }
  // The values of `delay` steps before the newest; 0 before the first step.
  const Real* row(std::int64_t delay) const { return rows.data() + (now + depth - delay) % depth * size; }
  Real at(std::int64_t delay, std::int64_t i) const { return row(delay)[i]; }
  void clear() { std::fill(rows.begin(), rows.end(), Real(0)); }
};

// What a map keeps of one sample under way.
template <class Real>
struct FloatMemory {
  FloatPast<Real> inputs, outputs;
  std::vector<std::int64_t> active;  // inputs that are not zero
  std::vector<Real> waiting, sums;

  void clear() {
    inputs.clear();
    outputs.clear();
  }
};

template <class Real>
class FloatMap {
 public:
  virtual ~FloatMap() = default;
  virtual FloatMemory<Real> memory() const { return {}; }
  virtual void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const = 0;
};

// Null for nodes that are no map: ports, Flatten, neurons. dt: seconds per step.
template <class Real>
std::unique_ptr<FloatMap<Real>> makeFloatMap(const Node& node, double dt);

}  // namespace rheo
