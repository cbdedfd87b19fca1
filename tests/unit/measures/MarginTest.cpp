// Distances to the threshold: which cells count, and how exactly quantiles are known.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "measures/Margin.h"

namespace rheo::measures {
namespace {

TEST(LogHistogram, quantiles_are_right_to_a_thirtysecond) {
  std::mt19937 random(1);
  std::lognormal_distribution<float> draw(0, 8);
  std::vector<float> values;
  LogHistogram histogram;
  for (int i = 0; i < 2000; ++i) histogram.add(values.emplace_back(draw(random)));
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.05, 0.5, 0.95, 1.0}) {
    const double exact = values[static_cast<std::size_t>(share * 2000) - 1];
    EXPECT_NEAR(histogram.quantile(share) / exact, 1, 1.0 / 31) << share;
  }
  EXPECT_EQ(histogram.total(), 2000);
}

TEST(LogHistogram, nothing_and_far_away) {
  LogHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  histogram.add(0);
  histogram.add(1e-30F);
  EXPECT_EQ(histogram.quantile(1), 0);
  histogram.add(1e38F);
  EXPECT_GT(histogram.quantile(1), 1e20);
}

TEST(Margins, count_cells_without_a_spike_in_the_networks_time) {
  // Two samples of three steps, the first of which belongs to the lag; two neurons with thresholds 100 and
  // 200.
  const std::vector<std::int32_t> v{0, 0, 99, 0, 100, -200, 7, 7, 36, 150, 0, 264};
  const std::vector<std::int32_t> spikes{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  const std::vector<std::int32_t> threshold{100, 200};
  const Potentials potentials{v, spikes, 2, 3, 2, 1, 2};
  for (const int threads : {1, 2}) {
    const Margins found = marginsOf(potentials, threshold, 64, threads);
    EXPECT_EQ(found.spikes, 2);
    EXPECT_EQ(found.cells, 6);  // distances 1, 200, 0, 64, 50, 64
    EXPECT_EQ(found.within, 5);
    EXPECT_EQ(found.distance.quantile(1.0 / 6), 0);
    EXPECT_NEAR(found.distance.quantile(0.5), 50, 50.0 / 31);
    EXPECT_NEAR(found.relative.quantile(1), 1, 1.0 / 31);
    EXPECT_NEAR(found.relative.quantile(0.5), 0.25, 0.25 / 31);
  }
}

}  // namespace
}  // namespace rheo::measures
