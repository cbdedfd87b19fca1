// Golden, vector and JIT give the same bits: every spike, state, output and overflow of random networks.
// RHEO_SEED=n replays one network, RHEO_NETWORKS=n sets how many are drawn.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/LoadJit.h"
#include "support/RandomProgram.h"

namespace rheo {
namespace {

std::uint64_t numberFrom(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

RunOptions everything(const Program& program) {
  RunOptions options;
  options.recordHidden = true;
  options.threads = 1;
  for (const PopulationInfo& population : program.populations)
    for (const std::string_view state : population.model->states)
      options.probes.push_back(population.name + "." + std::string(state));
  return options;
}

void expectEqual(const Recording& left, const Recording& right, const std::string& who) {
  if (const auto difference = firstDifference(left, right))
    FAIL() << who << " differs: " << difference->series << " sample " << difference->sample << " step "
           << difference->step << " neuron " << difference->neuron << ": " << difference->left << " against "
           << difference->right;
  ASSERT_EQ(left.overflows.size(), right.overflows.size()) << who;
  for (const auto& [name, count] : left.overflows) {
    const OverflowCount& other = right.overflows.at(name);
    ASSERT_EQ(count.wraps, other.wraps) << who << " " << name;
    ASSERT_EQ(count.saturations, other.saturations) << who << " " << name;
  }
}

void compareEngines(std::uint64_t seed, std::int64_t* spikes) {
  SCOPED_TRACE("replay with RHEO_SEED=" + std::to_string(seed));
  const auto program = test::makeRandomProgram(seed);
  const InputBatch input = test::makeRandomInput(*program, 2, 20, seed);
  const RunOptions options = everything(*program);
  auto jit = makeJit(program);
  ASSERT_TRUE(jit) << jit.error().diagnostics.front().message;
  const auto golden = run(*makeGolden(program), input, options);
  const auto vector = run(*makeVector(program), input, options);
  const auto compiled = run(**jit, input, options);
  ASSERT_TRUE(golden && vector && compiled);
  ASSERT_NO_FATAL_FAILURE(expectEqual(*golden, *vector, "vector"));
  ASSERT_NO_FATAL_FAILURE(expectEqual(*golden, *compiled, "jit"));
  for (const auto& [name, trace] : golden->spikes)
    for (const std::int32_t payload : trace.values) *spikes += payload != 0;
}

TEST(Engines, w9_n17_golden_vector_and_jit_agree_on_random_networks) {
  setenv("RHEOBASE_JIT_FOLDER", RHEO_JIT_FOLDER, 1);
  setenv("RHEOBASE_CACHE", "off", 1);
  const bool replay = std::getenv("RHEO_SEED") != nullptr;
  const std::uint64_t first = numberFrom("RHEO_SEED", 1);
  const std::uint64_t count = replay ? 1 : numberFrom("RHEO_NETWORKS", 60);
  std::int64_t spikes = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    ASSERT_NO_FATAL_FAILURE(compareEngines(seed, &spikes));
  if (!replay) {
    EXPECT_GT(spikes, 1000);
  }
}

}  // namespace
}  // namespace rheo
