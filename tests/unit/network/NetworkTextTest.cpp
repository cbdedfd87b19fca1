// The dump of the import stage: what is written is read back, number for number, and anything else refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/Builder.h"
#include "network/NetworkText.h"

namespace rheo {
namespace {

Network recurrentNetwork() {
  ConventionOptions options;
  options.dt = 1e-3;
  Builder builder("small", options);
  builder.input("in", {3});
  CubaLifParameters parameters;
  parameters.tauSyn = {5e-3, 0.1};
  parameters.tauMem = {1.0 / 3.0, 2e-2};
  parameters.vThreshold = {1};
  builder.cubaLif("hidden", {2}, parameters);
  builder.connect("in", "hidden", {0.1, -0.0, 1e-30, 1e30, 0.3, -7}, {0.5, -0.25});
  builder.connect("hidden", "hidden", {0, 1, -1, 0});
  Expected<Network> network = builder.build();
  EXPECT_TRUE(network);
  return *std::move(network);
}

TEST(NetworkText, a_network_survives_number_for_number) {
  const Network network = recurrentNetwork();
  const std::string text = networkToText(network);
  ASSERT_TRUE(isNetworkText(text));
  const Expected<Network> again = networkFromText(text, "0-import.json");
  ASSERT_TRUE(again) << again.error().diagnostics.front().message;
  EXPECT_EQ(networkToText(*again), text);
  ASSERT_EQ(again->edges.size(), network.edges.size());
  for (std::size_t e = 0; e < network.edges.size(); ++e)
    EXPECT_EQ(again->edges[e].delaySteps, network.edges[e].delaySteps);  // SPEC F5: derived again
}

TEST(NetworkText, r0704_half_a_text_is_refused) {
  const std::string text = networkToText(recurrentNetwork());
  for (std::size_t length = 0; length + 2 < text.size(); length += 97) {
    const Expected<Network> half = networkFromText(text.substr(0, length), "half.json");
    ASSERT_FALSE(half) << length;
    EXPECT_EQ(half.error().diagnostics.front().code, "R0704");
    EXPECT_EQ(half.error().diagnostics.front().file, "half.json");
  }
}

// Every edit of a value is refused, or gives a network that can be written again.
TEST(NetworkText, r0704_edited_values_are_checked) {
  const std::string text = networkToText(recurrentNetwork());
  const std::pair<const char*, const char*> edits[] = {
      {"\"euler\"", "\"eulr\""},          {"\"float64\"", "7"},
      {"\"shape\": [", "\"shape\": [9,"}, {"\"values\": [", "\"values\": [\"x\","},
      {"\"hidden\"", "\"in\""},           {"0.001", "-1"},
      {"\"nodes\"", "\"noodles\""},       {"\"edges\": [", "\"edges\": [[\"in\"],"}};
  int applied = 0;
  for (const auto& [from, to] : edits) {
    std::string edited = text;
    const std::size_t at = edited.find(from);
    if (at == std::string::npos) continue;
    ++applied;
    edited.replace(at, std::string(from).size(), to);
    const Expected<Network> network = networkFromText(edited, "edited.json");
    EXPECT_FALSE(network) << from << " -> " << to;
  }
  EXPECT_GE(applied, 6);
}

TEST(NetworkText, r0704_says_where) {
  const std::string text = networkToText(recurrentNetwork());
  const auto messageOf = [&](const std::string& from, const std::string& to) {
    std::string edited = text;
    edited.replace(edited.find(from), from.size(), to);
    const Expected<Network> network = networkFromText(edited, "edited.json");
    EXPECT_FALSE(network);
    const Diagnostic& found = network.error().diagnostics.front();
    return found.where + "|" + found.message;
  };
  EXPECT_THAT(messageOf("\"euler\"", "7"),
              testing::HasSubstr("'conventions.discretization' is 7, but can be"));
  EXPECT_THAT(messageOf("\"shape\": [2", "\"shape\": [9"),
              testing::HasSubstr(".shape' says 9 values, there are 2"));
  EXPECT_THAT(messageOf("\"edges\"", "\"egdes\""), testing::HasSubstr("'edges' is missing"));
  EXPECT_THAT(messageOf("\"nodes\": [", "\"nodes\": [3,"), testing::HasSubstr("'nodes[0]' is not an object"));
  EXPECT_THAT(messageOf("\"nodes\": [", "\"nodes\": [,"),
              testing::MatchesRegex("line [0-9]+, column [0-9]+.this is not JSON"));
}

TEST(NetworkText, other_texts_are_no_networks) {
  EXPECT_FALSE(isNetworkText(""));
  EXPECT_FALSE(isNetworkText("module {}"));
  EXPECT_FALSE(isNetworkText("{}"));
}

}  // namespace
}  // namespace rheo
