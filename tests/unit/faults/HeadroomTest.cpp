// What neurons are said not to notice, against running them: on neurons of random images, with changes as
// large as may just go unnoticed, on every instruction set.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "HowMany.h"
#include "faults/Chance.h"
#include "faults/Headroom.h"
#include "fixed/Arithmetic.h"
#include "support/RandomProgram.h"

namespace rheo::faults {
namespace {

constexpr std::uint64_t kHeadroomImages = 60, kTriesOfNeuron = 24;

struct Counts {
  std::int64_t unnoticed = 0, doubtful = 0, changed = 0;  // of the doubtful ones those that change a train
};

struct Change {
  std::int64_t step;
  std::int32_t by;
};

// Draws for one neuron: the same on every instruction set.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return wideChance(seed_, number_++) % bound; }
  double unit() { return static_cast<double>(wideChance(seed_, number_++) >> 11) * 0x1p-53; }

 private:
  std::uint64_t seed_, number_ = 0;
};

bool sendsTheSame(const FlatProgram& flat, const Baseline& run, std::int32_t number,
                  const std::vector<Change>& changes) {
  const Cell& cell = flat.cells()[static_cast<std::size_t>(number)];
  std::int32_t state[models::kMaxStates] = {};
  for (std::int64_t step = 0; step < run.steps(); ++step) {
    std::int32_t input[models::kMaxPorts] = {run.arriving(step, cell.firstInput)};
    for (const Change& change : changes)
      if (change.step == step) input[0] = fixed::addWrapped(input[0], change.by);
    fixed::IntegerAlgebra algebra{flat.program().profile->currentOverflow};
    const std::int32_t payload = cell.step(algebra, state, input, cell.parameters.data());
    if ((payload != 0) != (run.sent(step, flat.sourceOfCell(number)) != 0)) return false;
  }
  return true;
}

void tryNeuron(const FlatProgram& flat, const Baseline& run, const CellGroup& group, std::int32_t target,
               const vector::AlignedVector<float>& weights, Draws& draws, Counts& counts) {
  std::vector<Change> changes(1 + draws.below(3));
  // Shares of what may go unnoticed, and a little more or less of it in all.
  const double all = 0.7 + 0.6 * draws.unit();
  float sum = 0;
  for (Change& change : changes) {
    change.step = static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(run.steps())));
    const float weight = weights[static_cast<std::size_t>(change.step * group.width + target)];
    const double most = weight > 0 ? all / static_cast<double>(changes.size()) / weight : 0;
    const auto size = static_cast<std::int32_t>(std::min(most, double{fixed::kInputBound}));
    change.by = draws.below(2) == 0 ? size : -size;
    sum += static_cast<float>(size) * weight;
  }
  const bool same = sendsTheSame(flat, run, group.firstCell + target, changes);
  if (sum < kUnnoticed) {
    ++counts.unnoticed;
    ASSERT_TRUE(same) << "neuron " << target << " of "
                      << flat.cells()[static_cast<std::size_t>(group.firstCell)].model->name;
  } else {
    ++counts.doubtful;
    counts.changed += !same;
  }
}

void tryImage(std::uint64_t seed, Counts& counts) {
  test::RandomOptions options;
  options.plain = true;
  const auto program = test::makeRandomProgram(seed, options);
  const FlatProgram flat(program);
  const Readout readout(flat, {});
  const std::int64_t steps = seed % 4 == 0 ? 90 : 12;  // beyond Response's window
  const CascadePlan plan(flat, readout, steps + program->lag);
  const InputBatch input = test::makeRandomInput(*program, 1, steps, seed);
  Baseline run;
  run.run(flat, input, 0);
  vector::AlignedVector<float> weights;
  Draws draws(seed);
  for (const CellGroup& group : plan.groups()) {
    weighChanges(plan, group, run, weights);
    if (weights.empty()) continue;
    for (std::int32_t target = 0; target < group.count; ++target)
      for (std::uint64_t k = 0; k < kTriesOfNeuron; ++k) {
        tryNeuron(flat, run, group, target, weights, draws, counts);
        if (testing::Test::HasFatalFailure()) return;
      }
  }
}

TEST(Headroom, WhatIsNotNoticedChangesNoTrain) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    Counts counts;
    for (std::uint64_t seed = 0; seed < networks(kHeadroomImages) && !HasFatalFailure(); ++seed)
      tryImage(seed, counts);
    hwy::SetSupportedTargetsForTest(0);
    if (HasFatalFailure()) return;
    // Bounds that are never close to the truth would leave nothing out.
    EXPECT_GT(counts.unnoticed, 5000);
    EXPECT_GT(counts.changed * 20, counts.doubtful);
    std::printf("%s: %lld unnoticed, %lld doubtful, %lld of them noticed\n", hwy::TargetName(target),
                static_cast<long long>(counts.unnoticed), static_cast<long long>(counts.doubtful),
                static_cast<long long>(counts.changed));
  }
}

}  // namespace
}  // namespace rheo::faults
