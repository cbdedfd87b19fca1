// The fixpoint of SPEC P1: a guess in closed form that one step of step.h has to confirm, then a few steps
// that only tighten it. The guess makes it fast; the confirmation makes it sound.
#include "algorithms/RangeProof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "models/AllModels.h"

namespace rheo {
namespace interval_steps {
#include "models/AllSteps.inc"
}  // namespace interval_steps
namespace {

constexpr int kTighten = 8;                    // steps after the guess holds
constexpr int kPlainSteps = 20000;             // where no guess holds
constexpr int kProgramSteps = 200;             // of a program, before bounds are given up
constexpr std::int64_t kCountedSteps = 20000;  // how far overflow-free steps are counted

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

// Of a model: where the parameters that guesses ask for stand among its own.
struct Places {
  int decayU, decayV, bias, threshold, resetKeep, resetAmount;  // -1 where it has none
};
constexpr Places placesOf(const models::ModelTable& table) {
  const auto of = [&](std::string_view name) {
    for (std::size_t i = 0; i < table.fixedParameters.size(); ++i)
      if (table.fixedParameters[i].name == name) return static_cast<int>(i);
    return -1;
  };
  return {of("decay_u"), of("decay_v"), of("bias"), of("threshold"), of("reset_keep"), of("reset_amount")};
}

// What the proofs ask of a model: a step, and what takes many of them. That is compiled for each model by
// itself, with its step inside: states whose number is known stay in registers from step to step.
struct Motion {
  Sent (*step)(IntervalAlgebra&, Interval* states, const Interval* input, const Interval* parameters);
  void (*tighten)(const IntervalAlgebra& fresh, Interval* box, const Interval* input,
                  const Interval* parameters);
  std::int64_t (*countSafeSteps)(const IntervalAlgebra& fresh, bool leaks, const Interval* input,
                                 const Interval* parameters);
  Places places;
};

template <std::size_t kStates>
using Box = std::array<Interval, kStates>;

template <std::size_t kStates>
Box<kStates> hullOf(const Box<kStates>& a, const Box<kStates>& b) {
  Box<kStates> both;
  for (std::size_t i = 0; i < kStates; ++i) both[i] = hull(a[i], b[i]);
  return both;
}

// Of a box that a step does not leave: the start, and everywhere that a step from it can lead, some times
// over.
template <std::size_t kStates, class Step>
[[gnu::flatten]] void tightenBy(Step step, const IntervalAlgebra& fresh, Interval* box, const Interval* input,
                                const Interval* parameters) {
  Box<kStates> now;
  std::copy_n(box, kStates, now.begin());
  for (int i = 0; i < kTighten; ++i) {
    Box<kStates> next = now;
    IntervalAlgebra algebra = fresh;
    step(algebra, next.data(), input, parameters);
    next = hullOf(Box<kStates>{}, next);
    if (next == now) break;
    now = next;
  }
  std::copy_n(now.begin(), kStates, box);
}

// Steps from the start in which nothing can overflow yet.
template <std::size_t kStates, class Step>
[[gnu::flatten]] std::int64_t countSafeStepsBy(Step step, const IntervalAlgebra& fresh, bool leaks,
                                               const Interval* input, const Interval* parameters) {
  Box<kStates> states{};
  Interval previousMove{};
  for (std::int64_t count = 0; count < kCountedSteps; ++count) {
    IntervalAlgebra algebra = fresh;
    Box<kStates> next = states;
    step(algebra, next.data(), input, parameters);
    if (algebra.mayWrap || algebra.maySaturate) return count;
    next = hullOf(states, next);
    const Interval move{next.back().lo - states.back().lo, next.back().hi - states.back().hi};
    // Once the current stands still, a potential without leak sinks by the same amount for ever: the rest is
    // a division.
    const bool steady = std::equal(states.begin(), states.end() - 1, next.begin());
    if (steady && !leaks && count > 2 && move == previousMove && move.hi == 0 && move.lo < 0)
      return count + 1 + (fixed::kStateMax + next.back().lo) / -move.lo;
    previousMove = move;
    states = next;
  }
  return kCountedSteps;
}

template <std::size_t kStates, class Step>
Motion motionBy(Step step, Places places) {
  return {step,
          [](const IntervalAlgebra& fresh, Interval* box, const Interval* input, const Interval* parameters) {
            tightenBy<kStates>(Step(), fresh, box, input, parameters);
          },
          [](const IntervalAlgebra& fresh, bool leaks, const Interval* input, const Interval* parameters) {
            return countSafeStepsBy<kStates>(Step(), fresh, leaks, input, parameters);
          },
          places};
}

// Of every opcode.
std::array<Motion, 256> allMotions() {
  std::array<Motion, 256> motions{};
#define RHEO_MODEL(folder)                                                                       \
  motions[models::folder::kTable.opcode] = motionBy<models::folder::kTable.states.size()>(       \
      [](IntervalAlgebra& algebra, Interval* states, const Interval* input, const Interval* p) { \
        return sentOf(interval_steps::folder::step(algebra, states, input, p));                  \
      },                                                                                         \
      placesOf(models::folder::kTable));
#include "models/Models.def"
#undef RHEO_MODEL
  return motions;
}

const Motion& motionOf(const models::ModelTable& table) {
  static const std::array<Motion, 256> motions = allMotions();
  return motions[table.opcode];
}

struct NeuronModel {
  const models::ModelTable& table;
  FewIntervals input;  // of each port
  std::array<Interval, models::kMaxParameters> parameters = {};
  const Motion& motion = motionOf(table);

