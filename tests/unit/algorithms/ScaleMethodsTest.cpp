// Scales by the largest weight, a percentile, the squared error; and decays that neurons share.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "algorithms/ProfileClusters.h"
#include "algorithms/ScaleMethods.h"
#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

constexpr double kAlign = 1 << fixed::kAlignBits;

EffectiveWeights bellCurve(int bits) {
  EffectiveWeights part;
  part.values = Connections<double>(16, 256);
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 0.01);
  for (double& value : part.values.values) value = normal(random);
  part.values.values[0] = 0.09;  // nine standard deviations
  part.format.bits = bits;
  for (const double value : part.values.values) part.largest = std::max(part.largest, std::abs(value));
  return part;
}

Dynamics sixteenNeurons() {
  Dynamics dynamics;
  dynamics.lossU.assign(16, 1);
  dynamics.lossV.assign(16, 0.1);
  dynamics.threshold.assign(16, 1);
  dynamics.reset.assign(16, 0);
  return dynamics;
}

ScaleLimits limits() { return {131071, 131071, 1 << 20, -8, 7, 0}; }

ScaleMethod method(const std::string& text) {
  Expected<ScaleMethod> parsed = parseScaleMethod(text);
  EXPECT_TRUE(parsed) << text;
  return *parsed;
}

// The magnitude that is stored as the end of the weights' range.
double endOf(const std::string& text, const EffectiveWeights& part) {
  const double scale = scaleBy(method(text), sixteenNeurons(), {&part}, limits());
  const int exponent = exponentBy(method(text), part, scale, limits());
  return part.format.reach() * kAlign * std::ldexp(1.0, exponent) / scale;
}

TEST(ScaleMethods, the_largest_weight_is_the_end_of_the_range) {
  const EffectiveWeights part = bellCurve(4);
  EXPECT_NEAR(endOf("max", part), 0.09, 1e-9);
}

TEST(ScaleMethods, a_percentile_clips_what_is_beyond) {
  const EffectiveWeights part = bellCurve(4);
  const double end = endOf("percentile:99", part);
  EXPECT_NEAR(end, 0.0258, 0.002);  // of a normal distribution's magnitudes 1 % lie beyond 2.58 deviations
  EXPECT_NEAR(endOf("percentile:100", part), 0.09, 1e-9);
}

// Exponents above the one at which the weights just fit, and sums are floored no more, are not looked at.
TEST(ScaleMethods, no_exponent_above_has_a_smaller_error_than_the_chosen_one) {
  for (const int bits : {2, 3, 4, 5, 6, 7, 8})
    for (int octave = 4; octave < 22; ++octave) {
      const EffectiveWeights part = bellCurve(bits);
      const double scale = 1.3 * std::exp2(octave);
      const double chosen = weightError(part, scale, chooseExponent(part, scale, limits()));
      for (int exponent = fittingExponent(part.format, part.largest, scale); exponent <= 7; ++exponent) {
        if (exponent < limits().leastExponent) continue;
        EXPECT_LE(chosen, weightError(part, scale, exponent)) << bits << ", " << octave << ", " << exponent;
      }
    }
}

TEST(ScaleMethods, the_squared_error_is_no_larger_than_by_other_methods) {
  for (const int bits : {2, 3, 4, 6, 8}) {
    const EffectiveWeights part = bellCurve(bits);
    const auto error = [&](const std::string& text) {
      const double scale = scaleBy(method(text), sixteenNeurons(), {&part}, limits());
      return weightError(part, scale, exponentBy(method(text), part, scale, limits()));
    };
    EXPECT_LE(error("mse"), 1.001 * error("max")) << bits;
    EXPECT_LE(error("mse"), 1.001 * error("percentile:99")) << bits;
    EXPECT_LE(error("mse"), 1.001 * error("auto")) << bits;
    if (bits <= 4) {
      EXPECT_LT(error("mse"), 0.5 * error("max")) << bits;
    }
  }
}

TEST(ScaleMethods, with_two_bits_most_weights_do_not_vanish_beside_one_large_one) {
  const EffectiveWeights part = bellCurve(2);
  const double scale = chooseScale(sixteenNeurons(), {&part}, limits());
  const double unit = scale / kAlign / std::ldexp(1.0, chooseExponent(part, scale, limits()));
  int vanished = 0;
  for (const double value : part.values.values) vanished += part.format.round(value * unit) == 0;
  EXPECT_LT(vanished, 0.7 * static_cast<double>(part.values.values.size()));
}

TEST(ScaleMethods, other_words_are_refused) {
  for (const char* text :
       {"percentile", "percentile:", "percentile:0", "percentile:101", "percentile:9x", "min"})
    EXPECT_FALSE(parseScaleMethod(text)) << text;
}

TEST(ProfileClusters, few_pairs_stay_and_many_become_few) {
  std::vector<DecayPair> pairs;
  for (int i = 0; i < 300; ++i) pairs.push_back({0.1 + 0.002 * (i % 3), 0.02 * (1 + i % 50)});
  EXPECT_EQ(clustered(pairs, 200), pairs);
  const std::vector<DecayPair> few = clustered(pairs, 8);
  EXPECT_LE(std::set<DecayPair>(few.begin(), few.end()).size(), 8u);
  double worst = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    worst = std::max(worst, std::abs(few[i].lossV - pairs[i].lossV) / pairs[i].lossV);
  EXPECT_LT(worst, 0.4);  // 50 values over a factor of 50, in 8
  EXPECT_EQ(few, clustered(pairs, 8));
}

TEST(ProfileClusters, one_cluster_is_the_geometric_mean) {
  const std::vector<DecayPair> one = clustered({{1, 0.1}, {1, 0.4}}, 1);
  EXPECT_NEAR(one[0].lossV, 0.2, 1e-12);
  EXPECT_EQ(one[0], one[1]);
  EXPECT_EQ(one[0].lossU, 1);
}

TEST(ProfileClusters, populations_share_what_there_is) {
  EXPECT_EQ(sharesOf({3, 100, 5}, 32), (std::vector<int>{3, 24, 5}));
  EXPECT_EQ(sharesOf({40, 40}, 32), (std::vector<int>{16, 16}));
  EXPECT_EQ(sharesOf({9, 9, 9}, 2), (std::vector<int>{1, 1, 1}));
}

}  // namespace
}  // namespace rheo
