// What of a run the user sees, and which answer it gives: the measure of what a fault does.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "faults/Baseline.h"
#include "faults/FlatProgram.h"

namespace rheo::faults {

// How the answer of a run is read from an output, after the lag of each of its parts. SPEC B17
struct Decision {
  std::int32_t output = -1;  // index into Program::outputs; -1: there is no answer
  // One float unit of each value of the output in integers of the chip. [size of the output]
  std::vector<double> scale;
  // Without a tolerance the answer is the value with the largest sum over the steps, the first of equals.
  // With one it is the values themselves: another answer is one of which some value is off, on average over
  // the steps, by more than this, in float units.
  double tolerance = std::numeric_limits<double>::infinity();
  bool argmax() const { return tolerance == std::numeric_limits<double>::infinity(); }
};

// What a fault did to one sample; each includes the ones before. SPEC B16
enum class Damage : std::uint8_t {
  None,      // every spike of every neuron is the same, and every output
  Raster,    // some neuron sends otherwise; the outputs do not tell
  Output,    // an output differs, the answer does not
  Decision,  // another answer
  Undefined  // nobody knows: the words no longer mean anything
};
inline constexpr std::size_t kDamages = 5;

struct Outcome {
  Damage damage = Damage::None;
  std::int32_t answer = -1;  // by Decision; -1 where there is none
  double deviation = 0;      // the largest mean deviation of a value of the output, float units
};

// How a run differs from the intact one.
struct Difference {
  bool raster = false, output = false;
  // Of each value of the decision's output: its sum over the steps, and its distances of all steps added up.
  std::span<const std::int64_t> sums, distances;
};

// Where a cell is seen.
struct Tap {
  std::int32_t value = -1;  // of the decision's output; -1: of another one
  std::int32_t state = -1;  // -1: what it sends
  std::int32_t lag = 0;
};

class Readout {
 public:
  Readout(const FlatProgram& flat, Decision decision);

  const Decision& decision() const { return decision_; }
  std::int32_t values() const { return values_; }  // of the decision's output
  const std::vector<Tap>& taps(std::int32_t cell) const { return taps_[static_cast<std::size_t>(cell)]; }
  // Whether a cell of the output is seen in this step, in the network's time.
  static bool inWindow(const Tap& tap, const Baseline& run, std::int64_t step) {
    return step >= tap.lag && step < tap.lag + run.dataSteps();
  }
  // Sums over the steps of each value.
  std::vector<std::int64_t> sums(const FlatProgram& flat, const Baseline& run) const;
  // By argmax of the sums, each with its change where there are some; -1 without a decision or with a
  // tolerance.
  std::int32_t answer(std::span<const std::int64_t> sums, std::span<const std::int64_t> changes = {}) const;
  // What a run comes to that differs so from the intact one, whose sums and answer are given; `steps` of
  // data.
  Outcome judge(const Difference& difference, std::span<const std::int64_t> sums, std::int32_t answer,
                std::int64_t steps) const;

 private:
  Decision decision_;
  std::int32_t values_ = 0;
  std::vector<std::vector<Tap>> taps_;
};

}  // namespace rheo::faults
