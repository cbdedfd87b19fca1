// Whole vectors first, then what is left one by one.
#include "algorithms/WeightLoops.h"

#include <algorithm>
#include <cmath>

#include "algorithms/WideVectors.h"

namespace rheo {
namespace {

std::size_t wholeVectors(std::size_t count) { return count / kLanes * kLanes; }

template <class Vector, class T>
[[gnu::always_inline]] inline void load(const T* from, Vector& lanes) {
  std::memcpy(&lanes, from, sizeof(lanes));
}

// [0] the least and [1] the most, of whole vectors.
RHEO_WIDE_VECTORS void findEnds(const double* values, std::size_t count, double (*ends)[kLanes]) {
  WideDouble least{}, most{};
  for (std::size_t i = 0; i < count; i += kLanes) {
    WideDouble value;
    load(values + i, value);
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  std::memcpy(ends[0], &least, sizeof(least));
  std::memcpy(ends[1], &most, sizeof(most));
}

// As WeightFormat::round, without its way through integers; of whole vectors.
RHEO_WIDE_VECTORS std::int64_t roundVectors(const double* values, std::size_t count, double unit,
                                            double least, double most, double step, std::int32_t* weights) {
  const double shares = 1 / step;  // steps are powers of two
  const WideDouble lowest = WideDouble{} + least, highest = WideDouble{} + most;
  WideInt64 beside{};
  for (std::size_t i = 0; i < count; i += kLanes) {
    WideDouble wanted;
    load(values + i, wanted);
    wanted *= unit;
    const WideDouble above = wanted < lowest ? lowest : wanted;
    const WideDouble clipped = above > highest ? highest : above;
    const WideDouble held = ((clipped * shares + kRoundsToWhole) - kRoundsToWhole) * step;
    const WideInt32 whole = __builtin_convertvector(held, WideInt32);
    std::memcpy(weights + i, &whole, sizeof(whole));
    const WideDouble miss = held - wanted;
    beside -= (miss > step) | (miss < -step);  // true is -1
  }
  std::int64_t sum = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += beside[lane];
  return sum;
}

RHEO_WIDE_VECTORS Vanished countVectors(const double* values, const std::int32_t* weights,
                                        std::size_t count) {
  WideInt64 nonzero{}, vanished{};
  for (std::size_t i = 0; i < count; i += kLanes) {
    WideDouble value;
    WideInt32 weight;
    load(values + i, value);
    load(weights + i, weight);
    const WideInt64 there = value != 0;  // true is -1
    nonzero -= there;
    vanished -= there & (__builtin_convertvector(weight, WideInt64) == 0);
  }
  Vanished found;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    found.nonzero += nonzero[lane], found.vanished += vanished[lane];
  return found;
}

RHEO_WIDE_VECTORS SignedSums sumVectors(const std::int32_t* weights, std::size_t count) {
  WideInt64 down{}, up{};
  for (std::size_t i = 0; i < count; i += kLanes) {
    WideInt32 some;
    load(weights + i, some);
    const WideInt64 weight = __builtin_convertvector(some, WideInt64), below = weight < 0;  // true is -1
    down += weight & below;
    up += weight & ~below;
  }
  SignedSums sums;
  for (std::size_t lane = 0; lane < kLanes; ++lane) sums.down += down[lane], sums.up += up[lane];
  return sums;
}

}  // namespace

LeastAndMost leastAndMost(std::span<const double> values) {
  double ends[2][kLanes];
  const std::size_t whole = wholeVectors(values.size());
  findEnds(values.data(), whole, ends);
  LeastAndMost found{*std::min_element(ends[0], ends[0] + kLanes),
                     *std::max_element(ends[1], ends[1] + kLanes)};
  for (const double value : values.subspan(whole)) {
    found.least = std::min(found.least, value);
    found.most = std::max(found.most, value);
  }
  return found;
}

std::int64_t roundWeights(std::span<const double> values, double unit, const WeightFormat& format,
                          std::span<std::int32_t> weights) {
  const std::size_t whole = wholeVectors(values.size());
  std::int64_t beside =
      roundVectors(values.data(), whole, unit, format.least(), format.most(), format.step(), weights.data());
  for (std::size_t i = whole; i < values.size(); ++i) {
    const double wanted = values[i] * unit;
    weights[i] = format.round(wanted);
    beside += std::abs(weights[i] - wanted) > format.step();
  }
  return beside;
}

Vanished countVanished(std::span<const double> values, std::span<const std::int32_t> weights) {
  const std::size_t whole = wholeVectors(values.size());
  Vanished found = countVectors(values.data(), weights.data(), whole);
  for (std::size_t i = whole; i < values.size(); ++i) {
    found.nonzero += values[i] != 0;
    found.vanished += values[i] != 0 && weights[i] == 0;
  }
  return found;
}

SignedSums signedSums(std::span<const std::int32_t> weights) {
  const std::size_t whole = wholeVectors(weights.size());
  SignedSums sums = sumVectors(weights.data(), whole);
  for (const std::int32_t weight : weights.subspan(whole)) sums.add(weight);
  return sums;
}

SignedSums signedSums(const Connections<std::int32_t>& weights, std::int64_t target) {
  if (!weights.wiring.convolution()) return signedSums(weights.row(target));
  SignedSums sums;
  weights.wiring.sourcesOf(target, [&](std::int64_t, std::int64_t index) { sums.add(weights.value(index)); });
  return sums;
}

RHEO_WIDE_VECTORS void addToColumns(std::span<const std::int32_t> weights, std::uint64_t factor,
                                    std::int32_t* bits, std::uint64_t* sums) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    bits[i] |= weights[i];
    sums[i] += factor * static_cast<std::uint64_t>(std::int64_t{weights[i]});
  }
}

}  // namespace rheo
