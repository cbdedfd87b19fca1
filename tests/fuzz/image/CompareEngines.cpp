// Golden model and vector engine side by side.
#include "CompareEngines.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/CheckError.h"
#include "common/Guards.h"
#include "fixed/Arithmetic.h"
#include "sim/Engine.h"

namespace rheo::fuzz {
namespace {

constexpr std::int32_t kLongestLag = 100;  // a run takes as many steps more as the image says

std::int32_t payload(const InputInfo& input, std::uint64_t quiet, Random& random) {
  if (!random.oneIn(quiet)) return 0;
  const std::int64_t least = input.encoding == image::Encoding::Graded ? -std::int64_t{input.maxPayload} : 0;
  return static_cast<std::int32_t>(random.oneIn(3) ? input.maxPayload
                                                   : random.between(least, input.maxPayload));
}

bool any(const std::vector<std::int64_t>& counts) {
  return std::any_of(counts.begin(), counts.end(), [](std::int64_t count) { return count != 0; });
}

class SideBySide {
 public:
  SideBySide(std::shared_ptr<const Program> program, Random& random)
      : program_(*program),
        random_(random),
        golden_(makeGolden(program)),
        vector_(makeVector(program)),
        left_(golden_->open()),
        right_(vector_->open()) {}

  WhatHappened run() {
    if (random_.oneIn(2)) setStates();
    // Long delays need time to arrive, but not in every input.
    const std::int64_t steps = random_.oneIn(8) ? program_.maxDelay + 4 : 4;
    for (std::int64_t step = 0; step < steps; ++step) {
      stepBoth();
      compareStep();
    }
    if (random_.oneIn(8)) changeSides();
    compareOverflows();
    return happened_;
  }

 private:
  // Anywhere in 24 bits: near the ends overflow happens, and long silences are left out.
  void setStates() {
    for (int p = 0; p < static_cast<int>(program_.populations.size()); ++p) {
      const PopulationInfo& population = program_.populations[static_cast<std::size_t>(p)];
      std::vector<std::int32_t> values(static_cast<std::size_t>(population.size));
      for (int s = 0; s < static_cast<int>(population.model->states.size()); ++s) {
        const std::int64_t reach = fixed::kStateMax >> random_.below(20);
        for (std::int32_t& value : values) value = static_cast<std::int32_t>(random_.between(-reach, reach));
        left_->writeState(p, s, values);
        right_->writeState(p, s, values);
      }
    }
  }

  void stepBoth() {
    std::vector<std::vector<std::int32_t>> rows;
    std::vector<std::vector<std::uint8_t>> bytes;
    bool narrow = true;
    for (const InputInfo& input : program_.inputs) {
      const std::uint64_t quiet = 1 + random_.below(4);
      auto& row = rows.emplace_back(static_cast<std::size_t>(input.size));
      for (std::int32_t& value : row) {
        value = payload(input, quiet, random_);
        narrow = narrow && value >= 0 && value <= 255;
      }
      bytes.emplace_back(row.begin(), row.end());
    }
    const std::vector<std::span<const std::int32_t>> wide(rows.begin(), rows.end());
    left_->step(wide);
    if (narrow && random_.oneIn(2)) {
      const std::vector<std::span<const std::uint8_t>> views(bytes.begin(), bytes.end());
      right_->stepBytes(views);
    } else {
      right_->step(wide);
    }
  }

  void compareStep() {
    for (int p = 0; p < static_cast<int>(program_.populations.size()); ++p) {
      const auto a = left_->spikes(p), b = right_->spikes(p);
      require(std::equal(a.begin(), a.end(), b.begin(), b.end()), "the engines send the same spikes");
      happened_.spikes |= std::any_of(a.begin(), a.end(), [](std::int32_t value) { return value != 0; });
      const PopulationInfo& population = program_.populations[static_cast<std::size_t>(p)];
      for (int s = 0; s < static_cast<int>(population.model->states.size()); ++s)
        require(stateOf(*left_, p, s) == stateOf(*right_, p, s), "the engines have the same states");
    }
  }

  std::vector<std::int32_t> stateOf(const Session& session, int population, int state) const {
    std::vector<std::int32_t> values(
        static_cast<std::size_t>(program_.populations[static_cast<std::size_t>(population)].size));
    session.readState(population, state, values);
    return values;
  }

  // What is under way moves to the other engine, and the run goes on there.
  void changeSides() {
    const std::vector<std::uint8_t> pending = left_->save();
    require(pending == right_->save(), "the engines have the same spikes under way");
    require(static_cast<bool>(left_->restore(pending)) && static_cast<bool>(right_->restore(pending)),
            "an engine takes what the other saved");
    for (int step = 0; step < 3; ++step) {
      stepBoth();
      compareStep();
    }
  }

  void compareOverflows() {
    for (int p = 0; p < static_cast<int>(program_.populations.size()); ++p) {
      const OverflowCount a = left_->overflows(p), b = right_->overflows(p);
      require(a.wraps == b.wraps && a.saturations == b.saturations, "the engines count the same overflows");
      happened_.overflows |= any(a.wraps) || any(a.saturations);
    }
  }

  const Program& program_;
  Random& random_;
  std::unique_ptr<Engine> golden_, vector_;
  std::unique_ptr<Session> left_, right_;
  WhatHappened happened_;
};

InputBatch batchOf(const Program& program, Random& random) {
  InputBatch batch{2, 3, {}};
  for (const InputInfo& input : program.inputs) {
    InputBatch::Series& series = batch.inputs.emplace_back();
    const std::uint64_t quiet = 1 + random.below(4);
    for (std::int64_t i = 0; i < batch.batch * batch.steps * input.size; ++i)
      series.wide.push_back(payload(input, quiet, random));
  }
  return batch;
}

// The way that users take: run(), every series recorded.
WhatHappened compareBatch(const std::shared_ptr<const Program>& program, Random& random) {
  RunOptions options;
  options.recordHidden = true;
  options.threads = 1;
  for (const PopulationInfo& population : program->populations)
    for (const std::string_view state : population.model->states)
      options.probes.push_back(population.name + "." + std::string(state));
  const InputBatch batch = batchOf(*program, random);
  const auto left = rheo::run(*makeGolden(program), batch, options);
  const auto right = rheo::run(*makeVector(program), batch, options);
  require(static_cast<bool>(left) == static_cast<bool>(right), "both engines run or neither does");
  if (!left) {
    require(checkError(left.error()) == checkError(right.error()), "both engines refuse alike");
    return {};
  }
  require(comparable(*left, *right).empty(), "the engines record the same series");
  require(!firstDifference(*left, *right), "the engines record the same values");
  require(left->lag == right->lag && left->overflows.size() == right->overflows.size(),
          "the engines report the same");
  WhatHappened happened;
  happened.overflows = !left->overflows.empty();
  for (const auto& [name, trace] : left->spikes)
    happened.spikes |=
        std::any_of(trace.values.begin(), trace.values.end(), [](std::int32_t value) { return value != 0; });
  return happened;
}

}  // namespace

WhatHappened compareEngines(std::shared_ptr<const Program> program, Random& random) {
  if (program->lag <= kLongestLag && random.oneIn(8)) return compareBatch(program, random);
  return SideBySide(std::move(program), random).run();
}

}  // namespace rheo::fuzz
