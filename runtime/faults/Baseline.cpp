// The intact program, step by step, every value kept.
#include "faults/Baseline.h"

#include <algorithm>

#include "fixed/Arithmetic.h"
#include "sim/vector/Trains.h"

namespace rheo::faults {
namespace {

std::size_t mostStates(const FlatProgram& flat) {
  std::size_t most = 0;
  for (const PopulationInfo& population : flat.program().populations)
    most = std::max(most, population.model->states.size());
  return most;
}

}  // namespace

std::uint64_t Baseline::bytes(const FlatProgram& flat, std::int64_t steps) {
  const auto values = static_cast<std::uint64_t>(flat.sources()) + static_cast<std::uint64_t>(flat.inputs()) +
                      flat.cells().size() * mostStates(flat) +
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
  words_ = vector::trainWords(steps_);
  stride_ = mostStates(flat);
  const auto sized = [&](std::vector<std::int32_t>& values, std::int64_t width) {
    values.resize(static_cast<std::size_t>(steps_ * width));
  };
  sized(sent_, sources_), sized(arriving_, inputs_), sized(sums_, width_);
  sized(states_, cells_ * static_cast<std::int64_t>(stride_));
  const bool quick = way_ == Way::Quick && width_ == 0;
  if (!quick || !runQuickly(flat, input)) {
    for (auto* values : {&sent_, &arriving_, &states_, &sums_}) std::fill(values->begin(), values->end(), 0);
    runPlainly(flat, input);
  }
  noteTrains();
}

// A word of all sources at a time, so that neighbours are treated alike.
void Baseline::noteTrains() {
  trains_.resize(static_cast<std::size_t>(sources_ * words_));
  std::vector<std::uint32_t> bits(static_cast<std::size_t>(sources_));
  for (std::int64_t word = 0; word < words_; ++word) {
    std::fill(bits.begin(), bits.end(), 0);
    for (std::int64_t step = word * 32; step < std::min(steps_, word * 32 + 32); ++step) {
      const std::int32_t* sent = sent_.data() + step * sources_;
      const std::uint32_t bit = std::uint32_t{1} << (step % 32);
      for (std::size_t source = 0; source < bits.size(); ++source)
        bits[source] |= sent[source] != 0 ? bit : 0;
    }
    for (std::size_t source = 0; source < bits.size(); ++source)
      trains_[source * static_cast<std::size_t>(words_) + static_cast<std::size_t>(word)] = bits[source];
  }
}

void Baseline::findRuns(const FlatProgram& flat) {
  runs_.clear();
  for (std::int32_t p = 0; p < std::ssize(flat.program().populations); ++p)
    for (std::int32_t n = 0; n < flat.program().populations[static_cast<std::size_t>(p)].size; ++n) {
      const std::int32_t cell = flat.cellOf(p, n);
      if (n > 0 && runs_.back().cell + runs_.back().count == cell)
        ++runs_.back().count;
      else
        runs_.push_back({p, n, cell, 1});
    }
}

// SPEC T4.
void Baseline::sendInputs(const InputBatch& input, const FlatProgram& flat, std::int64_t step) {
  const Program& program = flat.program();
  for (std::size_t k = 0; k < program.inputs.size(); ++k) {
    const std::int32_t size = program.inputs[k].size;
    std::int32_t* sent = &sent_[at(step, sources_, flat.channel(k, 0))];
    if (step >= input.steps) {
      std::fill_n(sent, size, 0);
      continue;
    }
    const auto first = (sample_ * input.steps + step) * size;
    const InputBatch::Series& series = input.inputs[k];
    if (series.wide.empty())
      std::copy_n(series.bytes().begin() + first, size, sent);
    else
      std::copy_n(series.wide.begin() + first, size, sent);
  }
}

// False where more arrives than engines are made for: weights that a fault has made larger may lead beyond
// SPEC W8.
bool Baseline::runQuickly(const FlatProgram& flat, const InputBatch& input) {
  const Program& program = flat.program();
  if (opened_ != flat.shared()) {
    opened_ = flat.shared();
    session_ = flat.vectorEngine().open();
    findRuns(flat);
  }
  if (!session_->keepArrivals()) return false;
  const bool bounded = !program.graded();
  session_->reset();
  std::vector<std::span<const std::int32_t>> rows(program.inputs.size());
  for (std::int64_t step = 0; step < steps_; ++step) {
    sendInputs(input, flat, step);
    for (std::size_t k = 0; k < rows.size(); ++k)
      rows[k] = {&sent_[at(step, sources_, flat.channel(k, 0))],
                 static_cast<std::size_t>(program.inputs[k].size)};
    session_->step(rows);
    const std::span<std::int32_t> arrived(&arriving_[at(step, inputs_, 0)],
                                          static_cast<std::size_t>(inputs_));
    session_->arrived(arrived);
    std::int32_t beyond = 0;
    for (const std::int32_t value : arrived)
      beyond |= value < -fixed::kInputBound || value > fixed::kInputBound;
    if (bounded && beyond != 0) return false;
    std::span<const std::int32_t> spikes;
    // The population whose they are: where neurons lie scattered each call gathers all of them.
    std::int32_t shown = -1;
    for (const Run& run : runs_) {
      if (shown != run.population) spikes = session_->spikes(run.population), shown = run.population;
      std::copy_n(spikes.begin() + run.neuron, run.count,
                  &sent_[at(step, sources_, flat.sourceOfCell(run.cell))]);
    }
    readStates(flat, step);
  }
  return true;
}

void Baseline::readStates(const FlatProgram& flat, std::int64_t step) {
  for (std::size_t s = 0; s < stride_; ++s) {
    std::int32_t read = -1;  // the population whose state lies in `values_`
    for (const Run& run : runs_) {
      const PopulationInfo& info = flat.program().populations[static_cast<std::size_t>(run.population)];
      if (read != run.population) {
        values_.assign(static_cast<std::size_t>(info.size), 0);
        if (s < info.model->states.size()) session_->readState(run.population, static_cast<int>(s), values_);
        read = run.population;
      }
      std::int32_t* states = &states_[at(step, cells_, run.cell) * stride_ + s];
      for (std::int32_t k = 0; k < run.count; ++k)
        states[static_cast<std::size_t>(k) * stride_] = values_[static_cast<std::size_t>(run.neuron + k)];
    }
  }
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
      std::int32_t* state = &states_[at(step, cells_, c) * stride_];
      if (step > 0) std::copy_n(states(step - 1, c), stride_, state);  // SPEC T3
      fixed::IntegerAlgebra algebra{program.profile->currentOverflow};
      sent_[at(step, sources_, flat.sourceOfCell(c))] =
          cell.step(algebra, state, &arriving_[at(step, inputs_, cell.firstInput)], cell.parameters.data());
    }
    sendInputs(input, flat, step);
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
