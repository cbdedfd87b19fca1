// Outputs as taps of cells, and the answer from their sums.
#include "faults/Readout.h"

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

std::int32_t Readout::answer(const std::vector<std::int64_t>& sums) const {
  if (decision_.output < 0 || !decision_.argmax() || sums.empty()) return -1;
  std::size_t best = 0;
  for (std::size_t k = 1; k < sums.size(); ++k)
    if (static_cast<double>(sums[k]) / decision_.scale[k] >
        static_cast<double>(sums[best]) / decision_.scale[best])
      best = k;
  return static_cast<std::int32_t>(best);
}

}  // namespace rheo::faults
