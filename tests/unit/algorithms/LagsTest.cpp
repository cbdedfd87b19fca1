// Lags and axon delays on small graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/Lags.h"

namespace rheo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Lags, t4_every_hop_of_a_chain_costs_a_step) {
  const auto solution = solveLags({"a", "b"}, {{-1, 0, 0, "in"}, {0, 1, 0, "ab"}}, 62);
  ASSERT_TRUE(solution);
  EXPECT_THAT(solution->lag, ElementsAre(1, 2));
  EXPECT_THAT(solution->axonDelay, ElementsAre(0, 0));
  EXPECT_EQ(solution->largest, 2);
}

TEST(Lags, t2_a_skipping_edge_waits_in_the_axon) {
  const auto solution = solveLags({"a", "b"}, {{-1, 0, 0, "in"}, {0, 1, 0, "ab"}, {-1, 1, 0, "skip"}}, 62);
  ASSERT_TRUE(solution);
  EXPECT_THAT(solution->axonDelay, ElementsAre(0, 0, 1));
}

TEST(Lags, t5_a_recurrent_edge_is_free) {
  const auto solution = solveLags({"a"}, {{-1, 0, 0, "in"}, {0, 0, 1, "rec"}}, 62);
  ASSERT_TRUE(solution);
  EXPECT_THAT(solution->lag, ElementsAre(1));
  EXPECT_THAT(solution->axonDelay, ElementsAre(0, 0));
}

TEST(Lags, r0750_a_loop_that_needs_more_steps_than_it_has_is_printed) {
  const auto solution =
      solveLags({"a", "b", "c"}, {{-1, 0, 0, "in"}, {0, 1, 0, "ab"}, {1, 0, 1, "ba"}, {1, 2, 0, "bc"}}, 62);
  ASSERT_FALSE(solution);
  const Diagnostic& diagnostic = solution.error().diagnostics[0];
  EXPECT_EQ(diagnostic.code, "R0750");
  EXPECT_EQ(diagnostic.value, 2);
  EXPECT_EQ(diagnostic.limit, 1);
  EXPECT_THAT(diagnostic.message, testing::AnyOf(HasSubstr("a -> b -> a"), HasSubstr("b -> a -> b")));
}

TEST(Lags, t7_an_axon_delay_beyond_the_chip_is_refused) {
  const auto solution =
      solveLags({"a", "b", "c"}, {{-1, 0, 0, "in"}, {0, 1, 0, "ab"}, {1, 2, 0, "bc"}, {-1, 2, 0, "skip"}}, 1);
  ASSERT_FALSE(solution);
  EXPECT_EQ(solution.error().diagnostics[0].code, "R0418");
}

}  // namespace
}  // namespace rheo
