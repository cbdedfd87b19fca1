// Scenarios in lanes, population by population.
#include "faults/Cascade.h"

#include <algorithm>
#include <cstdlib>

#include "fixed/Arithmetic.h"

namespace rheo::faults {

CascadePlan::CascadePlan(const FlatProgram& flat, const Readout& readout) : flat_(flat), readout_(readout) {
  const auto& populations = flat.program().populations;
  const std::size_t count = populations.size();
  const CurrentOverflow rule = flat.program().profile->currentOverflow;
  std::vector<bool> simple(count);
  for (std::size_t p = 0; p < count; ++p) {
    functions_.push_back(vector::scenarioFunction(*populations[p].model, rule));
    simple[p] = functions_[p] != nullptr;
  }
  // A cell of which a state and spikes are shown would need both kinds of figures.
  for (std::int32_t c = 0; c < std::ssize(flat.cells()); ++c)
    for (const Tap& tap : readout.taps(c))
      if (tap.state >= 0 && flat.cells()[static_cast<std::size_t>(c)].model->spiking)
        simple[static_cast<std::size_t>(flat.cells()[static_cast<std::size_t>(c)].population)] = false;
  std::vector<std::vector<bool>> reaches(count, std::vector<bool>(count));
  for (std::int32_t c = 0; c < std::ssize(flat.cells()); ++c)
    for (const Route& route : flat.routes(flat.sourceOfCell(c)))
      flat.forEachSynapse(route, [&](std::int32_t input, std::int32_t, std::int32_t, std::int32_t sum) {
        const auto from = static_cast<std::size_t>(flat.cells()[static_cast<std::size_t>(c)].population);
        const auto target = static_cast<std::size_t>(flat.cellOfInput(input));
        const auto to = static_cast<std::size_t>(flat.cells()[target].population);
        reaches[from][to] = true;
        if (sum >= 0) simple[to] = false;
      });
  const std::vector<std::vector<bool>> direct = reaches;
  for (std::size_t via = 0; via < count; ++via)
    for (std::size_t from = 0; from < count; ++from)
      for (std::size_t to = 0; reaches[from][via] && to < count; ++to)
        if (reaches[via][to]) reaches[from][to] = true;
  for (std::size_t p = 0; p < count; ++p) {
    loops_.push_back(reaches[p][p]);
    bool all = !reaches[p][p] && !populations[p].model->graded;
    for (std::size_t to = 0; to < count; ++to)
      if (reaches[p][to] && (!simple[to] || reaches[to][to])) all = false;
    follows_.push_back(all);
    order_.push_back(static_cast<std::int32_t>(p));
  }
  // What reaches more comes first; populations in loops are followed by none and may lie anywhere.
  const auto reached = [&](std::int32_t p) {
    const auto& row = reaches[static_cast<std::size_t>(p)];
    return std::count(row.begin(), row.end(), true);
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::int32_t a, std::int32_t b) { return reached(a) > reached(b); });
  rank_.resize(count);
  for (std::size_t k = 0; k < count; ++k)
    rank_[static_cast<std::size_t>(order_[k])] = static_cast<std::int32_t>(k);
}

std::int32_t CascadePlan::localCell(const Effect& effect) const {
  if (!effect.messages.empty() || effect.whole || !effect.undefined.empty() ||
      effect.input.what != InputEdit::What::None || effect.loss.rate > 0 ||
      effect.device.what != Manner::None)
    return -1;
  std::int32_t cell = -1;
  bool one = true;
  const auto meet = [&](std::int32_t number) {
    one = one && (cell < 0 || cell == number);
    cell = number;
  };
  for (const SynapseEdit& edit : effect.synapses) {
    one = one && edit.sum < 0;
    meet(flat_.cellOfInput(edit.input));
  }
  for (const ParameterEdit& edit : effect.parameters) meet(edit.cell);
  for (const StateEdit& edit : effect.states) meet(edit.cell);
  for (const SendEdit& edit : effect.sends) meet(edit.cell);
  return one && cell >= 0 && follows(cell) ? cell : -1;
}

