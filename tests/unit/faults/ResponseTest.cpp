// Bounds read from step.h, against leaks followed by hand.
#include <gtest/gtest.h>

#include "faults/Response.h"
#include "models/AllModels.h"

namespace rheo::faults {
namespace {

std::vector<std::int32_t> parametersOf(
    const models::ModelTable& model,
    std::initializer_list<std::pair<std::string_view, std::int32_t>> values) {
  std::vector<std::int32_t> parameters(models::kMaxParameters);
  for (const auto& [name, value] : values)
    for (std::size_t p = 0; p < model.fixedParameters.size(); ++p)
      if (model.fixedParameters[p].name == name) parameters[p] = value;
  return parameters;
}

TEST(Response, OfOneLeakFallsByItAndEndsWithASpike) {
  const models::ModelTable& model = models::lif::kTable;
  const Response response =
      responseOf(model, parametersOf(model, {{"decay_v", 1024}, {"threshold", 100}}).data(), 100);
  ASSERT_TRUE(response.bounded);
  EXPECT_TRUE(response.clears);
  ASSERT_EQ(std::ssize(response.gain), Response::kWindow);
  // An arrival enters 6 bits up, SPEC N2, and keeps three quarters a step, N1.
  double left = 64;
  for (const float gain : response.gain) {
    EXPECT_NEAR(gain, left, 0.01 + left * 2e-4);
    EXPECT_GE(gain, left);
    left *= 0.75;
  }
  EXPECT_LT(response.tail, 1e-5);
  // A truncation a step, of which three quarters last: 1 / (1 - 3/4), and one more where floats round.
  EXPECT_NEAR(response.slack, 1 / (1 - 0.75) + 1, 0.01);
}

TEST(Response, OfTwoLeaksRisesAndOutlastsASpike) {
  const models::ModelTable& model = models::cuba_lif::kTable;
  const Response response = responseOf(
      model, parametersOf(model, {{"decay_u", 2048}, {"decay_v", 1024}, {"threshold", 100}}).data(), 100);
  ASSERT_TRUE(response.bounded);
  EXPECT_FALSE(response.clears);  // the current is not reset
  double u = 64, v = 0;
  for (const float gain : response.gain) {
    v = 0.75 * v + u;
    EXPECT_GE(gain, v);
    EXPECT_NEAR(gain, v, 0.01 + v * 2e-4);
    u *= 0.5;
  }
  // Currents lose up to 2 each, and the potential what it takes of them and 1 of its own.
  EXPECT_NEAR(response.slack, (2 + 1) / (1 - 0.75) + 1, 0.02);
}

TEST(Response, LastsWhereNothingDecays) {
  const models::ModelTable& model = models::lif::kTable;
  const Response response = responseOf(model, parametersOf(model, {{"threshold", 100}}).data(), 200);
  ASSERT_TRUE(response.bounded);
  EXPECT_NEAR(response.tail, 64, 0.1);
  EXPECT_GT(response.slack, 199);  // one truncation more in each of the steps
}

TEST(Response, IsNotSaidOfWhatSendsNoSpikes) {
  const std::vector<std::int32_t> none(models::kMaxParameters);
  EXPECT_FALSE(responseOf(models::li::kTable, none.data(), 10).bounded);
  EXPECT_FALSE(responseOf(models::sigma_delta::kTable, none.data(), 10).bounded);
}

// Such models are microcode today, of which nothing is said in any case.
TEST(Response, IsNotSaidOfSpikesThatHangOnMoreThanAThreshold) {
  const std::vector<std::int32_t> none(models::kMaxParameters);
  models::ModelTable adaptive = models::atrlif::kTable;
  adaptive.microcode = false;
  EXPECT_FALSE(responseOf(adaptive, none.data(), 10).bounded);
}

}  // namespace
}  // namespace rheo::faults