  std::int64_t parameter(int place, std::int64_t fallback) const {
    return place < 0 ? fallback : parameters[static_cast<std::size_t>(place)].lo;
  }

  Sent step(IntervalAlgebra& algebra, States& states) const {
    return motion.step(algebra, states.data(), input.data(), parameters.data());
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
  const Places& at = neuron.motion.places;
  States states;
  if (neuron.table.states.size() > 1) {
    current = leakyLimits(current, neuron.parameter(at.decayU, fixed::kDecayOne), end);
    states.push_back(current);
  }
  const std::int64_t bias = neuron.parameter(at.bias, 0);
  const Interval added{current.lo + bias, current.hi + bias};
  Interval potential = leakyLimits(added, neuron.parameter(at.decayV, 0), end);
  if (neuron.table.spiking) {
    const std::int64_t threshold = neuron.parameter(at.threshold, fixed::kStateMax);
    const std::int64_t kept = neuron.parameter(at.resetKeep, 0) != 0
                                  ? std::max(std::int64_t{0}, std::max(threshold, std::int64_t{0}) + added.hi)
                                  : 0;
    const std::int64_t after = kept - neuron.parameter(at.resetAmount, 0);
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
  neuron.motion.tighten(IntervalAlgebra(profile.currentOverflow, bounded), box.data(), neuron.input.data(),
                        neuron.parameters.data());
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

NeuronModel modelOf(const models::ModelTable& table, std::span<const std::int32_t> parameters,
                    const FewIntervals& input) {
  NeuronModel neuron{table, input};
  // SPEC N19: sums of payloads that may leave 32 bits may be anything.
  for (Interval& sum : neuron.input) sum = wrapped32(sum);
  for (std::size_t i = 0; i < parameters.size(); ++i) neuron.parameters[i] = {parameters[i], parameters[i]};
  return neuron;
}

// The fewest safe steps of neurons that differ in what they receive.
class SafeSteps {
 public:
  SafeSteps(const models::ModelTable& model, std::span<const std::int32_t> parameters, const Profile& profile)
      : neuron_(modelOf(model, parameters, FewIntervals(model.ports.size()))), profile_(profile) {}

  // The neurons that are driven furthest overflow first, nearly always: then nobody else is counted.
  std::int64_t of(std::span<FewIntervals> inputs) {
    std::sort(inputs.begin(), inputs.end(),
              [](const FewIntervals& a, const FewIntervals& b) { return a.front().lo < b.front().lo; });
    const auto highest = std::max_element(
        inputs.begin(), inputs.end(),
        [](const FewIntervals& a, const FewIntervals& b) { return a.front().hi < b.front().hi; });
    fewest_ = std::min(count(inputs.front()), count(*highest));
    look(inputs);
    return fewest_;
  }

 private:
  std::int64_t count(const FewIntervals& input) {
    neuron_.input = input;
    for (Interval& sum : neuron_.input) sum = wrapped32(sum);
    return neuron_.motion.countSafeSteps(IntervalAlgebra(profile_.currentOverflow, true),
                                         neuron_.parameter(neuron_.motion.places.decayV, 0) != 0,
                                         neuron_.input.data(), neuron_.parameters.data());
  }

  // A step keeps intervals within one another: who may receive all that some of them do overflows no later
  // than each of them. What is counted ends at kCountedSteps for some and not for others.
  void look(std::span<const FewIntervals> inputs) {
    FewIntervals all = inputs.front();
    for (const FewIntervals& input : inputs) all = hullOf(all, input);
    const std::int64_t steps = count(all);
    if (inputs.size() == 1) fewest_ = std::min(fewest_, steps);
    if (inputs.size() == 1 || std::min(steps, kCountedSteps) >= fewest_) return;
    look(inputs.first(inputs.size() / 2));
    look(inputs.subspan(inputs.size() / 2));
  }

  NeuronModel neuron_;
  const Profile& profile_;
  std::int64_t fewest_ = 0;
};

int missingBits(std::int64_t largest) {
  const auto needed = std::bit_width(static_cast<std::uint64_t>(largest));
  return std::max(0, static_cast<int>(needed) - 23);
}

}  // namespace

NeuronRange proveNeuron(const models::ModelTable& model, std::span<const std::int32_t> parameters,
                        FewIntervals input, const Profile& profile) {
  const NeuronModel neuron = modelOf(model, parameters, input);
  NeuronRange range;
  range.input = neuron.input;
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
  if (range.proven() || model.microcode) return range;
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

std::int64_t safeSteps(const models::ModelTable& model, std::span<const std::int32_t> parameters,
                       std::span<FewIntervals> inputs, const Profile& profile) {
  return SafeSteps(model, parameters, profile).of(inputs);
}

}  // namespace rheo
