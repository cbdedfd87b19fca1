// The fixpoint of SPEC P1: a guess in closed form that one step of step.h has to confirm, then a few steps
// that only tighten it. The guess makes it fast; the confirmation makes it sound.
#include "algorithms/RangeProof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace rheo {
namespace interval_steps {
#include "models/AllSteps.inc"
}  // namespace interval_steps
namespace {

constexpr int kTighten = 8;           // steps after the guess holds
constexpr int kPlainSteps = 20000;    // where no guess holds
constexpr int kProgramSteps = 200;    // of a program, before bounds are given up
constexpr int kCountedSteps = 20000;  // how far overflow-free steps are counted

using States = FewIntervals;

// What a step may send. SPEC N18
struct Sent {
  bool mayFire = false;
  Interval payload{0, 0};
  bool mustFire = false;
};
Sent sentOf(const IntervalAlgebra::Spike& spike) {
  return {spike.mayFire, {0, spike.mayFire ? 1 : 0}, !spike.mayStay};
}
Sent sentOf(const Interval& payload) { return {payload.lo < 0 || payload.hi > 0, payload}; }

using Step = Sent (*)(IntervalAlgebra&, Interval*, const Interval*, const Interval*);

// Of every opcode.
std::array<Step, 256> allSteps() {
  std::array<Step, 256> steps;
  steps.fill([](IntervalAlgebra&, Interval*, const Interval*, const Interval*) { return Sent{}; });
#define RHEO_MODEL(folder)                                                                            \
  steps[models::findModel(#folder)->opcode] = [](IntervalAlgebra& algebra, Interval* states,          \
                                                 const Interval* input, const Interval* parameters) { \
    return sentOf(interval_steps::folder::step(algebra, states, input, parameters));                  \
  };
#include "models/Models.def"
#undef RHEO_MODEL
  return steps;
}

Step stepOf(const models::ModelTable& table) {
  static const std::array<Step, 256> steps = allSteps();
  return steps[table.opcode];
}

struct NeuronModel {
  const models::ModelTable& table;
  FewIntervals input;  // of each port
  std::array<Interval, models::kMaxParameters> parameters = {};
  Step stepped = stepOf(table);

  std::int64_t parameter(std::string_view name, std::int64_t fallback) const {
    for (std::size_t i = 0; i < table.fixedParameters.size(); ++i)
      if (table.fixedParameters[i].name == name) return parameters[i].lo;
    return fallback;
  }

  Sent step(IntervalAlgebra& algebra, States& states) const {
    return stepped(algebra, states.data(), input.data(), parameters.data());
  }
};

// The largest value that x <- trunc(x * (1 - decay / 4096)) + added reaches from 0; `end` if there is none.
std::int64_t leakyLimit(std::int64_t added, std::int64_t decay12, std::int64_t end) {
  if (added <= 0) return 0;
  if (decay12 <= 0) return end;
  return std::min(end, (added - 1) * fixed::kDecayOne / decay12 + 1);
}

Interval leakyLimits(Interval added, std::int64_t decay12, std::int64_t end) {
  return {-leakyLimit(-added.lo, decay12, end), leakyLimit(added.hi, decay12, end)};
}

States guess(const NeuronModel& neuron, std::int64_t end) {
  IntervalAlgebra algebra(CurrentOverflow::WrapOnce, end <= fixed::kHalfPeriod);
  Interval current = algebra.align(neuron.input[0]);
  States states;
  if (neuron.table.states.size() > 1) {
    current = leakyLimits(current, neuron.parameter("decay_u", fixed::kDecayOne), end);
    states.push_back(current);
  }
  const std::int64_t bias = neuron.parameter("bias", 0);
  const Interval added{current.lo + bias, current.hi + bias};
  Interval potential = leakyLimits(added, neuron.parameter("decay_v", 0), end);
  if (neuron.table.spiking) {
    const std::int64_t threshold = neuron.parameter("threshold", fixed::kStateMax);
    const std::int64_t kept = neuron.parameter("reset_keep", 0) != 0
                                  ? std::max(std::int64_t{0}, std::max(threshold, std::int64_t{0}) + added.hi)
                                  : 0;
    const std::int64_t after = kept - neuron.parameter("reset_amount", 0);
    if (potential.hi > threshold)
      potential = {std::min(potential.lo, after), std::max({threshold, after, std::int64_t{0}})};
  }
  states.push_back(potential);
  return states;
}

bool holds(const States& outer, const States& inner) {
  for (std::size_t i = 0; i < outer.size(); ++i)
    if (!outer[i].holds(inner[i])) return false;
  return true;
}

States hullOf(States a, const States& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = hull(a[i], b[i]);
  return a;
}

// The start, and everywhere that a step can lead from `states`.
States reach(const NeuronModel& neuron, const Profile& profile, bool bounded, States states) {
  IntervalAlgebra algebra(profile.currentOverflow, bounded);
  neuron.step(algebra, states);
  return hullOf(States(states.size()), states);
}

void tighten(const NeuronModel& neuron, const Profile& profile, bool bounded, States& box) {
  for (int i = 0; i < kTighten; ++i) {
    const States next = reach(neuron, profile, bounded, box);
    if (next == box) return;
    box = next;
  }
}

// Programs of a chip have no closed form: a bound that has not settled soon is given up, one at a time.
States programBox(const NeuronModel& neuron, const Profile& profile) {
  States box(neuron.table.states.size());
  for (int i = 0;; ++i) {
    const States next = hullOf(box, reach(neuron, profile, true, box));
    if (next == box) break;
    for (std::size_t s = 0; s < box.size() && i >= kProgramSteps; ++s) {
      if (next[s].lo < box[s].lo) box[s].lo = kLeast32;
      if (next[s].hi > box[s].hi) box[s].hi = kMost32;
    }
    box = hullOf(box, next);
  }
  tighten(neuron, profile, true, box);
  return box;
}

// A box that holds the start and that a step never leaves; false where none was found.
bool findBox(const NeuronModel& neuron, const Profile& profile, bool bounded, States& box) {
  const std::int64_t end = bounded ? fixed::kStateMax : std::int64_t{1} << 40;
  const States start(neuron.table.states.size());
  box = hullOf(start, guess(neuron, end));
  bool found = holds(box, reach(neuron, profile, bounded, box));
  // Nothing leaks and nothing saturates: the potential goes on for ever, however long one follows it.
  const auto endless = [&](const Interval& state) { return state.lo <= -end || state.hi >= end; };
  if (!found && !bounded && std::any_of(box.begin(), box.end(), endless)) return false;
  if (!found) {
    box = start;
    for (int i = 0; i < kPlainSteps && !found; ++i) {
      const States next = hullOf(box, reach(neuron, profile, bounded, box));
      found = next == box;
      box = next;
    }
  }
  if (!found && bounded) {
    box.fill({-fixed::kHalfPeriod, fixed::kHalfPeriod});
    // Payloads of neurons may lead out of 24 bits, but never out of 32. SPEC N19
    if (!holds(box, reach(neuron, profile, bounded, box))) box.fill({kLeast32, kMost32});
    found = true;
  }
  if (found) tighten(neuron, profile, bounded, box);
  return found;
}

// Steps from the start in which nothing can overflow yet.
std::int64_t countSafeSteps(const NeuronModel& neuron, const Profile& profile) {
  States states(neuron.table.states.size());
  Interval previousMove{};
  const bool leaks = neuron.parameter("decay_v", 0) != 0;
  for (std::int64_t step = 0; step < kCountedSteps; ++step) {
    IntervalAlgebra algebra(profile.currentOverflow, true);
    States next = states;
    neuron.step(algebra, next);
    if (algebra.mayWrap || algebra.maySaturate) return step;
    next = hullOf(states, next);
    const Interval move{next.back().lo - states.back().lo, next.back().hi - states.back().hi};
    // Once the current stands still, a potential without leak sinks by the same amount for ever: the rest is
    // a division.
    const bool steady = std::equal(states.begin(), states.end() - 1, next.begin());
    if (steady && !leaks && step > 2 && move == previousMove && move.hi == 0 && move.lo < 0)
      return step + 1 + (fixed::kStateMax + next.back().lo) / -move.lo;
    previousMove = move;
    states = next;
  }
  return kCountedSteps;
}

int missingBits(std::int64_t largest) {
  const auto needed = std::bit_width(static_cast<std::uint64_t>(largest));
  return std::max(0, static_cast<int>(needed) - 23);
}

}  // namespace

NeuronRange proveNeuron(const models::ModelTable& model, std::span<const std::int32_t> parameters,
                        FewIntervals input, const Profile& profile) {
  // SPEC N19: sums of payloads that may leave 32 bits may be anything.
  for (Interval& sum : input) sum = wrapped32(sum);
  NeuronModel neuron{model, input};
  for (std::size_t i = 0; i < parameters.size(); ++i) neuron.parameters[i] = {parameters[i], parameters[i]};
  NeuronRange range;
  range.input = input;
  States box;
  if (model.microcode)
    box = programBox(neuron, profile);
  else
    findBox(neuron, profile, true, box);
  range.states = box;
  IntervalAlgebra algebra(profile.currentOverflow, true);
  States once = box;
  const Sent sent = neuron.step(algebra, once);
  range.mayFire = sent.mayFire;
  range.mustFire = sent.mustFire;
  range.payload = sent.payload;
  range.mayWrap = algebra.mayWrap;
  range.maySaturate = algebra.maySaturate;
  if (range.proven()) return range;
  range.safeSteps = countSafeSteps(neuron, profile);
  if (model.microcode) return range;
  States unbounded;
  if (findBox(neuron, profile, false, unbounded)) {
    IntervalAlgebra free(profile.currentOverflow, false);
    neuron.step(free, unbounded);
    const std::int64_t largest = std::max(free.largestCurrent, free.largestPotential);
    if (largest < (std::int64_t{1} << 39)) {
      range.bitsMissing = std::max(1, missingBits(largest));
      range.currentBitsMissing = range.mayWrap ? std::max(1, missingBits(free.largestCurrent)) : 0;
      range.potentialBitsMissing = range.maySaturate ? std::max(1, missingBits(free.largestPotential)) : 0;
    }
  }
  return range;
}

}  // namespace rheo
