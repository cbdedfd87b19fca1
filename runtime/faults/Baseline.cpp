// The intact program, step by step, every value kept.
#include "faults/Baseline.h"

#include <algorithm>

#include "fixed/Arithmetic.h"
#include "sim/Pending.h"

namespace rheo::faults {
namespace {

// The engine's way of saving what is under way takes a step's work for each step of the longest delay.
constexpr std::int32_t kQuickDelays = 2;

}  // namespace

std::int32_t payloadOf(const InputBatch& batch, const Program& program, std::size_t input,
                       std::int64_t sample, std::int64_t step, std::int32_t channel) {
  if (step >= batch.steps) return 0;
  const auto at =
      static_cast<std::size_t>((sample * batch.steps + step) * program.inputs[input].size + channel);
  const InputBatch::Series& series = batch.inputs[input];
  return series.wide.empty() ? std::int32_t{series.bytes()[at]} : series.wide[at];
}

std::uint64_t Baseline::bytes(const FlatProgram& flat, std::int64_t steps) {
  const auto values = static_cast<std::uint64_t>(flat.sources()) + static_cast<std::uint64_t>(flat.inputs()) +
                      flat.cells().size() * models::kMaxStates +
                      static_cast<std::uint64_t>(flat.shiftedWidth());
  return values * static_cast<std::uint64_t>(steps) * sizeof(std::int32_t);
}

void Baseline::run(const FlatProgram& flat, const InputBatch& input, std::int64_t sample) {
  const Program& program = flat.program();
  sample_ = sample;
  dataSteps_ = input.steps;
  steps_ = input.steps + program.lag;
  sources_ = flat.sources(), inputs_ = flat.inputs(), cells_ = std::ssize(flat.cells());
  width_ = flat.shiftedWidth();
  const auto sized = [&](std::vector<std::int32_t>& values, std::int64_t width) {
    values.assign(static_cast<std::size_t>(steps_ * width), 0);
  };
  sized(sent_, sources_), sized(arriving_, inputs_), sized(states_, cells_ * models::kMaxStates);
  sized(sums_, width_);
  const bool quick = way_ == Way::Quick && width_ == 0 && program.maxDelay <= kQuickDelays;
  if (quick && runQuickly(flat, input)) return;
  for (auto* values : {&sent_, &arriving_, &states_, &sums_}) std::fill(values->begin(), values->end(), 0);
  runPlainly(flat, input);
}

// The engine tells what arrives before it steps, in the form in which it would save it. False where that form
// has no room for it: weights that a fault has made larger may lead beyond SPEC W8.
bool Baseline::runQuickly(const FlatProgram& flat, const InputBatch& input) {
  const Program& program = flat.program();
  if (opened_ != flat.shared()) {
    opened_ = flat.shared();
    session_ = flat.vectorEngine().open();
  }
  session_->reset();
  std::vector<std::vector<std::int32_t>> rows;
  for (const InputInfo& info : program.inputs) rows.emplace_back(static_cast<std::size_t>(info.size));
  const std::vector<std::span<const std::int32_t>> views(rows.begin(), rows.end());
  std::vector<std::int32_t> values;
  for (std::int64_t step = 0; step < steps_; ++step) {
    const Expected<std::vector<std::int32_t>> pending = unpackPending(program, session_->save());
    if (!pending) return false;
    std::copy_n(pending->begin(), inputs_, &arriving_[at(step, inputs_, 0)]);
    for (std::size_t k = 0; k < rows.size(); ++k)
      for (std::int32_t channel = 0; channel < program.inputs[k].size; ++channel) {
        const std::int32_t payload = payloadOf(input, program, k, sample_, step, channel);
        rows[k][static_cast<std::size_t>(channel)] = payload;
        sent_[at(step, sources_, flat.channel(k, channel))] = payload;
      }
    session_->step(views);
    for (std::size_t p = 0; p < program.populations.size(); ++p) {
      const auto population = static_cast<std::int32_t>(p);
      const PopulationInfo& info = program.populations[p];
      const auto spikes = session_->spikes(population);
      for (std::int32_t n = 0; n < info.size; ++n)
        sent_[at(step, sources_, flat.sourceOfCell(flat.cellOf(population, n)))] =
            spikes[static_cast<std::size_t>(n)];
      values.resize(static_cast<std::size_t>(info.size));
      for (std::size_t s = 0; s < info.model->states.size(); ++s) {
        session_->readState(population, static_cast<int>(s), values);
        for (std::int32_t n = 0; n < info.size; ++n)
          states_[at(step, cells_, flat.cellOf(population, n)) * models::kMaxStates + s] =
              values[static_cast<std::size_t>(n)];
      }
    }
  }
  return true;
}

void Baseline::runPlainly(const FlatProgram& flat, const InputBatch& input) {
  const Program& program = flat.program();
  for (std::int64_t step = 0; step < steps_; ++step) {
    // What the shifted sums bring is complete when its step comes.
    for (const ShiftedSum& shifted : flat.shiftedSums()) {
      const auto core = static_cast<std::size_t>(shifted.core);
      const std::int32_t first = flat.firstInput(core), count = program.cores[core].inputs;
      for (std::int32_t i = 0; i < count; ++i) {
        std::int32_t& arriving = arriving_[at(step, inputs_, first + i)];
        arriving = fixed::addWrapped(arriving, sums_[at(step, width_, shifted.first + i)] >> shifted.shift);
      }
    }
    for (std::int32_t c = 0; c < cells_; ++c) {
      const Cell& cell = flat.cells()[static_cast<std::size_t>(c)];
      std::int32_t* state = &states_[at(step, cells_, c) * models::kMaxStates];
      if (step > 0) std::copy_n(states(step - 1, c), models::kMaxStates, state);  // SPEC T3
      fixed::IntegerAlgebra algebra{program.profile->currentOverflow};
      sent_[at(step, sources_, flat.sourceOfCell(c))] =
          cell.step(algebra, state, &arriving_[at(step, inputs_, cell.firstInput)], cell.parameters.data());
    }
    for (std::size_t k = 0; k < program.inputs.size(); ++k)
      for (std::int32_t channel = 0; channel < program.inputs[k].size; ++channel)
        sent_[at(step, sources_, flat.channel(k, channel))] =
            payloadOf(input, program, k, sample_, step, channel);
    deliver(flat, step);
  }
}

// SPEC T2, W5, W7, N19. What would arrive after the last step is dropped.
void Baseline::deliver(const FlatProgram& flat, std::int64_t step) {
  for (std::int32_t source = 0; source < sources_; ++source) {
    const std::int32_t payload = sent(step, source);
    if (payload == 0) continue;
    for (const Route& route : flat.routes(source))
      flat.forEachSynapse(route,
                          [&](std::int32_t input, std::int32_t delay, std::int32_t weight, std::int32_t sum) {
                            const std::int64_t arrival = step + 1 + delay;
                            if (arrival >= steps_) return;
                            std::int32_t* value = &arriving_[at(arrival, inputs_, input)];
                            if (sum >= 0) {
                              value = &sums_[at(arrival, width_, flat.placeOf(sum, input))];
                            }
                            *value = fixed::addProduct(*value, weight, payload);
                          });
  }
}

}  // namespace rheo::faults
