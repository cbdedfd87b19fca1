// Where two recordings first differ.
#include <gtest/gtest.h>

#include "trace/Recording.h"

namespace rheo {
namespace {

Recording sample() {
  Recording recording;
  recording.spikes["hidden"] = Trace<std::int32_t>(2, 4, 3);
  recording.states["hidden.v"] = Trace<std::int32_t>(2, 4, 3);
  return recording;
}

TEST(FirstDifference, none_between_equal_recordings) {
  EXPECT_FALSE(firstDifference(sample(), sample()));
  EXPECT_TRUE(comparable(sample(), sample()).empty());
}

TEST(FirstDifference, time_before_sample_before_name) {
  Recording left = sample(), right = sample();
  right.spikes["hidden"].row(0, 3)[0] = 1;
  right.states["hidden.v"].row(1, 2)[1] = 5;
  const auto difference = firstDifference(left, right);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->series, "hidden.v");
  EXPECT_EQ(difference->sample, 1);
  EXPECT_EQ(difference->step, 2);
  EXPECT_EQ(difference->neuron, 1);
  EXPECT_EQ(difference->right, 5);
  right.spikes["hidden"].row(1, 2)[2] = 1;
  EXPECT_EQ(firstDifference(left, right)->series, "hidden.spikes");
}

TEST(FirstDifference, series_of_one_side_and_other_shapes_are_named) {
  Recording left = sample(), right = sample();
  right.spikes.erase("hidden");
  right.states["hidden.v"] = Trace<std::int32_t>(2, 5, 3);
  EXPECT_FALSE(firstDifference(left, right));
  EXPECT_EQ(comparable(left, right).size(), 2u);
}

TEST(FirstDifference, nan_equals_nan) {
  BasicRecording<double> left, right;
  left.states["a.v"] = right.states["a.v"] = Trace<double>(1, 1, 1);
  left.states["a.v"].values[0] = right.states["a.v"].values[0] = 0.0 / 0.0;
  EXPECT_FALSE(firstDifference(left, right));
}

}  // namespace
}  // namespace rheo
