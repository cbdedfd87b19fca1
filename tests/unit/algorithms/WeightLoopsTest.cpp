// Loops over many weights against one weight at a time, for every count of what no vector holds.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "algorithms/WeightLoops.h"

namespace rheo {
namespace {

// Some values, and other weights.
struct Case {
  explicit Case(std::size_t count) : random(static_cast<unsigned>(count)) {
    std::normal_distribution<double> bell(0, 100);
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(i % 5 == 3 ? 0.0 : i % 7 == 2 ? 0.01 * bell(random) : bell(random));
      weights.push_back(i % 6 == 1 ? 0 : static_cast<std::int32_t>(random()));
    }
  }

  std::mt19937 random;
  std::vector<double> values;
  std::vector<std::int32_t> weights;
};

template <class Check>
void forEveryCount(Check check) {
  for (std::size_t count = 0; count < 35; ++count) {
    SCOPED_TRACE(count);
    const Case some(count);
    check(some.values, some.weights);
  }
}

TEST(WeightLoops, ends_are_the_least_and_the_most) {
  forEveryCount([](const auto& values, const auto& weights) {
    double least = 0, most = 0;
    for (const double value : values) least = std::min(least, value), most = std::max(most, value);
    EXPECT_EQ(leastAndMost(values).least, least);
    EXPECT_EQ(leastAndMost(values).most, most);
  });
}

TEST(WeightLoops, w2_each_is_rounded_as_by_itself) {
  forEveryCount([](const auto& values, const auto& weights) {
    for (const int bits : {2, 5, 8})
      for (const SignMode sign : {SignMode::Mixed, SignMode::Excitatory, SignMode::Inhibitory})
        for (const double unit : {0.5, 0.37, 3.0}) {
          const WeightFormat format{bits, sign};
          std::vector<std::int32_t> rounded(values.size());
          std::int64_t beside = 0;
          for (const double value : values)
            beside += std::abs(format.round(value * unit) - value * unit) > format.step();
          EXPECT_EQ(roundWeights(values, unit, format, rounded), beside);
          for (std::size_t i = 0; i < values.size(); ++i)
            EXPECT_EQ(rounded[i], format.round(values[i] * unit));
        }
  });
}

TEST(WeightLoops, vanished_weights_are_counted) {
  forEveryCount([](const auto& values, const auto& weights) {
    std::int64_t nonzero = 0, vanished = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      nonzero += values[i] != 0;
      vanished += values[i] != 0 && weights[i] == 0;
    }
    EXPECT_EQ(countVanished(values, weights).nonzero, nonzero);
    EXPECT_EQ(countVanished(values, weights).vanished, vanished);
  });
}

TEST(WeightLoops, sums_go_beyond_32_bits) {
  forEveryCount([](const auto& values, const auto& weights) {
    std::int64_t down = 0, up = 0;
    for (const std::int32_t weight : weights) (weight < 0 ? down : up) += weight;
    EXPECT_EQ(signedSums(weights).down, down);
    EXPECT_EQ(signedSums(weights).up, up);
  });
}

TEST(WeightLoops, columns_add_up) {
  forEveryCount([](const auto& values, const auto& weights) {
    std::vector<std::int32_t> bits(weights.size(), 4);
    std::vector<std::uint64_t> sums(weights.size(), 10);
    const std::uint64_t factor = 0xD6E8FEB86659FD93u;
    addToColumns(weights, factor, bits.data(), sums.data());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(bits[i], weights[i] | 4);
      EXPECT_EQ(sums[i], 10 + factor * static_cast<std::uint64_t>(std::int64_t{weights[i]}));
    }
  });
}

}  // namespace
}  // namespace rheo
