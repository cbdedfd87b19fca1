// Step by step over the cells that differ from the intact run.
#include "faults/Differential.h"

#include <algorithm>
#include <cstdlib>

#include "faults/Chance.h"
#include "fixed/Arithmetic.h"

namespace rheo::faults {
namespace {

// Those of one cell; edits are sorted by cell.
template <class Edit>
std::span<const Edit> editsOf(const std::vector<Edit>& edits, std::int32_t cell) {
  const auto first =
      std::lower_bound(edits.begin(), edits.end(), cell,
                       [](const Edit& edit, std::int32_t wanted) { return edit.cell < wanted; });
  auto last = first;
  while (last != edits.end() && last->cell == cell) ++last;
  return {first, last};
}

}  // namespace

Differential::Differential(const FlatProgram& flat, const Readout& readout)
    : flat_(flat), readout_(readout), slots_(kSlots) {
  const std::size_t cells = flat.cells().size(), sources = static_cast<std::size_t>(flat.sources());
  states_.resize(cells * models::kMaxStates);
  differs_.resize(cells), visited_.resize(cells);
  sent_.resize(sources), sentIn_.resize(sources);
  change_.resize(static_cast<std::size_t>(readout.values()));
  deviation_.resize(change_.size());
}

void Differential::load(const Baseline& run) {
  run_ = &run;
  sums_ = readout_.sums(flat_, run);
  answer_ = readout_.answer(sums_);
}

void Differential::begin() {
  raster_ = output_ = false;
  underWay_ = -1;
  inputs_.clear();
}

Outcome Differential::run(const Effect& effect) {
  begin();
  planInputs(effect);
  for (std::int64_t now = nextAct(effect, 0); now >= 0 && now < run_->steps();) {
    step(effect, now);
    now = carried_.empty() && underWay_ <= now ? nextAct(effect, now + 1) : now + 1;
  }
  return finish();
}

Outcome Differential::runTrain(std::int32_t cell, std::span<const std::uint32_t> train) {
  static const Effect kNone;
  begin();
  const std::int32_t source = flat_.sourceOfCell(cell);
  for (std::int64_t now = 0; now < run_->steps(); ++now) {
    const std::int32_t change = vector::sentIn(train, now) - run_->sent(now, source);
    if (carried_.empty() && underWay_ < now) {
      ++round_;
    } else {
      step(kNone, now);
    }
    if (change == 0) continue;
    tally(now, cell, -1, change);
    sendChange(now, source, change);
  }
  return finish();
}

Outcome Differential::finish() {
  const Outcome outcome =
      readout_.judge({raster_, output_, change_, deviation_}, sums_, answer_, run_->dataSteps());
  for (const std::int32_t value : changed_)
    change_[static_cast<std::size_t>(value)] = deviation_[static_cast<std::size_t>(value)] = 0;
  changed_.clear();
  // What was under way has arrived or left the run: only marks of cells that still differ remain.
  for (const std::int32_t cell : carried_) differs_[static_cast<std::size_t>(cell)] = 0;
  carried_.clear();
  return outcome;
}

// The first step from `step` on in which the fault itself does something; -1 if there is none.
std::int64_t Differential::nextAct(const Effect& effect, std::int64_t step) const {
  if (!effect.parameters.empty() || !effect.sends.empty() || effect.loss.rate > 0) return step;
  std::int64_t next = run_->steps();
  for (const StateEdit& edit : effect.states)
    if (edit.last >= step) next = std::min(next, std::max(step, edit.first));
  for (const MessageEdit& edit : effect.messages)
    if (edit.step >= step) next = std::min(next, edit.step);
  const auto input =
      std::lower_bound(inputs_.begin(), inputs_.end(), step,
                       [](const InputChange& change, std::int64_t at) { return change.step < at; });
  if (input != inputs_.end()) next = std::min(next, input->step);
  for (std::size_t k = 0; k < effect.synapses.size(); ++k) {
    const std::int32_t source = effect.synapses[k].source;
    if (k > 0 && effect.synapses[k - 1].source == source) continue;
    for (std::int64_t at = step; at < next; ++at)
      if (run_->sent(at, source) != 0) next = at;
  }
  return next < run_->steps() ? next : -1;
}

void Differential::step(const Effect& effect, std::int64_t now) {
  ++round_;
  due_.clear();
  const auto add = [&](std::int32_t cell) {
    std::int64_t& visited = visited_[static_cast<std::size_t>(cell)];
    if (visited == round_) return;
    visited = round_;
    due_.push_back(cell);
  };
  Slot& arrivals = slot(now);
  for (const std::int32_t cell : carried_) add(cell);
  carried_.clear();
  for (const std::int32_t input : arrivals.touched) add(flat_.cellOfInput(input));
  for (const ParameterEdit& edit : effect.parameters) add(edit.cell);
  for (const SendEdit& edit : effect.sends) add(edit.cell);
  for (const StateEdit& edit : effect.states)
    if (edit.first <= now && now <= edit.last) add(edit.cell);
  for (const std::int32_t cell : due_) updateCell(effect, now, cell);
  for (const std::int32_t input : arrivals.touched) {
    arrivals.difference[static_cast<std::size_t>(input)] = 0;
    arrivals.marked[static_cast<std::size_t>(input)] = 0;
    const auto core =
        static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(flat_.cellOfInput(input))].core);
    for (const std::int32_t s : flat_.shiftedSumsOf(core))
      if (!arrivals.sums.empty()) arrivals.sums[static_cast<std::size_t>(flat_.placeOf(s, input))] = 0;
  }
  arrivals.touched.clear();
  applyInputs(now);
  applyMessages(effect, now);
  if (effect.loss.rate > 0) applyLosses(effect, now);
  applySynapses(effect, now);
}

