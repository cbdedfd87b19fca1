// What is done with every weight of a projection, several at a time: the same numbers as one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "algorithms/WeightFormat.h"

namespace rheo {

// Of values and of 0.
struct LeastAndMost {
  double least = 0, most = 0;
};
LeastAndMost leastAndMost(std::span<const double> values);

// The nearest weights of values in stored weights, one for each (SPEC W2); returns how many of the values are
// more than a step beside them.
std::int64_t roundWeights(std::span<const double> values, double unit, const WeightFormat& format,
                          std::span<std::int32_t> weights);

// How many values are not 0, and of these, how many of the weights that stand for them are.
struct Vanished {
  std::int64_t nonzero = 0, vanished = 0;
};
Vanished countVanished(std::span<const double> values, std::span<const std::int32_t> weights);

// Sums of the weights below and above 0; of some, or of the synapses of a target.
struct SignedSums {
  std::int64_t down = 0, up = 0;

  void add(std::int64_t weight) {
    down += std::min<std::int64_t>(weight, 0);
    up += std::max<std::int64_t>(weight, 0);
  }
};
SignedSums signedSums(std::span<const std::int32_t> weights);
SignedSums signedSums(const Connections<std::int32_t>& weights, std::int64_t target);

// Of each source in a row of all of them: its weight's bits into `bits`, factor * weight to `sums` (modulo
// 2^64).
void addToColumns(std::span<const std::int32_t> weights, std::uint64_t factor, std::int32_t* bits,
                  std::uint64_t* sums);

}  // namespace rheo