Cascade::Cascade(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan)
    : flat_(flat),
      readout_(readout),
      plan_(plan),
      slot_(flat.cells().size(), -1),
      first_(flat.cells().size()),
      due_(flat.program().populations.size()),
      raster_(kLanes),
      output_(kLanes),
      change_(static_cast<std::size_t>(kLanes * readout.values())),
      distance_(change_.size()),
      scratch_(static_cast<std::size_t>(2 * kLanes)) {}

void Cascade::load(const Baseline& run, const std::vector<std::int64_t>& sums, std::int32_t answer) {
  run_ = &run, sums_ = &sums, answer_ = answer;
  outcomes_.clear();
  lane_ = 0;
  const auto steps = static_cast<std::size_t>(run.steps());
  input_.resize(steps), intact_.resize(steps);
  train_.resize(static_cast<std::size_t>(vector::trainWords(run.steps())));
  sent_.resize(train_.size() * kLanes);
}

void Cascade::tally(std::int64_t lane, const Tap& tap, std::int64_t change, std::int64_t distance) {
  if (distance == 0) return;
  output_[static_cast<std::size_t>(lane)] = 1;
  if (tap.value < 0) return;
  const auto at = static_cast<std::size_t>(lane * readout_.values() + tap.value);
  change_[at] += change;
  distance_[at] += distance;
}

// The one cell, in plain integers, from its first step to its last: its states' figures are told at once, its
// train spreads with those of other scenarios.
std::int32_t Cascade::add(const Effect& effect, std::int32_t number) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  const std::int32_t source = flat_.sourceOfCell(number);
  const auto& taps = readout_.taps(number);
  std::array<std::int32_t, models::kMaxParameters> parameters = cell.parameters;
  for (const ParameterEdit& edit : effect.parameters)
    parameters[static_cast<std::size_t>(edit.parameter)] = edit.value;
  std::int32_t state[models::kMaxStates] = {};
  std::fill(train_.begin(), train_.end(), 0);
  bool differs = false, same = true;
  for (std::int64_t step = 0; step < run_->steps(); ++step) {
    std::int32_t input[models::kMaxPorts] = {};
    bool acts = !effect.parameters.empty() || !effect.sends.empty();
    for (std::int32_t port = 0; port < cell.ports; ++port)
      input[port] = run_->arriving(step, cell.firstInput + port);
    for (const SynapseEdit& edit : effect.synapses) {
      const std::int64_t sentIn = step - 1 - edit.delay;
      const std::int32_t payload = sentIn < 0 ? 0 : run_->sent(sentIn, edit.source);
      if (payload == 0) continue;
      std::int32_t& sum = input[edit.input - cell.firstInput];
      sum = fixed::addProduct(sum, edit.weight, payload);
      acts = true;
    }
    for (const StateEdit& edit : effect.states) acts = acts || (edit.first <= step && step <= edit.last);
    std::int32_t payload = run_->sent(step, source);
    if (acts || !same) {
      if (same && step > 0) std::copy_n(run_->states(step - 1, number), models::kMaxStates, state);
      fixed::IntegerAlgebra algebra{flat_.program().profile->currentOverflow};
      payload = cell.step(algebra, state, input, parameters.data());
      for (const StateEdit& edit : effect.states)
        if (edit.first <= step && step <= edit.last) state[edit.state] = edit.apply(state[edit.state]);
      for (const SendEdit& edit : effect.sends) payload = edit.payload;
      same = std::equal(state, state + models::kMaxStates, run_->states(step, number));
      for (const Tap& tap : taps) {
        if (tap.state < 0 || same || !Readout::inWindow(tap, *run_, step)) continue;
        const std::int64_t change = std::int64_t{state[tap.state]} - run_->states(step, number)[tap.state];
        if (change != 0 && !differs) startLane();
        differs = differs || change != 0;
        tally(lane_, tap, change, std::abs(change));
      }
    }
    train_[static_cast<std::size_t>(step / 32)] |= std::uint32_t{payload != 0} << (step % 32);
  }
  bool spikes = false;
  for (std::int64_t step = 0; cell.model->spiking && step < run_->steps() && !spikes; ++step)
    spikes = vector::sentIn(train_, step) != (run_->sent(step, source) != 0);
  if (!differs && !spikes) return kNothing;
  if (!differs) startLane();
  if (spikes) spread(number, train_);
  return endLane();
}