std::int32_t Differential::arriving(std::int64_t now, std::int32_t cell, std::int32_t port) const {
  const Cell& target = flat_.cells()[static_cast<std::size_t>(cell)];
  const std::int32_t input = target.firstInput + port;
  std::int32_t sum = run_->arriving(now, input);
  const Slot& arrivals = slot(now);
  if (arrivals.marked.empty() || arrivals.marked[static_cast<std::size_t>(input)] == 0) return sum;
  sum = fixed::addWrapped(sum, arrivals.difference[static_cast<std::size_t>(input)]);
  if (arrivals.sums.empty()) return sum;
  const auto core = static_cast<std::size_t>(target.core);
  for (const std::int32_t s : flat_.shiftedSumsOf(core)) {
    const ShiftedSum& shifted = flat_.shiftedSums()[static_cast<std::size_t>(s)];
    const std::int64_t place = flat_.placeOf(s, input);
    const std::int32_t change = arrivals.sums[static_cast<std::size_t>(place)];
    if (change == 0) continue;
    const std::int32_t intact = run_->sum(now, place);
    sum = fixed::addWrapped(
        sum, fixed::subWrapped(fixed::addWrapped(intact, change) >> shifted.shift, intact >> shifted.shift));
  }
  return sum;
}

void Differential::updateCell(const Effect& effect, std::int64_t now, std::int32_t number) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  std::int32_t state[models::kMaxStates] = {}, input[models::kMaxPorts] = {};
  std::int32_t* own = &states_[static_cast<std::size_t>(number) * models::kMaxStates];
  if (differs_[static_cast<std::size_t>(number)])
    std::copy_n(own, models::kMaxStates, state);
  else if (now > 0)
    std::copy_n(run_->states(now - 1, number), run_->stateCount(), state);
  for (std::int32_t port = 0; port < cell.ports; ++port) input[port] = arriving(now, number, port);
  const std::int32_t* parameters = cell.parameters.data();
  std::array<std::int32_t, models::kMaxParameters> changed;
  if (!effect.parameters.empty()) {
    changed = cell.parameters;
    for (const ParameterEdit& edit : editsOf(effect.parameters, number))
      changed[static_cast<std::size_t>(edit.parameter)] = edit.value;
    parameters = changed.data();
  }
  fixed::IntegerAlgebra algebra{flat_.program().profile->currentOverflow};
  std::int32_t payload = cell.step(algebra, state, input, parameters);
  for (const StateEdit& edit : editsOf(effect.states, number))
    if (edit.first <= now && now <= edit.last) state[edit.state] = edit.apply(state[edit.state]);
  for (const SendEdit& edit : editsOf(effect.sends, number)) payload = edit.payload;
  settleCell(now, number, state, payload);
}

