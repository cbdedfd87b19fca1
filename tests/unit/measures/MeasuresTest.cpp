// Measures of spike trains: values computed by hand, and what holds for all trains.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "measures/Measures.h"

namespace rheo::measures {
namespace {

using Spikes = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Window kTen{0, 10};

// Spikes on a grid of tenths, so that some coincide between trains.
Spikes randomTrain(std::mt19937& random, int most) {
  std::uniform_int_distribution<int> count(0, most), tenth(0, 100);
  std::vector<int> grid;
  for (int left = count(random); left > 0; --left) grid.push_back(tenth(random));
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  Spikes train;
  for (const int value : grid) train.push_back(value / 10.0);
  return train;
}

// The edit distance from its definition, without any shortcut.
double editDistance(Train a, Train b, double cost) {
  if (a.empty() || b.empty()) return static_cast<double>(a.size() + b.size());
  return std::min({editDistance(a.subspan(1), b, cost) + 1, editDistance(a, b.subspan(1), cost) + 1,
                   editDistance(a.subspan(1), b.subspan(1), cost) + cost * std::abs(a[0] - b[0])});
}

TEST(VictorPurpura, by_hand) {
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{1}, Spikes{1.5}, 1), 0.5);
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{1}, Spikes{4}, 1), 2);  // removed and added, not moved
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{1, 2}, Spikes{2}, 1), 1);
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{}, Spikes{2, 3}, 1), 2);
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{1, 2, 9}, Spikes{3}, 0), 2);
  EXPECT_DOUBLE_EQ(victorPurpura(Spikes{1, 2, 9}, Spikes{2, 3}, kInfinity), 3);
}

TEST(VictorPurpura, is_the_definition) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const Spikes a = randomTrain(random, 6), b = randomTrain(random, 6);
    for (const double cost : {0.0, 0.1, 0.7, 3.0, 40.0})
      ASSERT_NEAR(victorPurpura(a, b, cost), editDistance(a, b, cost), 1e-12) << i << " " << cost;
  }
}

TEST(VanRossum, by_hand) {
  EXPECT_DOUBLE_EQ(vanRossum(Spikes{1}, Spikes{}, 3), 1);
  EXPECT_DOUBLE_EQ(vanRossum(Spikes{1}, Spikes{3}, 2), std::sqrt(2 - 2 * std::exp(-1.0)));
  EXPECT_DOUBLE_EQ(vanRossum(Spikes{1, 1}, Spikes{}, 2), 2);
  EXPECT_DOUBLE_EQ(vanRossum(Spikes{1, 2, 5}, Spikes{5}, 0), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(vanRossum(Spikes{1, 2, 5}, Spikes{4}, kInfinity), 2);
}

TEST(VanRossum, is_the_double_sum) {
  std::mt19937 random(2);
  const auto sum = [](Train a, Train b, double tau) {
    double total = 0;
    for (const double x : a)
      for (const double y : b) total += std::exp(-std::abs(x - y) / tau);
    return total;
  };
  for (int i = 0; i < 300; ++i) {
    const Spikes a = randomTrain(random, 20), b = randomTrain(random, 20);
    const double tau = 0.2 + i % 7, wanted = sum(a, a, tau) + sum(b, b, tau) - 2 * sum(a, b, tau);
    ASSERT_NEAR(std::pow(vanRossum(a, b, tau), 2), wanted, 1e-11) << i;
  }
}

TEST(IsiDistance, by_hand) {
  // [0, 10] against [0, 5, 10]: 10 and 5 everywhere.
  EXPECT_DOUBLE_EQ(isiDistance(Spikes{0, 10}, Spikes{0, 5, 10}, kTen), 0.5);
  // Without spikes the window's edges stand for them.
  EXPECT_DOUBLE_EQ(isiDistance(Spikes{}, Spikes{0, 5, 10}, kTen), 0.5);
  // 2 to 4: the edges' intervals are 2 (to the start) and 6 (to the end). Against 5: 5 and 5.
  EXPECT_DOUBLE_EQ(isiDistance(Spikes{2, 4}, Spikes{5}, kTen), (4 * 0.6 + 1.0 / 6 + 5.0 / 6) / 10);
}

TEST(SpikeDistance, by_hand) {
  // One spike each, at 4 and at 6: S is 2 * (2 * y + 2 * x) / (x + y)^2 = 4 / (x + y).
  EXPECT_DOUBLE_EQ(spikeDistance(Spikes{4}, Spikes{6}, kTen),
                   (4 * 4 / 10.0 + 2 * 4 / 12.0 + 4 * 4 / 10.0) / 10);
  EXPECT_DOUBLE_EQ(spikeDistance(Spikes{0, 10}, Spikes{}, kTen), 0);
  // Intervals 4 and 5 everywhere: with s and r for what the trains' own spikes are away, S is 2 (5 s + 4 r)
  // / 81. r is 1; s is 2 up to t = 2, then falls to 1 at t = 6: the integrals are 56, 72.75, 19.25 and 72,
  // by 81.
  EXPECT_NEAR(spikeDistance(Spikes{2, 6}, Spikes{5}, kTen), 22.0 / 81, 1e-15);
  // A lone spike at the start: nothing ends its interval, so that s goes from 3 at 0 to the window's end's
  // own 1.
  EXPECT_NEAR(spikeDistance(Spikes{0}, Spikes{3, 9}, kTen), 2 * (6 * 20 + 10 * 22) / 256.0 / 10, 1e-15);
}

TEST(SpikeSynchronisation, by_hand) {
  EXPECT_DOUBLE_EQ(spikeSynchronisation(Spikes{1, 5}, Spikes{1.5, 9}, kTen),
                   0.5);                                                     // 4 apart is not below 4 / 2
  EXPECT_DOUBLE_EQ(spikeSynchronisation(Spikes{1, 3}, Spikes{2}, kTen), 0);  // 1 is not nearer than 2 / 2
  EXPECT_DOUBLE_EQ(spikeSynchronisation(Spikes{1, 3}, Spikes{3}, kTen), 2.0 / 3);
  EXPECT_DOUBLE_EQ(spikeSynchronisation(Spikes{}, Spikes{}, kTen), 1);
  EXPECT_DOUBLE_EQ(spikeSynchronisation(Spikes{}, Spikes{3}, kTen), 0);
}

TEST(Coincidence, by_hand) {
  EXPECT_DOUBLE_EQ(coincidence(Spikes{1, 2}, Spikes{2, 3}, 0), 0.5);
  EXPECT_DOUBLE_EQ(coincidence(Spikes{1, 2}, Spikes{2, 3}, 1), 1);
  EXPECT_DOUBLE_EQ(coincidence(Spikes{}, Spikes{}, 1), 1);
  EXPECT_DOUBLE_EQ(hamming(Spikes{1, 2, 4}, Spikes{2, 3}), 3);
}

TEST(EarthMover, by_hand) {
  EXPECT_DOUBLE_EQ(earthMover({0, 1}, {3, 2}), 2);
  EXPECT_DOUBLE_EQ(earthMover({0}, {0, 4}), 2);
  EXPECT_DOUBLE_EQ(earthMover({-1, -1}, {-1}), 0);
}

TEST(Measures, equal_trains_are_the_same_and_sides_do_not_matter) {
  std::mt19937 random(3);
  const Options options{0.6, 1.5, 0.2, kTen};
  for (int i = 0; i < 300; ++i) {
    const Spikes a = randomTrain(random, 12), b = randomTrain(random, 12);
    for (const Measure& measure : allMeasures()) {
      ASSERT_EQ(measure.of(a, a, options), measure.same) << measure.name;
      ASSERT_NEAR(measure.of(a, b, options), measure.of(b, a, options), 1e-12) << measure.name;
    }
  }
}

TEST(Measures, edit_and_kernel_distances_keep_the_triangle) {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    const Spikes a = randomTrain(random, 9), b = randomTrain(random, 9), c = randomTrain(random, 9);
    ASSERT_LE(victorPurpura(a, c, 0.6), victorPurpura(a, b, 0.6) + victorPurpura(b, c, 0.6) + 1e-12);
    ASSERT_LE(vanRossum(a, c, 1.5), vanRossum(a, b, 1.5) + vanRossum(b, c, 1.5) + 1e-12);
  }
}

