// The golden model on random images: save and restore, threads, input checks, and that the random images
// exercise what they claim to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/Engine.h"
#include "support/RandomProgram.h"

namespace rheo {
namespace {

std::vector<std::span<const std::int32_t>> spansOf(const std::vector<std::vector<std::int32_t>>& rows) {
  return {rows.begin(), rows.end()};
}

// The rows of one step of a sample, from either storage.
std::vector<std::vector<std::int32_t>> rowsOf(const Program& program, const InputBatch& batch,
                                              std::int64_t step) {
  std::vector<std::vector<std::int32_t>> rows;
  for (std::size_t k = 0; k < program.inputs.size(); ++k) {
    std::vector<std::int32_t> row;
    for (std::int64_t i = step * program.inputs[k].size; i < (step + 1) * program.inputs[k].size; ++i) {
      const auto at = static_cast<std::size_t>(i);
      row.push_back(batch.inputs[k].wide.empty() ? batch.inputs[k].narrow[at] : batch.inputs[k].wide[at]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(Golden, save_and_restore_continue_bit_for_bit) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto program = test::makeRandomProgram(seed);
    const InputBatch input = test::makeRandomInput(*program, 1, 60, seed);
    const auto engine = makeGolden(program);
    const auto whole = engine->open();
    const auto second = engine->open();
    for (std::int64_t step = 0; step < 60; ++step) {
      const auto rows = rowsOf(*program, input, step);
      whole->step(spansOf(rows));
      if (step == 29) {
        ASSERT_TRUE(second->restore(whole->save()));
        for (int p = 0; p < static_cast<int>(program->populations.size()); ++p)
          for (int s = 0; s < static_cast<int>(program->populations[p].model->states.size()); ++s) {
            std::vector<std::int32_t> values(static_cast<std::size_t>(program->populations[p].size));
            whole->readState(p, s, values);
            second->writeState(p, s, values);
          }
      }
      if (step <= 29) continue;
      second->step(spansOf(rows));
      for (int p = 0; p < static_cast<int>(program->populations.size()); ++p) {
        const auto a = whole->spikes(p), b = second->spikes(p);
        ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()))
            << "seed " << seed << " step " << step;
      }
    }
    EXPECT_EQ(whole->save(), second->save());
  }
}

TEST(Golden, restore_refuses_foreign_bytes) {
  const auto session = makeGolden(test::makeRandomProgram(1))->open();
  std::vector<std::uint8_t> bytes = session->save();
  bytes.pop_back();
  EXPECT_FALSE(session->restore(bytes));
  EXPECT_FALSE(session->restore({}));
}

TEST(Run, threads_change_nothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto program = test::makeRandomProgram(seed);
    const InputBatch input = test::makeRandomInput(*program, 7, 20, seed);
    const auto engine = makeGolden(program);
    RunOptions one, four;
    one.threads = 1;
    four.threads = 4;
    std::int64_t last = 0;
    four.progress = [&](std::int64_t done, std::int64_t) { last = done; };
    const auto a = run(*engine, input, one), b = run(*engine, input, four);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(last, 7);
    EXPECT_TRUE(comparable(*a, *b).empty());
    EXPECT_FALSE(firstDifference(*a, *b));
    EXPECT_EQ(a->overflows.size(), b->overflows.size());
  }
}

TEST(Run, t4_extra_steps_of_the_largest_lag) {
  const auto program = test::makeRandomProgram(4);
  const auto recording = run(*makeGolden(program), test::makeRandomInput(*program, 2, 10, 1), {});
  ASSERT_TRUE(recording);
  for (const auto& [name, trace] : recording->outputs) EXPECT_EQ(trace.steps, 10 + program->lag);
}

std::string codeOf(const Expected<Recording>& recording) {
  return recording ? "" : recording.error().diagnostics.front().code;
}

TEST(Run, data_is_checked) {
  std::uint64_t seed = 0;
  while (test::makeRandomProgram(seed)->inputs[0].encoding != image::Encoding::Binary) ++seed;
  const auto program = test::makeRandomProgram(seed);
  const auto engine = makeGolden(program);
  InputBatch input = test::makeRandomInput(*program, 1, 5, 1);
  input.inputs[0].narrow[0] = 2;
  EXPECT_EQ(codeOf(run(*engine, input, {})), "R0602");
  InputBatch many = test::makeRandomInput(*program, 64, 5, 1);
  const std::size_t sample = many.inputs[0].narrow.size() / 64;
  for (const std::size_t bad : {20u, 21u, 40u}) many.inputs[0].narrow[bad * sample + 3] = 2;
  RunOptions threads;
  threads.threads = 4;
  const auto refused = run(*engine, many, threads);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().diagnostics.front().message, testing::HasSubstr("value 2 in sample 20, "));
  input.inputs[0].narrow.pop_back();
  EXPECT_EQ(codeOf(run(*engine, input, {})), "R0601");
  input.inputs.clear();
  EXPECT_EQ(codeOf(run(*engine, input, {})), "R0601");
  RunOptions options;
  options.probes = {"layer0.w"};
  EXPECT_EQ(codeOf(run(*engine, test::makeRandomInput(*program, 1, 5, 1), options)), "R0603");
  const std::atomic<bool> cancel{true};
  options = {};
  options.cancel = &cancel;
  EXPECT_EQ(codeOf(run(*engine, test::makeRandomInput(*program, 1, 5, 1), options)), "R0604");
}

// The lag and the outputs come from the image, and multiply.
TEST(Run, r0664_recordings_that_no_memory_holds) {
  Program program = *test::makeRandomProgram(4);
  program.lag = 1 << 20;
  program.outputs[0].parts.assign(100'000, program.outputs[0].parts[0]);
  const auto shared = std::make_shared<const Program>(std::move(program));
  EXPECT_EQ(codeOf(run(*makeGolden(shared), test::makeRandomInput(*shared, 2, 5, 1), {})), "R0664");
}

TEST(RandomPrograms, exercise_spikes_overflows_models_and_delays) {
  std::int64_t spikes = 0, wraps = 0, saturations = 0, delayed = 0, negative = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto program = test::makeRandomProgram(seed);
    delayed += program->maxDelay > 0;
    for (const Core& core : program->cores)
      for (const SynapseGroup& group : core.groups) negative += group.exponent < 0;
    const auto recording = run(*makeGolden(program), test::makeRandomInput(*program, 2, 30, seed), {});
    ASSERT_TRUE(recording);
    for (const auto& [name, trace] : recording->spikes)
      for (const std::int32_t value : trace.values) spikes += value;
    for (const auto& [name, count] : recording->overflows) {
      for (const std::int64_t value : count.wraps) wraps += value;
      for (const std::int64_t value : count.saturations) saturations += value;
    }
  }
  EXPECT_GT(spikes, 1000);
  EXPECT_GT(wraps, 10);
  EXPECT_GT(saturations, 10);
  EXPECT_GT(delayed, 50);
  EXPECT_GT(negative, 50);
}

}  // namespace
}  // namespace rheo