std::int32_t Cascade::addTrain(std::int32_t cell, std::span<const std::uint32_t> train) {
  startLane();
  spread(cell, train);
  return endLane();
}

void Cascade::startLane() {
  if (lane_ == kLanes) flush();
}

std::int32_t Cascade::endLane() {
  outcomes_.emplace_back();
  ++lane_;
  return static_cast<std::int32_t>(outcomes_.size()) - 1;
}

void Cascade::finish() {
  if (lane_ > 0) flush();
}

// A spike more (+1) or less (-1) than in the intact run: told, and noted in `changes_`.
void Cascade::noteSpike(std::int32_t number, std::int64_t lane, std::int64_t step, std::int32_t sign) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  if (!flat_.program().populations[static_cast<std::size_t>(cell.population)].hidden)
    raster_[static_cast<std::size_t>(lane)] = 1;
  changes_.push_back({static_cast<std::int32_t>(lane), static_cast<std::int32_t>(step), sign});
  for (const Tap& tap : readout_.taps(number))
    if (tap.state < 0 && Readout::inWindow(tap, *run_, step)) tally(lane, tap, sign, 1);
}

// Where the train of the lane under way differs from the intact one.
void Cascade::spread(std::int32_t number, std::span<const std::uint32_t> train) {
  const std::int32_t source = flat_.sourceOfCell(number);
  for (std::int64_t step = 0; step < run_->steps(); ++step) {
    const std::int32_t change = vector::sentIn(train, step) - run_->sent(step, source);
    if (change != 0) noteSpike(number, lane_, step, change);
  }
  send(number);
}

// Brings `changes_` to all targets of a cell.
void Cascade::send(std::int32_t number) {
  const std::int64_t steps = run_->steps();
  const std::int64_t block = steps * kLanes;
  for (const Route& route : flat_.routes(flat_.sourceOfCell(number)))
    flat_.forEachSynapse(route, [&](std::int32_t input, std::int32_t delay, std::int32_t weight,
                                    std::int32_t) {
      if (weight == 0) return;
      const auto target = static_cast<std::size_t>(flat_.cellOfInput(input));
      if (slot_[target] < 0) {
        slot_[target] = slots_++;
        first_[target] = static_cast<std::int32_t>(steps);
        if (arrivals_.size() < static_cast<std::size_t>(slots_ * block))
          arrivals_.resize(
              static_cast<std::size_t>(std::max<std::int64_t>(slots_, 2 * (slots_ - 1)) * block));
        const auto population = static_cast<std::size_t>(flat_.cells()[target].population);
        due_[static_cast<std::size_t>(plan_.rank_[population])].push_back(static_cast<std::int32_t>(target));
      }
      std::int32_t* arrivals = &arrivals_[static_cast<std::size_t>(slot_[target] * block)];
      for (const Change& change : changes_) {
        const std::int32_t step = change.step + 1 + delay;
        if (step >= steps) continue;
        std::int32_t& value = arrivals[step * kLanes + change.lane];
        value = fixed::addWrapped(value, change.sign * weight);
        first_[target] = std::min(first_[target], step);
      }
    });
  changes_.clear();
}