TEST(Measures, rasters_are_their_trains) {
  constexpr std::int64_t kSamples = 3, kSteps = 17, kNeurons = 131;
  std::mt19937 random(5);
  std::vector<std::uint8_t> left(kSamples * kSteps * kNeurons), right(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = random() % 9 == 0;
    right[i] = random() % 40 ? left[i] : 1 - left[i];
  }
  const Raster a{left, kSamples, kSteps, kNeurons}, b{right, kSamples, kSteps, kNeurons};
  std::vector<const Measure*> all;
  for (const Measure& measure : allMeasures()) all.push_back(&measure);
  Options options{0.3, 4, 1, {}};
  const auto found = ofRasters(all, a, b, 0.5, options, 2);
  EXPECT_EQ(found, ofRasters(all, a, b, 0.5, options, 1));
  options.window = {0, kSteps * 0.5};
  for (std::int64_t s = 0; s < kSamples; ++s) {
    for (std::int64_t n = 0; n < kNeurons; ++n) {
      Spikes x, y;
      for (std::int64_t t = 0; t < kSteps; ++t) {
        if (left[(s * kSteps + t) * kNeurons + n]) x.push_back(t * 0.5);
        if (right[(s * kSteps + t) * kNeurons + n]) y.push_back(t * 0.5);
      }
      for (std::size_t m = 0; m < all.size(); ++m)
        ASSERT_EQ(found[m][s * kNeurons + n], all[m]->of(x, y, options)) << all[m]->name;
    }
  }
}

TEST(Measures, edges_and_long_trains_stay_finite) {
  for (const Spikes& a : {Spikes{}, Spikes{0}, Spikes{10}, Spikes{0, 10}, Spikes{10 - 1e-12, 10}})
    for (const Spikes& b : {Spikes{}, Spikes{0}, Spikes{10}, Spikes{5}})
      for (const Measure& measure : allMeasures())
        ASSERT_TRUE(std::isfinite(measure.of(a, b, {1, 1, 0, kTen}))) << measure.name;
}

}  // namespace
}  // namespace rheo::measures
