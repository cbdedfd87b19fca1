// The vector engine against the golden model: random programs, every spike, state and overflow equal.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdlib>
#include <functional>
#include <memory>

#include "RawProgram.h"
#include "sim/Engine.h"
#include "sim/vector/Kernels.h"
#include "support/RandomProgram.h"

namespace rheo {
namespace {

using test::Random;
using test::randomInput;

struct Pair {
  std::shared_ptr<const Program> program;
  std::unique_ptr<Engine> golden, vector;
  std::unique_ptr<Session> left, right;

  explicit Pair(std::shared_ptr<const Program> p)
      : program(std::move(p)),
        golden(makeGolden(program)),
        vector(makeVector(program)),
        left(golden->open()),
        right(vector->open()) {}
};

std::shared_ptr<const Program> rawProgram(std::uint64_t seed) {
  return std::make_shared<const Program>(test::rawProgram(seed));
}

std::vector<std::int32_t> stateOf(const Session& session, const Program& program, int population, int state) {
  std::vector<std::int32_t> values(
      static_cast<std::size_t>(program.populations[static_cast<std::size_t>(population)].size));
  session.readState(population, state, values);
  return values;
}

// Whether both sessions show the same after a step; counts the spikes.
void expectEqual(const Program& program, const Session& left, const Session& right, std::int64_t* spikes) {
  for (int p = 0; p < static_cast<int>(program.populations.size()); ++p) {
    const PopulationInfo& info = program.populations[static_cast<std::size_t>(p)];
    const auto a = left.spikes(p), b = right.spikes(p);
    ASSERT_EQ(std::vector<std::int32_t>(a.begin(), a.end()), std::vector<std::int32_t>(b.begin(), b.end()))
        << info.name;
    for (const std::int32_t payload : a) *spikes += payload != 0;
    for (int s = 0; s < static_cast<int>(info.model->states.size()); ++s)
      ASSERT_EQ(stateOf(left, program, p, s), stateOf(right, program, p, s))
          << info.name << "." << info.model->states[s];
  }
}

void expectEqualOverflows(const Program& program, const Session& left, const Session& right,
                          std::int64_t* overflows) {
  for (int p = 0; p < static_cast<int>(program.populations.size()); ++p) {
    const OverflowCount a = left.overflows(p), b = right.overflows(p);
    ASSERT_EQ(a.wraps, b.wraps) << "population " << p;
    ASSERT_EQ(a.saturations, b.saturations) << "population " << p;
    for (const std::int64_t count : a.wraps) *overflows += count;
    for (const std::int64_t count : a.saturations) *overflows += count;
  }
}

using Rows = std::vector<std::vector<std::int32_t>>;

void stepBoth(const Program& program, Random& random, Session& left, Session& right, const Rows& rows) {
  std::vector<std::span<const std::int32_t>> wide(rows.begin(), rows.end());
  left.step(wide);
  std::vector<std::vector<std::uint8_t>> bytes;
  bool fits = true;
  for (const auto& row : rows) {
    bytes.emplace_back(row.begin(), row.end());
    for (const std::int32_t value : row) fits &= value >= 0 && value <= 255;
  }
  const std::vector<std::span<const std::uint8_t>> narrow(bytes.begin(), bytes.end());
  fits&& random.oneIn(2) ? right.stepBytes(narrow) : right.step(wide);
}

void stepBoth(const Program& program, Random& random, Session& left, Session& right) {
  stepBoth(program, random, left, right, randomInput(program, random));
}

// RHEO_SEED replays one program.
void compareOnThousand(const std::function<std::shared_ptr<const Program>(std::uint64_t)>& make) {
  const char* replay = std::getenv("RHEO_SEED");
  const std::uint64_t first = replay ? std::strtoull(replay, nullptr, 10) : 1;
  const std::uint64_t count = replay ? 1 : 1000;
  std::int64_t spikes = 0, overflows = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(::testing::Message() << "replay with RHEO_SEED=" << seed);
    Pair pair(make(seed));
    Random random(seed);
    for (int step = 0; step < 24; ++step) {
      stepBoth(*pair.program, random, *pair.left, *pair.right);
      ASSERT_NO_FATAL_FAILURE(expectEqual(*pair.program, *pair.left, *pair.right, &spikes))
          << "step " << step;
    }
    ASSERT_NO_FATAL_FAILURE(expectEqualOverflows(*pair.program, *pair.left, *pair.right, &overflows));
  }
  if (replay) return;
  EXPECT_GT(spikes, 10000);
  EXPECT_GT(overflows, 50);
}

TEST(VectorEngine, equals_golden_on_a_thousand_random_images) {
  compareOnThousand([](std::uint64_t seed) { return test::makeRandomProgram(seed); });
}

TEST(VectorEngine, equals_golden_on_a_thousand_raw_programs) { compareOnThousand(rawProgram); }

// Inputs of which few channels change from step to step, with sudden changes, graded steps and a restore
// between.
TEST(VectorEngine, equals_golden_where_inputs_hardly_change) {
  std::int64_t spikes = 0;
  for (std::uint64_t seed = 4000; seed < 4300; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Pair pair(seed % 2 ? rawProgram(seed) : test::makeRandomProgram(seed));
    Random random(seed);
    Rows rows = randomInput(*pair.program, random);
    for (int step = 0; step < 40; ++step) {
      const Rows fresh = randomInput(*pair.program, random);
      const bool sudden = random.oneIn(12);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        const bool mostly = pair.program->inputs[k].encoding == image::Encoding::Binary || random.oneIn(2);
        for (std::size_t i = 0; i < rows[k].size(); ++i) {
          if (sudden || random.oneIn(16)) rows[k][i] = fresh[k][i];
          if (mostly && !sudden) rows[k][i] = rows[k][i] > 0 || random.oneIn(16) ? !random.oneIn(16) : 0;
        }
      }
      if (step == 25) {
        ASSERT_EQ(pair.left->save(), pair.right->save());
        ASSERT_TRUE(pair.right->restore(pair.left->save()));
      }
      stepBoth(*pair.program, random, *pair.left, *pair.right, rows);
      ASSERT_NO_FATAL_FAILURE(expectEqual(*pair.program, *pair.left, *pair.right, &spikes))
          << "step " << step;
    }
  }
  EXPECT_GT(spikes, 10000);
}

