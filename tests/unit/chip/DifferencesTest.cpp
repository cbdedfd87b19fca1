// Vectors of ir/DIFFERENCES.md that only packing shows: compilation hands on weights that need no truncation.
#include <gtest/gtest.h>

#include <array>

#include "chip/Synapses.h"

namespace rheo {
namespace {

std::array<int, 5> kept(const Profile& profile) {
  std::array weights{-3, -1, 1, 3, 5};
  const SynapseFormat format;  // mixed, 8 bits
  for (int& weight : weights)
    weight = loadWeight(storeWeight(weight, format, profile.weightTruncation), format);
  return weights;
}

TEST(Differences, x11_truncation_of_mixed_weights) {
  EXPECT_EQ(kept(kLavaProfile), (std::array{-4, -2, 0, 2, 4}));
  EXPECT_EQ(kept(kLoihi1Profile), (std::array{-2, 0, 0, 2, 4}));
}

}  // namespace
}  // namespace rheo