// Compares a cell after its step with the intact one.
void Differential::settleCell(std::int64_t now, std::int32_t number, const std::int32_t* state,
                              std::int32_t payload) {
  const std::int32_t* intact = run_->states(now, number);
  const bool differs = !std::equal(state, state + run_->stateCount(), intact);
  differs_[static_cast<std::size_t>(number)] = differs;
  if (differs) {
    carried_.push_back(number);
    std::copy_n(state, models::kMaxStates, &states_[static_cast<std::size_t>(number) * models::kMaxStates]);
    for (const Tap& tap : readout_.taps(number))
      if (tap.state >= 0 && state[tap.state] != intact[tap.state])
        tally(now, number, tap.state, std::int64_t{state[tap.state]} - intact[tap.state]);
  }
  const std::int32_t source = flat_.sourceOfCell(number);
  const std::int32_t before = run_->sent(now, source);
  if (payload == before) return;
  tally(now, number, -1, std::int64_t{payload} - before);
  sent_[static_cast<std::size_t>(source)] = payload;
  sentIn_[static_cast<std::size_t>(source)] = round_;
  sendChange(now, source, fixed::subWrapped(payload, before));
}

// What a cell shows, or sends (state -1), differs by `change`.
void Differential::tally(std::int64_t now, std::int32_t number, std::int32_t state, std::int64_t change) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  if (state < 0 && !flat_.program().populations[static_cast<std::size_t>(cell.population)].hidden)
    raster_ = true;
  for (const Tap& tap : readout_.taps(number)) {
    if (tap.state != state || !Readout::inWindow(tap, *run_, now)) continue;
    output_ = true;
    if (tap.value < 0) continue;
    const auto value = static_cast<std::size_t>(tap.value);
    if (change_[value] == 0 && deviation_[value] == 0) changed_.push_back(tap.value);
    change_[value] += change;
    deviation_[value] += std::abs(change);
  }
}

void Differential::sendChange(std::int64_t now, std::int32_t source, std::int32_t change) {
  for (const Route& route : flat_.routes(source)) deliver(now, route, change, 0);
}

void Differential::deliver(std::int64_t now, const Route& route, std::int32_t payload, std::int64_t late) {
  flat_.forEachSynapse(route,
                       [&](std::int32_t input, std::int32_t delay, std::int32_t weight, std::int32_t sum) {
                         addTo(now + 1 + late + delay, input, sum, fixed::multiply(weight, payload));
                       });
}

// SPEC N19.
void Differential::addTo(std::int64_t arrival, std::int32_t input, std::int32_t sum, std::int32_t value) {
  if (arrival >= run_->steps() || value == 0) return;
  Slot& arrivals = slot(arrival);
  if (arrivals.marked.empty()) {
    arrivals.marked.resize(static_cast<std::size_t>(flat_.inputs()));
    arrivals.difference.resize(arrivals.marked.size());
  }
  const auto i = static_cast<std::size_t>(input);
  if (arrivals.marked[i] == 0) {
    arrivals.marked[i] = 1;
    arrivals.touched.push_back(input);
    underWay_ = std::max(underWay_, arrival);
  }
  if (sum < 0) {
    arrivals.difference[i] = fixed::addWrapped(arrivals.difference[i], value);
    return;
  }
  if (arrivals.sums.empty()) arrivals.sums.resize(static_cast<std::size_t>(flat_.shiftedWidth()));
  std::int32_t& change = arrivals.sums[static_cast<std::size_t>(flat_.placeOf(sum, input))];
  change = fixed::addWrapped(change, value);
}

std::int32_t Differential::payloadNow(std::int64_t now, std::int32_t source) const {
  const auto s = static_cast<std::size_t>(source);
  return sentIn_[s] == round_ ? sent_[s] : run_->sent(now, source);
}

void Differential::applySynapses(const Effect& effect, std::int64_t now) {
  for (const SynapseEdit& edit : effect.synapses) {
    const std::int32_t payload = payloadNow(now, edit.source);
    if (payload != 0)
      addTo(now + 1 + edit.delay, edit.input, edit.sum, fixed::multiply(edit.weight, payload));
  }
}