TEST(VectorEngine, equals_golden_on_every_instruction_set) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(vector::kernels().target);
    std::int64_t spikes = 0;
    for (std::uint64_t seed = 2000; seed < 2030; ++seed) {
      Pair pair(rawProgram(seed));
      Random random(seed);
      for (int step = 0; step < 12; ++step) {
        stepBoth(*pair.program, random, *pair.left, *pair.right);
        ASSERT_NO_FATAL_FAILURE(expectEqual(*pair.program, *pair.left, *pair.right, &spikes))
            << "seed " << seed;
      }
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

// A batch over threads, from byte or wide storage.
TEST(VectorEngine, t4_runs_of_a_batch_equal_golden) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto program = test::makeRandomProgram(seed);
    const InputBatch input = test::makeRandomInput(*program, 5, 12, seed);
    RunOptions options;
    options.recordHidden = true;
    options.threads = 2;
    const auto golden = run(*makeGolden(program), input, options);
    const auto fast = run(*makeVector(program), input, options);
    ASSERT_TRUE(golden && fast);
    EXPECT_FALSE(firstDifference(*golden, *fast)) << "seed " << seed;
    ASSERT_EQ(golden->overflows.size(), fast->overflows.size()) << "seed " << seed;
    for (const auto& [name, count] : golden->overflows)
      EXPECT_EQ(count.wraps, fast->overflows.at(name).wraps);
  }
}

TEST(VectorEngine, t4_bytes_may_be_borrowed) {
  std::uint64_t seed = 0;
  while (test::makeRandomProgram(seed)->inputs.size() != 1 ||
         test::makeRandomInput(*test::makeRandomProgram(seed), 1, 1, 1).inputs[0].narrow.empty())
    ++seed;
  const auto program = test::makeRandomProgram(seed);
  const InputBatch owned = test::makeRandomInput(*program, 3, 12, seed);
  InputBatch borrowed{owned.batch, owned.steps, {{}}};
  borrowed.inputs[0].borrowed = owned.inputs[0].narrow;
  for (const auto& engine : {makeGolden(program), makeVector(program)}) {
    const auto left = run(*engine, owned, {}), right = run(*engine, borrowed, {});
    ASSERT_TRUE(left && right);
    EXPECT_FALSE(firstDifference(*left, *right)) << engine->name();
  }
}

// Half a run in one engine, the other half in another, and saved again on the way.
TEST(VectorEngine, t1_continues_what_golden_saved_and_the_other_way_round) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Pair pair(rawProgram(seed));
    const Program& program = *pair.program;
    Random random(seed);
    std::int64_t spikes = 0;
    for (int step = 0; step < 8; ++step) stepBoth(program, random, *pair.left, *pair.right);
    ASSERT_EQ(pair.left->save(), pair.right->save());
    auto fromGolden = pair.vector->open();
    auto fromVector = pair.golden->open();
    for (int p = 0; p < static_cast<int>(program.populations.size()); ++p)
      for (int s = 0;
           s < static_cast<int>(program.populations[static_cast<std::size_t>(p)].model->states.size()); ++s) {
        fromGolden->writeState(p, s, stateOf(*pair.left, program, p, s));
        fromVector->writeState(p, s, stateOf(*pair.right, program, p, s));
      }
    ASSERT_TRUE(fromGolden->restore(pair.left->save()));
    ASSERT_TRUE(fromVector->restore(pair.right->save()));
    for (int step = 0; step < 70; ++step) {
      Random same = random;
      stepBoth(program, random, *fromVector, *fromGolden);
      stepBoth(program, same, *pair.left, *pair.right);
      ASSERT_NO_FATAL_FAILURE(expectEqual(program, *fromVector, *fromGolden, &spikes)) << "step " << step;
      ASSERT_NO_FATAL_FAILURE(expectEqual(program, *pair.left, *fromGolden, &spikes)) << "step " << step;
      ASSERT_EQ(fromVector->save(), fromGolden->save()) << "step " << step;
    }
  }
}

TEST(VectorEngine, r0605_refuses_bytes_of_another_program) {
  Pair pair(rawProgram(1));
  const std::vector<std::uint8_t> bytes(10, 0);
  const Status status = pair.right->restore(bytes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().diagnostics.front().code, "R0605");
}

TEST(VectorEngine, reset_forgets_everything) {
  Pair pair(rawProgram(3));
  Random random(3);
  std::int64_t spikes = 0, overflows = 0;
  for (int step = 0; step < 10; ++step) stepBoth(*pair.program, random, *pair.left, *pair.right);
  pair.right->reset();
  const auto fresh = pair.golden->open();
  for (int step = 0; step < 10; ++step) {
    stepBoth(*pair.program, random, *fresh, *pair.right);
    ASSERT_NO_FATAL_FAILURE(expectEqual(*pair.program, *fresh, *pair.right, &spikes));
  }
  expectEqualOverflows(*pair.program, *fresh, *pair.right, &overflows);
}

}  // namespace
}  // namespace rheo