void Cascade::flush() {
  for (auto& cells : due_) {
    for (std::size_t k = 0; k < cells.size(); ++k) runCell(cells[k]);
    for (const std::int32_t cell : cells) slot_[static_cast<std::size_t>(cell)] = -1;
    cells.clear();
  }
  slots_ = 0;
  const std::size_t first = outcomes_.size() - static_cast<std::size_t>(lane_);
  for (std::int64_t lane = 0; lane < lane_; ++lane)
    outcomes_[first + static_cast<std::size_t>(lane)] = outcomeOf(lane);
  std::fill(raster_.begin(), raster_.end(), 0);
  std::fill(output_.begin(), output_.end(), 0);
  std::fill(change_.begin(), change_.end(), 0);
  std::fill(distance_.begin(), distance_.end(), 0);
  lane_ = 0;
}

void Cascade::runCell(std::int32_t number) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  const auto n = static_cast<std::size_t>(number);
  const std::int64_t steps = run_->steps(), first = first_[n];
  std::int32_t* arrivals = &arrivals_[static_cast<std::size_t>(slot_[n] * steps * kLanes)];
  if (first < steps) {
    static constexpr std::int32_t kZero[models::kMaxStates] = {};
    vector::ScenarioCall call;
    call.first = first, call.steps = steps, call.lanes = kLanes;
    for (std::int64_t t = first; t < steps; ++t)
      input_[static_cast<std::size_t>(t)] = run_->arriving(t, cell.firstInput);
    call.input = input_.data(), call.change = arrivals;
    call.parameters = cell.parameters.data();
    call.states = first > 0 ? run_->states(first - 1, number) : kZero;
    call.sent = sent_.data();
    const vector::ScenarioFunction function = plan_.functions_[static_cast<std::size_t>(cell.population)];
    if (cell.model->spiking) {
      std::fill(sent_.begin(), sent_.end(), 0);
      function(call);
      const std::int32_t source = flat_.sourceOfCell(number);
      const std::int64_t words = vector::trainWords(steps);
      for (std::int64_t word = first / 32; word < words; ++word) {
        std::uint32_t intact = 0, valid = ~0u;
        for (std::int64_t t = word * 32; t < std::min(steps, word * 32 + 32); ++t)
          intact |= std::uint32_t{run_->sent(t, source) != 0} << (t % 32);
        if (word == first / 32) valid <<= first % 32;
        for (std::int64_t lane = 0; lane < lane_; ++lane)
          for (std::uint32_t off = (sent_[static_cast<std::size_t>(word * kLanes + lane)] ^ intact) & valid;
               off != 0; off &= off - 1) {
            const auto step = word * 32 + static_cast<std::int64_t>(__builtin_ctz(off));
            noteSpike(number, lane, step, (intact >> (step % 32) & 1) != 0 ? -1 : 1);
          }
      }
      if (!changes_.empty()) send(number);
    } else {
      for (const Tap& tap : readout_.taps(number)) {
        if (tap.state < 0) continue;
        for (std::int64_t t = first; t < steps; ++t)
          intact_[static_cast<std::size_t>(t)] = run_->states(t, number)[tap.state];
        std::fill(scratch_.begin(), scratch_.end(), 0);
        call.from = tap.lag, call.to = tap.lag + run_->dataSteps(), call.state = tap.state;
        call.intact = intact_.data(), call.sum = scratch_.data(), call.distance = scratch_.data() + kLanes;
        function(call);
        for (std::int64_t lane = 0; lane < lane_; ++lane)
          tally(lane, tap, call.sum[lane], call.distance[lane]);
      }
    }
  }
  // `send` may have moved them.
  arrivals = &arrivals_[static_cast<std::size_t>(slot_[n] * steps * kLanes)];
  std::fill_n(arrivals + first * kLanes, (steps - first) * kLanes, 0);
}

Outcome Cascade::outcomeOf(std::int64_t lane) const {
  const auto l = static_cast<std::size_t>(lane);
  const auto values = static_cast<std::size_t>(readout_.values());
  return readout_.judge({raster_[l] != 0, output_[l] != 0, std::span(change_).subspan(l * values, values),
                         std::span(distance_).subspan(l * values, values)},
                        *sums_, answer_, run_->dataSteps());
}

}  // namespace rheo::faults
