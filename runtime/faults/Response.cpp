// The models' step.h read in distances between two runs.
#include "faults/Response.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "fixed/Arithmetic.h"
#include "models/AllModels.h"

namespace rheo::faults {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// A value of both runs: how far apart they are at most. Equal values have equal results, whatever is done.
struct Apart {
  double off = 0;
  bool known = false;  // as parameters and constants are
  std::int32_t value = 0;
};

// A condition that came out the same in both runs, or nobody knows.
struct SameChoice {
  bool same = true, always = false;  // always: it holds
};

// Every operation that step.h may use, on distances. Truncations move each run by less than 1.
struct DistanceAlgebra {
  using Int = Apart;
  using Spike = SameChoice;

  bool fires = false;                 // what each comparison with a threshold is taken to have given
  double compared = 0, currents = 0;  // the largest distances where it matters
  bool sendsSame = true;              // what is sent hangs on nothing but the comparisons that were noted

  void note(Spike spike) { sendsSame = spike.same; }
  void note(Int payload) { sendsSame = payload.off == 0; }

  static Apart scaled(Apart x, double by) { return x.off == 0 ? Apart{} : Apart{x.off * by + 1}; }
  static Apart unless0(double off) { return {off == 0 ? 0 : kUnbounded}; }

  Int decay(Int x, Int decay12) {
    if (x.off != 0 && (!decay12.known || decay12.value < 0 || decay12.value > fixed::kDecayOne))
      return {kUnbounded};
    return scaled(x, (fixed::kDecayOne - decay12.value) / double{fixed::kDecayOne});
  }
  Int turnShare(Int x, Int share) {
    if (x.off != 0 && !share.known) return {kUnbounded};
    return scaled(x, std::abs(share.value) / double{1 << fixed::kTurnBits});
  }
  Int align(Int input) {
    const Int aligned{input.off * (1 << fixed::kAlignBits)};
    currents = std::max(currents, aligned.off);
    return aligned;
  }
  Int constant(std::int32_t value) { return {0, true, value}; }
  Int add(Int a, Int b) { return {a.off + b.off}; }
  Int sub(Int a, Int b) { return {a.off + b.off}; }
  Int multiply(Int a, Int b) { return unless0(a.off + b.off); }
  Int productShifted(Int a, Int b, int) { return unless0(a.off + b.off); }
  Int shiftLeft(Int x, Int bits) { return unless0(x.off + bits.off); }
  Int shiftRight(Int x, Int bits) { return unless0(x.off + bits.off); }
  Int abs(Int x) { return {x.off}; }
  Int cycle(Int x, Int period) { return unless0(x.off + period.off); }
  Int select(Spike condition, Int yes, Int no) {
    if (!condition.same) return {kUnbounded};
    return {condition.always ? yes.off : std::max(yes.off, no.off)};
  }
  Spike atLeast(Int a, Int b) { return {a.off + b.off == 0}; }
  Spike equal(Int a, Int b) { return {a.off + b.off == 0}; }
  Spike both(Spike a, Spike b) { return {a.same && b.same, a.always && b.always}; }
  // Nobody waits where a neuron is taken to fire.
  Spike unless(Spike a, Spike b) { return {a.same && b.same, a.always && !b.always}; }
  Int wrapCurrent(Int x) {
    currents = std::max(currents, x.off);
    return {x.off};
  }
  Int saturate(Int x) { return {x.off}; }
  Int saturateSum(Int a, Int b) { return {a.off + b.off}; }
  Spike fire(Int v, Int threshold) {
    compared = std::max(compared, v.off + threshold.off);
    return {true, fires};
  }
  Spike never() { return {}; }
  Int reset(Spike spike, Int v, Int keep, Int amount) {
    if (keep.off != 0 || !spike.same) return {kUnbounded};
    const double after = (keep.known && keep.value == 0 ? 0 : v.off) + amount.off;
    return {spike.always ? after : std::max(after, v.off)};
  }
};

namespace steps {
#include "models/AllSteps.inc"
}  // namespace steps

using States = std::array<Apart, models::kMaxStates>;

void stepApart(const models::ModelTable& model, DistanceAlgebra& algebra, States& states, double input,
               const std::int32_t* parameters) {
  std::array<Apart, models::kMaxParameters> p;
  for (std::size_t k = 0; k < p.size(); ++k) p[k] = {0, true, parameters[k]};
  const Apart arriving[models::kMaxPorts] = {{input}};
#define RHEO_MODEL(name)                           \
  if (model.opcode == models::name::kTable.opcode) \
    algebra.note(steps::name::step(algebra, states.data(), arriving, p.data()));
#include "models/Models.def"
#undef RHEO_MODEL
}

// A change of `size` in the first step, and nothing after it.
struct Echo {
  std::vector<double> compared;
  double currents = 0;
  bool sendsSame = true;
  States states;
};

Echo echoOf(const models::ModelTable& model, const std::int32_t* parameters, std::int64_t steps,
            double size) {
  Echo echo;
  for (std::int64_t t = 0; t < steps; ++t) {
    DistanceAlgebra algebra;
    stepApart(model, algebra, echo.states, t == 0 ? size : 0, parameters);
    echo.compared.push_back(algebra.compared);
    echo.currents = std::max(echo.currents, algebra.currents);
    echo.sendsSame = echo.sendsSame && algebra.sendsSame;
  }
  return echo;
}

// Whether neurons that both fire are in the same state after it, wherever they can have differed.
bool clearsAll(const models::ModelTable& model, const std::int32_t* parameters, States states) {
  for (Apart& state : states) state.off = state.off != 0 ? 1 : 0;
  DistanceAlgebra firing;
  firing.fires = true;
  stepApart(model, firing, states, 0, parameters);
  return std::all_of(states.begin(), states.begin() + std::ssize(model.states),
                     [](const Apart& state) { return state.off == 0; });
}

// So that no sum of rounded floats falls below the number that it bounds.
float atLeast(double bound) { return static_cast<float>(bound * 1.0001); }

}  // namespace

Response responseOf(const models::ModelTable& model, const std::int32_t* parameters, std::int64_t steps) {
  Response response;
  if (!model.spiking || model.graded || model.microcode || model.ports.size() != 1 || steps <= 0)
    return response;
  // Distances are a part in proportion to the change and one of roundings: two sizes tell both.
  const Echo one = echoOf(model, parameters, steps, 1), two = echoOf(model, parameters, steps, 2);
  double slack = 0, largest = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto k = static_cast<std::size_t>(t);
    const double gain = two.compared[k] - one.compared[k];
    slack = std::max(slack, one.compared[k] - gain);
    largest = std::max(largest, gain);
    if (t < Response::kWindow)
      response.gain.push_back(atLeast(gain));
    else
      response.tail = std::max(response.tail, atLeast(gain));
  }
  const double wrapGain = two.currents - one.currents;
  response.slack = atLeast(slack + 1);
  response.wrapGain = atLeast(wrapGain);
  response.wrapSlack = atLeast(one.currents - wrapGain + 1);
  response.bounded =
      one.sendsSame && std::isfinite(largest) && std::isfinite(slack) && std::isfinite(one.currents);
  response.clears = response.bounded && clearsAll(model, parameters, one.states);
  return response;
}

}  // namespace rheo::faults
