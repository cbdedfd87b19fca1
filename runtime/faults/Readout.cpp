// Outputs as taps of cells, and the answer from their sums.
#include "faults/Readout.h"

#include <algorithm>
#include <utility>

namespace rheo::faults {

Readout::Readout(const FlatProgram& flat, Decision decision)
    : decision_(std::move(decision)), taps_(flat.cells().size()) {
  const Program& program = flat.program();
  for (std::size_t o = 0; o < program.outputs.size(); ++o) {
    std::int32_t value = 0;
    const bool decides = static_cast<std::int32_t>(o) == decision_.output;
    for (const OutputPartInfo& part : program.outputs[o].parts) {
      const PopulationInfo& population = program.populations[static_cast<std::size_t>(part.population)];
      for (std::int32_t n = 0; n < population.size; ++n, ++value)
        taps_[static_cast<std::size_t>(flat.cellOf(part.population, n))].push_back(
            {decides ? value : -1, part.state, population.lag});
    }
    if (decides) values_ = value;
  }
}

std::vector<std::int64_t> Readout::sums(const FlatProgram& flat, const Baseline& run) const {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(values_));
  for (std::int32_t c = 0; c < std::ssize(taps_); ++c)
    for (const Tap& tap : taps(c))
      for (std::int64_t step = tap.lag; tap.value >= 0 && step < tap.lag + run.dataSteps(); ++step)
        sums[static_cast<std::size_t>(tap.value)] +=
            tap.state < 0 ? run.sent(step, flat.sourceOfCell(c)) : run.states(step, c)[tap.state];
  return sums;
}

std::int32_t Readout::answer(std::span<const std::int64_t> sums,
                             std::span<const std::int64_t> changes) const {
  if (decision_.output < 0 || !decision_.argmax() || sums.empty()) return -1;
  const auto value = [&](std::size_t k) {
    return static_cast<double>(sums[k] + (changes.empty() ? 0 : changes[k])) / decision_.scale[k];
  };
  std::size_t best = 0;
  for (std::size_t k = 1; k < sums.size(); ++k)
    if (value(k) > value(best)) best = k;
  return static_cast<std::int32_t>(best);
}

Outcome Readout::judge(const Difference& difference, std::span<const std::int64_t> sums, std::int32_t answer,
                       std::int64_t steps) const {
  Outcome outcome;
  outcome.answer = answer;
  if (difference.output) {
    outcome.answer = this->answer(sums, difference.sums);
    for (std::size_t k = 0; k < difference.distances.size(); ++k)
      outcome.deviation = std::max(outcome.deviation, static_cast<double>(difference.distances[k]) /
                                                          decision_.scale[k] / static_cast<double>(steps));
  }
  const bool otherwise =
      decision_.argmax() ? outcome.answer != answer : outcome.deviation > decision_.tolerance;
  outcome.damage = otherwise           ? Damage::Decision
                   : difference.output ? Damage::Output
                   : difference.raster ? Damage::Raster
                                       : Damage::None;
  return outcome;
}

}  // namespace rheo::faults
