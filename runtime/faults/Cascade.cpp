// Scenarios in lanes, group by group.
#include "faults/Cascade.h"

#include <algorithm>
#include <cstdlib>

#include "faults/Headroom.h"
#include "fixed/Arithmetic.h"

namespace rheo::faults {
namespace {

// Sensitivities of all groups and scenarios together, in floats.
constexpr std::int64_t kMostSensitivities = 1 << 21;
constexpr std::int64_t kFewestScenarios = 16, kMostScenarios = 128;

}  // namespace

Cascade::Cascade(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan,
                 std::int64_t mostArrivals)
    : flat_(flat),
      readout_(readout),
      plan_(plan),
      mostArrivals_(mostArrivals),
      groups_(plan.groups().size()) {
  std::int64_t all = 1, widest = 0;
  for (const CellGroup& group : plan.groups()) all += group.width, widest = std::max(widest, group.width);
  batch_ = static_cast<std::int32_t>(std::clamp(kMostSensitivities / all, kFewestScenarios, kMostScenarios));
  anything_.assign(static_cast<std::size_t>(widest), vector::kAnything);
  raster_.resize(static_cast<std::size_t>(batch_)), output_.resize(raster_.size());
  change_.resize(static_cast<std::size_t>(batch_ * readout.values()));
  distance_.resize(change_.size());
}

void Cascade::load(const Baseline& run, const std::vector<std::int64_t>& sums, std::int32_t answer) {
  run_ = &run, sums_ = &sums, answer_ = answer;
  outcomes_.clear();
  scenarios_ = scenario_ = 0;
  const auto steps = static_cast<std::size_t>(run.steps());
  input_.resize(steps), intact_.resize(steps);
  train_.resize(static_cast<std::size_t>(vector::trainWords(run.steps())));
  for (GroupState& group : groups_) group.weighed = false;
}

void Cascade::tally(std::int32_t scenario, const Tap& tap, std::int64_t change, std::int64_t distance) {
  if (distance == 0) return;
  output_[static_cast<std::size_t>(scenario)] = 1;
  if (tap.value < 0) return;
  const auto at = static_cast<std::size_t>(scenario * readout_.values() + tap.value);
  change_[at] += change;
  distance_[at] += distance;
}

// The one cell, in plain integers, from its first step to its last: its states' figures are told at once, its
// train spreads with those of other scenarios.
std::int32_t Cascade::add(const Effect& effect, std::int32_t number) {
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  const std::int32_t source = flat_.sourceOfCell(number);
  const auto& taps = readout_.taps(number);
  const bool always = !effect.parameters.empty() || !effect.sends.empty();
  std::int64_t first = always ? 0 : run_->steps();
  for (const StateEdit& edit : effect.states) first = std::min(first, edit.first);
  for (const SynapseEdit& edit : effect.synapses)
    first = std::min(first, run_->firstSent(edit.source) + 1 + edit.delay);
  if (first >= run_->steps() || unnoticed(effect, number)) return kNothing;
  std::array<std::int32_t, models::kMaxParameters> parameters = cell.parameters;
  for (const ParameterEdit& edit : effect.parameters)
    parameters[static_cast<std::size_t>(edit.parameter)] = edit.value;
  std::int32_t state[models::kMaxStates] = {};
  const std::size_t states = run_->stateCount();
  const auto train = run_->train(source);
  std::copy(train.begin(), train.end(), train_.begin());
  bool differs = false, same = true;
  for (std::int64_t step = first; step < run_->steps(); ++step) {
    std::int32_t input[models::kMaxPorts] = {};
    bool acts = always;
    for (std::int32_t port = 0; port < cell.ports; ++port)
      input[port] = run_->arriving(step, cell.firstInput + port);
    for (const SynapseEdit& edit : effect.synapses) {
      const std::int64_t sentIn = step - 1 - edit.delay;
      if (sentIn < 0 || vector::sentIn(run_->train(edit.source), sentIn) == 0) continue;
      std::int32_t& sum = input[edit.input - cell.firstInput];
      sum = fixed::addProduct(sum, edit.weight, run_->sent(sentIn, edit.source));
      acts = true;
    }
    for (const StateEdit& edit : effect.states) acts = acts || (edit.first <= step && step <= edit.last);
    if (!acts && same) continue;
    if (same && step > 0) std::copy_n(run_->states(step - 1, number), states, state);
    fixed::IntegerAlgebra algebra{flat_.program().profile->currentOverflow};
    std::int32_t payload = cell.step(algebra, state, input, parameters.data());
    for (const StateEdit& edit : effect.states)
      if (edit.first <= step && step <= edit.last) state[edit.state] = edit.apply(state[edit.state]);
    for (const SendEdit& edit : effect.sends) payload = edit.payload;
    const std::int32_t* intact = run_->states(step, number);
    same = std::equal(state, state + states, intact);
    for (const Tap& tap : taps) {
      if (tap.state < 0 || same || !Readout::inWindow(tap, *run_, step)) continue;
      const std::int64_t change = std::int64_t{state[tap.state]} - intact[tap.state];
      differs = differs || change != 0;
      tally(scenarios_, tap, change, std::abs(change));
    }
    std::uint32_t& word = train_[static_cast<std::size_t>(step / 32)];
    const std::uint32_t bit = std::uint32_t{1} << (step % 32);
    word = payload != 0 ? word | bit : word & ~bit;
  }
  const bool spikes = cell.model->spiking && !std::equal(train_.begin(), train_.end(), train.begin());
  if (!differs && !spikes) return kNothing;
  if (spikes) noteChanges(number, train_, 0);
  return endScenario();
}

// Whether changed synapses alone are certain not to change what a cell sends, and nothing else of it is
// shown.
bool Cascade::unnoticed(const Effect& effect, std::int32_t number) {
  if (!effect.parameters.empty() || !effect.sends.empty() || !effect.states.empty()) return false;
  for (const Tap& tap : readout_.taps(number))
    if (tap.state >= 0) return false;
  const auto g = static_cast<std::size_t>(plan_.groupOf(number));
  const CellGroup& group = plan_.groups()[g];
  const vector::AlignedVector<float>& weights = weightsOf(g);
  if (weights.empty()) return false;
  float sum = 0;
  for (const SynapseEdit& edit : effect.synapses) {
    const auto train = run_->train(edit.source);
    for (std::size_t word = 0; word < train.size(); ++word)
      for (std::uint32_t bits = train[word]; bits != 0; bits &= bits - 1) {
        const std::int64_t sent = static_cast<std::int64_t>(word) * 32 + __builtin_ctz(bits);
        const std::int64_t step = sent + 1 + edit.delay;
        if (step >= run_->steps()) break;
        const std::int64_t change = std::int64_t{edit.weight} * run_->sent(sent, edit.source);
        sum += static_cast<float>(std::abs(change)) *
               weights[static_cast<std::size_t>(step * group.width + number - group.firstCell)];
      }
  }
  return sum < kUnnoticed;
}

std::int32_t Cascade::addTrain(std::int32_t cell, std::span<const std::uint32_t> train) {
  noteChanges(cell, train, 0);
  return endScenario();
}

std::int32_t Cascade::endScenario() {
  outcomes_.emplace_back();
  if (++scenarios_ == batch_) flush();
  scenario_ = scenarios_;
  return static_cast<std::int32_t>(outcomes_.size()) - 1;
}

void Cascade::finish() {
  if (scenarios_ > 0) flush();
  scenario_ = 0;
}

// A spike more (+1) or less (-1) than in the intact run, in the scenario under way.
void Cascade::noteSpike(std::int32_t number, std::int32_t step, std::int32_t sign) {
  changes_.push_back({step, sign});
  for (const Tap& tap : readout_.taps(number))
    if (tap.state < 0 && Readout::inWindow(tap, *run_, step)) tally(scenario_, tap, sign, 1);
}

// Where a train differs from the intact one, from a word on; and where that leads.
void Cascade::noteChanges(std::int32_t number, std::span<const std::uint32_t> train, std::int64_t firstWord) {
  const auto intact = run_->train(flat_.sourceOfCell(number));
  const std::size_t begin = changes_.size();
  for (auto word = static_cast<std::size_t>(firstWord); word < intact.size(); ++word)
    for (std::uint32_t off = train[word] ^ intact[word]; off != 0; off &= off - 1) {
      const int bit = __builtin_ctz(off);
      noteSpike(number, static_cast<std::int32_t>(word * 32) + bit, (intact[word] >> bit & 1) != 0 ? -1 : 1);
    }
  if (changes_.size() == begin) return;
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  if (!flat_.program().populations[static_cast<std::size_t>(cell.population)].hidden)
    raster_[static_cast<std::size_t>(scenario_)] = 1;
  senders_.push_back({number, scenario_, begin, changes_.size()});
  for (const FanOut& fanOut : plan_.fanOuts(number)) reach({senders_.size() - 1, &fanOut});
}

// Adds up how much the neurons of a group notice of what arrives there otherwise.
void Cascade::reach(const Arrival& arrival) {
  const FanOut& fanOut = *arrival.fanOut;
  const auto g = static_cast<std::size_t>(fanOut.group);
  const CellGroup& group = plan_.groups()[g];
  GroupState& state = groups_[g];
  const Sender& sender = senders_[arrival.sender];
  const vector::AlignedVector<float>& known = weightsOf(g);
  const auto width = static_cast<std::size_t>(group.width);
  state.sensitivity.resize(static_cast<std::size_t>(batch_) * width);
  float* sensitivity = &state.sensitivity[static_cast<std::size_t>(sender.scenario) * width];
  const std::int32_t* weights = plan_.weights(fanOut);
  const vector::HeadroomKernels& kernels = vector::headroomKernels();
  const auto weightIn = [&](std::int64_t step) {
    return known.empty() ? anything_.data() : &known[static_cast<std::size_t>(step) * width];
  };
  for (std::size_t k = sender.begin; k < sender.end; ++k) {
    const std::int64_t now = changes_[k].step + 1;
    if (fanOut.neighbours()) {
      if (now + fanOut.delay >= run_->steps()) continue;
      kernels.addWeighted(weights, weightIn(now + fanOut.delay) + fanOut.first, fanOut.count,
                          sensitivity + fanOut.first);
      continue;
    }
    const FanOutTarget* targets = plan_.targets(fanOut);
    for (std::int32_t i = 0; i < fanOut.count; ++i)
      if (now + targets[i].delay < run_->steps())
        sensitivity[targets[i].target] += static_cast<float>(fixed::magnitude(weights[i])) *
                                          weightIn(now + targets[i].delay)[targets[i].target];
  }
  state.arrivals.push_back(arrival);
  if (state.scenarios.empty() || state.scenarios.back() != sender.scenario)
    state.scenarios.push_back(sender.scenario);
}

const vector::AlignedVector<float>& Cascade::weightsOf(std::size_t group) {
  GroupState& state = groups_[group];
  if (!state.weighed) weighChanges(plan_, plan_.groups()[group], *run_, state.weight);
  state.weighed = true;
  return state.weight;
}

void Cascade::flush() {
  for (std::size_t g = 0; g < groups_.size(); ++g)
    if (!groups_[g].arrivals.empty()) runGroup(g);
  const std::size_t first = outcomes_.size() - static_cast<std::size_t>(scenarios_);
  for (std::int32_t s = 0; s < scenarios_; ++s) outcomes_[first + static_cast<std::size_t>(s)] = outcomeOf(s);
  std::fill(raster_.begin(), raster_.end(), 0);
  std::fill(output_.begin(), output_.end(), 0);
  std::fill(change_.begin(), change_.end(), 0);
  std::fill(distance_.begin(), distance_.end(), 0);
  changes_.clear(), senders_.clear();
  scenarios_ = 0;
}

void Cascade::runGroup(std::size_t number) {
  const CellGroup& group = plan_.groups()[number];
  GroupState& state = groups_[number];
  const std::int64_t most = mostArrivals_ / std::max<std::int64_t>(1, run_->steps());  // lanes
  findCandidates(number);
  // Nothing of this group arrives while it is run: what it sends goes to groups behind it.
  for (sliceBegin_ = 0; sliceBegin_ < group.count; sliceBegin_ = sliceEnd_) {
    const std::int64_t first = firstLane_[static_cast<std::size_t>(sliceBegin_)];
    for (sliceEnd_ = sliceBegin_ + 1; sliceEnd_ < group.count;) {
      if (firstLane_[static_cast<std::size_t>(sliceEnd_) + 1] - first > most) break;
      ++sliceEnd_;
    }
    const std::int64_t lanes = firstLane_[static_cast<std::size_t>(sliceEnd_)] - first;
    if (lanes == 0) continue;
    arriving_.resize(std::max(arriving_.size(), static_cast<std::size_t>(lanes * run_->steps())));
    for (const Arrival& arrival : state.arrivals) deliver(arrival, number);
    for (std::int32_t target = sliceBegin_; target < sliceEnd_; ++target)
      if (lanes_[static_cast<std::size_t>(target)] > 0) runTarget(group, target);
  }
  for (const std::int32_t scenario : state.scenarios)
    std::fill_n(&state.sensitivity[static_cast<std::size_t>(scenario * group.width)], group.width, 0.0F);
  state.arrivals.clear(), state.scenarios.clear();
}

std::int32_t* Cascade::arrivingAt(std::int32_t target) {
  const std::int64_t before =
      firstLane_[static_cast<std::size_t>(target)] - firstLane_[static_cast<std::size_t>(sliceBegin_)];
  return &arriving_[static_cast<std::size_t>(before * run_->steps())];
}

// Gives each neuron that must be run a lane for each scenario in which it must. In `sensitivity` its place
// then holds the lane, as -1 - lane.
void Cascade::findCandidates(std::size_t number) {
  const CellGroup& group = plan_.groups()[number];
  GroupState& state = groups_[number];
  const auto count = static_cast<std::size_t>(group.count);
  // What a scenario sends may have come in several turns.
  std::sort(state.scenarios.begin(), state.scenarios.end());
  state.scenarios.erase(std::unique(state.scenarios.begin(), state.scenarios.end()), state.scenarios.end());
  candidates_.clear();
  firstCandidate_.assign(static_cast<std::size_t>(batch_) + 1, 0);
  lanes_.assign(count, 0);
  found_.resize(static_cast<std::size_t>(group.width) + vector::kPadding);
  std::size_t next = 0;
  for (const std::int32_t scenario : state.scenarios) {
    const float* sensitivity = &state.sensitivity[static_cast<std::size_t>(scenario * group.width)];
    for (; next <= static_cast<std::size_t>(scenario); ++next) firstCandidate_[next] = candidates_.size();
    const std::int64_t found =
        vector::headroomKernels().atLeast(sensitivity, group.count, kUnnoticed, found_.data());
    for (std::int64_t k = 0; k < found; ++k) {
      const std::int32_t target = found_[static_cast<std::size_t>(k)];
      candidates_.push_back({target, lanes_[static_cast<std::size_t>(target)]++});
    }
  }
  for (; next < firstCandidate_.size(); ++next) firstCandidate_[next] = candidates_.size();
  firstLane_.resize(count + 1);
  firstLane_[0] = 0;
  for (std::size_t target = 0; target < count; ++target)
    firstLane_[target + 1] = firstLane_[target] + vector::padded(lanes_[target]);
  firstStep_.assign(count, static_cast<std::int32_t>(run_->steps()));
  scenarioOf_.resize(static_cast<std::size_t>(firstLane_.back()));
  for (const std::int32_t scenario : state.scenarios) {
    float* sensitivity = &state.sensitivity[static_cast<std::size_t>(scenario * group.width)];
    const auto s = static_cast<std::size_t>(scenario);
    for (std::size_t k = firstCandidate_[s]; k < firstCandidate_[s + 1]; ++k) {
      const Candidate& candidate = candidates_[k];
      const auto target = static_cast<std::size_t>(candidate.target);
      sensitivity[target] = static_cast<float>(-1 - candidate.lane);
      scenarioOf_[static_cast<std::size_t>(firstLane_[target] + candidate.lane)] = scenario;
    }
  }
}

// Brings what a sender sends otherwise to those that are run.
void Cascade::deliver(const Arrival& arrival, std::size_t number) {
  const FanOut& fanOut = *arrival.fanOut;
  const CellGroup& group = plan_.groups()[number];
  const Sender& sender = senders_[arrival.sender];
  const std::int64_t steps = run_->steps();
  const std::int32_t* weights = plan_.weights(fanOut);
  const auto bring = [&](std::int32_t target, std::int32_t lane, std::int32_t weight, std::int32_t delay) {
    if (target < sliceBegin_ || target >= sliceEnd_) return;
    const auto t = static_cast<std::size_t>(target);
    const std::int64_t lanes = firstLane_[t + 1] - firstLane_[t];
    std::int32_t* values = arrivingAt(target);
    for (std::size_t k = sender.begin; k < sender.end; ++k) {
      const std::int32_t step = changes_[k].step + 1 + delay;
      if (step >= steps) continue;
      std::int32_t& value = values[step * lanes + lane];
      value = fixed::addWrapped(value, changes_[k].sign * weight);
      firstStep_[t] = std::min(firstStep_[t], step);
    }
  };
  if (fanOut.neighbours()) {
    const auto s = static_cast<std::size_t>(sender.scenario);
    for (std::size_t k = firstCandidate_[s]; k < firstCandidate_[s + 1]; ++k) {
      const std::int32_t at = candidates_[k].target - fanOut.first;
      if (0 <= at && at < fanOut.count && weights[at] != 0)
        bring(candidates_[k].target, candidates_[k].lane, weights[at], fanOut.delay);
    }
    return;
  }
  const FanOutTarget* targets = plan_.targets(fanOut);
  const float* sensitivity =
      &groups_[number].sensitivity[static_cast<std::size_t>(sender.scenario * group.width)];
  for (std::int32_t i = 0; i < fanOut.count; ++i)
    if (const float lane = sensitivity[targets[i].target]; lane < 0)
      bring(targets[i].target, -1 - static_cast<std::int32_t>(lane), weights[i], targets[i].delay);
}

// One neuron in all scenarios in which it must be run.
void Cascade::runTarget(const CellGroup& group, std::int32_t target) {
  const auto n = static_cast<std::size_t>(target);
  const std::int32_t number = group.firstCell + target;
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
  const std::int64_t steps = run_->steps(), first = firstStep_[n];
  const std::int64_t lanes = firstLane_[n + 1] - firstLane_[n];
  std::int32_t* arriving = arrivingAt(target);
  const std::int32_t* scenarios = &scenarioOf_[static_cast<std::size_t>(firstLane_[n])];
  if (first >= steps) return;
  static constexpr std::int32_t kZero[models::kMaxStates] = {};
  vector::ScenarioCall call;
  call.first = first, call.steps = steps, call.lanes = lanes;
  for (std::int64_t t = first; t < steps; ++t)
    input_[static_cast<std::size_t>(t)] = run_->arriving(t, cell.firstInput);
  call.input = input_.data(), call.change = arriving;
  call.parameters = cell.parameters.data();
  call.states = first > 0 ? run_->states(first - 1, number) : kZero;
  if (cell.model->spiking) {
    const std::int64_t words = vector::trainWords(steps);
    sent_.resize(static_cast<std::size_t>(words * lanes));
    call.sent = sent_.data();
    group.function(call);
    const auto intact = run_->train(flat_.sourceOfCell(number));
    const std::uint32_t before = (std::uint32_t{1} << (first % 32)) - 1;
    for (std::int64_t lane = 0; lane < lanes_[n]; ++lane) {
      for (std::int64_t word = first / 32; word < words; ++word) {
        std::uint32_t& sent = train_[static_cast<std::size_t>(word)];
        sent = sent_[static_cast<std::size_t>(word * lanes + lane)];
        if (word == first / 32) sent = (sent & ~before) | (intact[static_cast<std::size_t>(word)] & before);
      }
      scenario_ = scenarios[lane];
      noteChanges(number, train_, first / 32);
    }
  } else {
    scratch_.resize(static_cast<std::size_t>(2 * lanes));
    for (const Tap& tap : readout_.taps(number)) {
      if (tap.state < 0) continue;
      for (std::int64_t t = first; t < steps; ++t)
        intact_[static_cast<std::size_t>(t)] = run_->states(t, number)[tap.state];
      std::fill(scratch_.begin(), scratch_.end(), 0);
      call.from = tap.lag, call.to = tap.lag + run_->dataSteps(), call.state = tap.state;
      call.intact = intact_.data(), call.sum = scratch_.data(), call.distance = scratch_.data() + lanes;
      group.function(call);
      for (std::int64_t lane = 0; lane < lanes_[n]; ++lane)
        tally(scenarios[lane], tap, call.sum[lane], call.distance[lane]);
    }
  }
  std::fill_n(arriving + first * lanes, (steps - first) * lanes, 0);
}

Outcome Cascade::outcomeOf(std::int32_t scenario) const {
  const auto s = static_cast<std::size_t>(scenario);
  const auto values = static_cast<std::size_t>(readout_.values());
  return readout_.judge({raster_[s] != 0, output_[s] != 0, std::span(change_).subspan(s * values, values),
                         std::span(distance_).subspan(s * values, values)},
                        *sums_, answer_, run_->dataSteps());
}

}  // namespace rheo::faults