// Nothing differs before the step of the only fault: the source sends what it sends in the intact run.
void Differential::applyMessages(const Effect& effect, std::int64_t now) {
  for (const MessageEdit& edit : effect.messages) {
    if (edit.step != now) continue;
    const std::int32_t payload = payloadNow(now, edit.source);
    if (payload == 0) continue;
    const std::span<const Route> routes = flat_.routes(edit.source);
    for (std::size_t r = 0; r < routes.size(); ++r) {
      if (edit.route >= 0 && static_cast<std::size_t>(edit.route) != r) continue;
      const bool doubled = edit.what == MessageEdit::What::Doubled;
      deliver(now, routes[r], doubled ? payload : fixed::subWrapped(0, payload), 0);
      if (edit.what == MessageEdit::What::Late) deliver(now, routes[r], payload, edit.by);
      if (edit.what == MessageEdit::What::Misdelivered) deliver(now, edit.other, payload, 0);
    }
  }
}

void Differential::applyLosses(const Effect& effect, std::int64_t now) {
  for (std::int32_t source = 0; source < flat_.sources(); ++source) {
    const std::int32_t payload = payloadNow(now, source);
    if (payload == 0 || !messageLost(effect.loss, run_->sample(), now, source)) continue;
    sendChange(now, source, fixed::subWrapped(0, payload));
  }
}

void Differential::planInputs(const Effect& effect) {
  if (effect.input.what == InputEdit::What::None) return;
  const Program& program = flat_.program();
  std::vector<std::int32_t> train(static_cast<std::size_t>(run_->dataSteps()));
  for (std::size_t k = 0; k < program.inputs.size(); ++k)
    for (std::int32_t c = 0; c < program.inputs[k].size; ++c) {
      const std::int32_t source = flat_.channel(k, c);
      for (std::size_t t = 0; t < train.size(); ++t)
        train[t] = run_->sent(static_cast<std::int64_t>(t), source);
      disturbTrain(effect.input, run_->sample(), source, train);
      for (std::size_t t = 0; t < train.size(); ++t)
        if (train[t] != run_->sent(static_cast<std::int64_t>(t), source))
          inputs_.push_back({static_cast<std::int64_t>(t), source, train[t]});
    }
  std::stable_sort(inputs_.begin(), inputs_.end(),
                   [](const InputChange& a, const InputChange& b) { return a.step < b.step; });
}

void Differential::applyInputs(std::int64_t now) {
  auto change = std::lower_bound(inputs_.begin(), inputs_.end(), now,
                                 [](const InputChange& c, std::int64_t at) { return c.step < at; });
  for (; change != inputs_.end() && change->step == now; ++change) {
    const auto source = static_cast<std::size_t>(change->source);
    sent_[source] = change->payload;
    sentIn_[source] = round_;
    sendChange(now, change->source, fixed::subWrapped(change->payload, run_->sent(now, change->source)));
  }
}

Outcome Differential::compare(const Baseline& other) const {
  Difference difference;
  std::vector<std::int64_t> changes(sums_.size()), distances(sums_.size());
  for (std::int32_t c = 0; c < std::ssize(flat_.cells()); ++c) {
    const Cell& cell = flat_.cells()[static_cast<std::size_t>(c)];
    const std::int32_t source = flat_.sourceOfCell(c);
    const bool hidden = flat_.program().populations[static_cast<std::size_t>(cell.population)].hidden;
    for (std::int64_t t = 0; t < run_->steps(); ++t) {
      difference.raster |= !hidden && run_->sent(t, source) != other.sent(t, source);
      for (const Tap& tap : readout_.taps(c)) {
        if (!Readout::inWindow(tap, *run_, t)) continue;
        const std::int64_t change =
            tap.state < 0 ? std::int64_t{other.sent(t, source)} - run_->sent(t, source)
                          : std::int64_t{other.states(t, c)[tap.state]} - run_->states(t, c)[tap.state];
        difference.output |= change != 0;
        if (tap.value < 0) continue;
        changes[static_cast<std::size_t>(tap.value)] += change;
        distances[static_cast<std::size_t>(tap.value)] += std::abs(change);
      }
    }
  }
  difference.sums = changes, difference.distances = distances;
  return readout_.judge(difference, sums_, answer_, run_->dataSteps());
}

}  // namespace rheo::faults
