// Models of analog devices against the moments that their papers give.
#include <gtest/gtest.h>

#include <cmath>

#include "faults/Chance.h"
#include "faults/Device.h"

namespace rheo::faults {
namespace {

struct Moments {
  double mean = 0, deviation = 0;
};

template <class Draw>
Moments momentsOf(Draw draw) {
  constexpr int kCount = 200000;
  double sum = 0, square = 0;
  for (int k = 0; k < kCount; ++k) {
    const double value = draw(static_cast<std::uint64_t>(k));
    sum += value, square += value * value;
  }
  const double mean = sum / kCount;
  return {mean, std::sqrt(square / kCount - mean * mean)};
}

TEST(Device, b13_normal_deviates_are_normal) {
  const Moments m = momentsOf([](std::uint64_t k) { return normalChance(7, 1, k); });
  EXPECT_NEAR(m.mean, 0, 0.01);
  EXPECT_NEAR(m.deviation, 1, 0.01);
  const Moments fourth = momentsOf([](std::uint64_t k) { return std::pow(normalChance(7, 1, k), 4); });
  EXPECT_NEAR(fourth.mean, 3, 0.1);
}

// Joshi et al. 2020: at half of 25 uS a device is programmed with a deviation of about 0.953 uS.
TEST(Device, b15_programming_deviates_as_published) {
  const Moments m = momentsOf([](std::uint64_t k) {
    return 25 * pcmConductance(0.5, Manner::Programming, 1, {normalChance(3, 2, k)});
  });
  EXPECT_NEAR(m.mean, 12.5, 0.02);
  EXPECT_NEAR(m.deviation, 0.26348 + 0.98250 - 0.29328, 0.01);
}

// A device at g_max drifts with an exponent of about 0.049, one that is nearly off with about 0.1.
TEST(Device, b15_drift_follows_a_power_law) {
  const double day = 86400, ratio = (day + 20) / 20;
  EXPECT_NEAR(pcmConductance(1, Manner::Drift, day, {}), std::pow(ratio, -0.049), 1e-12);
  EXPECT_NEAR(pcmConductance(0.001, Manner::Drift, day, {}) / 0.001, std::pow(ratio, -0.1), 1e-9);
  EXPECT_GT(pcmConductance(1, Manner::Drift, 1, {}), pcmConductance(1, Manner::Drift, 1e6, {}));
}

TEST(Device, b15_read_noise_grows_as_conductance_falls) {
  const auto relative = [](double g) {
    const double still = pcmConductance(g, Manner::ReadNoise, 100, {});
    return (pcmConductance(g, Manner::ReadNoise, 100, {0, 0, 1}) - still) / still;
  };
  const double log = std::sqrt(std::log((100 + 250e-9) / 500e-9));
  EXPECT_NEAR(relative(1), 0.0088 * log, 1e-12);
  EXPECT_NEAR(relative(0.001), 0.2 * log, 1e-12);  // its limit
}

}  // namespace
}  // namespace rheo::faults
