// How a program is flattened: which storage a projection gets, and that no 16-bit sum can overflow.
#include <gtest/gtest.h>

#include <set>

#include "RawProgram.h"
#include "sim/Plan.h"

namespace rheo {
namespace {

std::vector<const PlanProjection*> projectionsOf(const Plan& plan) {
  std::vector<const PlanProjection*> all;
  for (const PlanPopulation& population : plan.populations) {
    for (const PlanProjection& projection : population.linear) all.push_back(&projection);
    for (const PlanShifted& unit : population.shifted)
      for (const PlanProjection& projection : unit.projections) all.push_back(&projection);
  }
  return all;
}

Plan planOf(std::uint64_t seed) { return makePlan(std::make_shared<const Program>(test::rawProgram(seed))); }

TEST(Plan, random_programs_reach_every_storage_and_both_kinds_of_sum) {
  std::set<WeightStorage> seen;
  std::size_t shifted = 0, constant = 0, perNeuron = 0, flushing = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Plan plan = planOf(seed);
    for (const PlanProjection* projection : projectionsOf(plan)) {
      seen.insert(projection->storage);
      flushing += projection->storage != WeightStorage::Sparse && projection->rowsPerFlush < 10;
    }
    for (const PlanPopulation& population : plan.populations) {
      shifted += population.shifted.size();
      for (const PlanParameter& parameter : population.parameters)
        ++(parameter.constant ? constant : perNeuron);
    }
  }
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_GT(shifted, 10u);
  EXPECT_GT(constant, 10u);
  EXPECT_GT(perNeuron, 10u);
  EXPECT_GT(flushing, 10u);
}

template <class Weight>
void expectSafe(const PlanProjection& projection, const vector::AlignedVector<Weight>& weights) {
  const std::size_t rows = weights.size() / projection.stride;
  for (std::size_t x = 0; x < projection.stride; ++x) {
    std::int64_t all = 0, largest = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int64_t magnitude = std::abs(std::int64_t{weights[row * projection.stride + x]});
      all += magnitude, largest = std::max(largest, magnitude);
    }
    const std::int64_t flushed = largest * static_cast<std::int64_t>(projection.rowsPerFlush);
    EXPECT_LE(std::min(all, flushed), 32767) << "column " << x;
  }
}

TEST(Plan, w8_partial_sums_fit_sixteen_bits) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const Plan plan = planOf(seed);
    for (const PlanProjection* projection : projectionsOf(plan)) {
      if (projection->storage == WeightStorage::Dense8) expectSafe(*projection, projection->weights8);
      if (projection->storage == WeightStorage::Dense16) expectSafe(*projection, projection->weights16);
    }
  }
}

}  // namespace
}  // namespace rheo
