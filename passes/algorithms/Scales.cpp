// Bounds on the scale in closed form, then a search of one octave for the least weight error.
#include "algorithms/Scales.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "algorithms/RoundingLoss.h"
#include "algorithms/WeightLoops.h"
#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

constexpr double kMargin = 0.97;  // for weights rounded up
constexpr double kStateEnd = kMargin * fixed::kStateMax;
constexpr int kOctaveSteps = 16;
constexpr std::int64_t kSampledWeights = 1 << 18;
constexpr double kAlign = 1 << fixed::kAlignBits;
constexpr double kFinestThreshold =
    256;  // at least so many steps of vth up to the threshold, where there is room
// What a right shift of the sum loses, it loses in every step and always downwards; the weights' own errors
// average out over steps (some 20 in a time constant) and count for the sources that spike (some 5 %).
constexpr double kShiftPenalty = 20 / 0.05;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Drive {
  double down = 0, up = 0;  // largest sums of one step, per neuron, float units of v
};

std::vector<Drive> drives(std::size_t size, const WeightsIn& parts) {
  std::vector<Drive> result(size);
  for (const EffectiveWeights* part : parts)
    for (std::int64_t target = 0; target < part->values.wiring.targets(); ++target) {
      Drive drive = result[static_cast<std::size_t>(target)];
      part->values.wiring.sourcesOf(target, [&](std::int64_t, std::int64_t index) {
        const double weight = part->values.value(index) * part->payload;
        drive.down += std::max(-weight, 0.0);  // without a branch, which signs at random would mislead
        drive.up += std::max(weight, 0.0);
      });
      result[static_cast<std::size_t>(target)] = drive;
    }
  return result;
}

// Exponents below the one that clips nothing. With 2 or 3 bits nearly all weights of a bell curve would
// become 0 beside its largest ones.
int octavesClipped(int bits) { return bits < 4 ? 4 : bits < 8 ? 2 : 0; }

int clampExponent(int exponent, const ScaleLimits& limits) {
  return std::clamp(exponent, limits.leastExponent, limits.mostExponent);
}

// A scale for a population, and an exponent for a projection into it.
struct Trial {
  std::size_t scale;  // its index
  int exponent;
  double unit;  // stored weights of one float unit
  double error = 0;
};

// Mean squared error of rounding and of flooring the sum, as a share of the mean square.
void findErrors(const EffectiveWeights& part, std::vector<Trial>& trials) {
  const auto count = static_cast<std::int64_t>(part.values.values.size());
  const std::int64_t stride = std::max<std::int64_t>(1, count / kSampledWeights);
  std::vector<double> units;
  for (const Trial& trial : trials) units.push_back(trial.unit);
  const std::vector<RoundingLoss> losses = roundingLosses(part.values.values, stride, part.format, units);
  const double rows =
      static_cast<double>(std::max<std::int64_t>(1, part.values.rows())) / static_cast<double>(stride);
  for (std::size_t t = 0; t < trials.size(); ++t) {
    if (losses[t].power == 0) continue;
    const double one = std::ldexp(1.0, -trials[t].exponent);
    const double lost =  // half a unit on average
        part.format.step() * std::ldexp(1.0, trials[t].exponent) < 1 ? 0.5 * one : 0;
    trials[t].error = (losses[t].error + kShiftPenalty * lost * lost * rows) / losses[t].power;
  }
}

// The least exponent at which a sum of stored weights is not floored.
int leastWhole(const WeightFormat& format) { return -std::countr_zero(static_cast<unsigned>(format.step())); }

// The exponents worth a look at a scale, the one at which the weights just fit first. Below it, the largest
// weights are clipped, which pays with few bits. Above: coarser weights, but less of their sum is shifted
// away; where nothing is, coarser ones have no smaller error, since theirs are among the finer ones.
std::vector<int> exponentsFor(const EffectiveWeights& part, double scale, const ScaleLimits& limits) {
  if (part.exponentPinned) return {part.exponent};
  const int fitting = clampExponent(fittingExponent(part.format, part.largest, scale), limits);
  std::vector<int> exponents{fitting};
  for (int exponent = fitting - octavesClipped(part.format.bits);
       exponent <= std::max(fitting, leastWhole(part.format)); ++exponent) {
    const int candidate = clampExponent(exponent, limits);
    if (std::find(exponents.begin(), exponents.end(), candidate) == exponents.end())
      exponents.push_back(candidate);
  }
  return exponents;
}

// For each scale the exponent with the least error, the earliest of equals.
std::vector<Trial> bestTrials(const EffectiveWeights& part, const std::vector<double>& scales,
                              const ScaleLimits& limits) {
  std::vector<Trial> trials, best;
  for (std::size_t s = 0; s < scales.size(); ++s)
    for (const int exponent : exponentsFor(part, scales[s], limits))
      trials.push_back({s, exponent, storedUnit(scales[s], exponent)});
  findErrors(part, trials);
  for (const Trial& trial : trials) {
    if (best.empty() || best.back().scale != trial.scale)
      best.push_back(trial);
    else if (trial.error < best.back().error)
      best.back() = trial;
  }
  return best;
}

// Scales above this one break something of a neuron whatever the input.
double hardLimit(const Dynamics& dynamics, const Drive& drive, std::size_t n, const ScaleLimits& limits) {
  double scale = kInfinity;
  const double sum = drive.down + drive.up, most = std::max(drive.down, drive.up);
  if (sum > 0) scale = std::min(scale, kMargin * fixed::kInputBound * kAlign / sum);  // SPEC W8
  if (most > 0 && dynamics.lossU[n] > 0) scale = std::min(scale, kStateEnd * dynamics.lossU[n] / most);
  if (!dynamics.biasDrive.empty() && dynamics.biasDrive[n] != 0)
    scale = std::min(scale, static_cast<double>(limits.mostBias) / std::abs(dynamics.biasDrive[n]));
  if (dynamics.spiking() && dynamics.threshold[n] > 0)
    scale = std::min(scale, static_cast<double>(limits.mostThreshold) * kAlign / dynamics.threshold[n]);
  if (dynamics.spiking() && dynamics.reset[n] != 0)
    scale = std::min(scale, static_cast<double>(limits.mostReset) * kAlign / std::abs(dynamics.reset[n]));
  return scale;
}

// Of a population.
double hardLimit(const Dynamics& dynamics, const std::vector<Drive>& drive, const WeightsIn& parts,
                 const ScaleLimits& limits) {
  double scale = kInfinity;
  for (std::size_t n = 0; n < drive.size(); ++n)
    scale = std::min(scale, hardLimit(dynamics, drive[n], n, limits));
  for (const EffectiveWeights* part : parts)
    if (part->largest > 0)
      scale = std::min(scale,
                       part->format.reach() * kAlign * std::ldexp(1.0, limits.mostExponent) / part->largest);
  return scale;
}

// The largest scale at which a neuron's potential cannot saturate; 0 where it always can.
double unsaturatedLimit(const Dynamics& dynamics, const Drive& drive, std::size_t n,
                        const ScaleLimits& limits) {
  if (limits.largestPotential > 0) return kStateEnd / (1.25 * limits.largestPotential);
  double scale = kInfinity;
  const double u = std::max(1e-12, dynamics.lossU[n]), v = dynamics.lossV[n];
  const double rest = dynamics.biasDrive.empty() ? 0 : dynamics.biasDrive[n];
  const double down = drive.down / u + std::max(0.0, -rest), up = drive.up / u + std::max(0.0, rest);
  if (down > 0) scale = std::min(scale, kStateEnd * v / down);
  if (dynamics.spiking())
    scale = std::min(scale, kStateEnd / (std::abs(dynamics.threshold[n]) + up + 1e-300));
  else if (up > 0)
    scale = std::min(scale, kStateEnd * v / up);
  return scale;
}

// Of a population.
double unsaturatedLimit(const Dynamics& dynamics, const std::vector<Drive>& drive,
                        const ScaleLimits& limits) {
  double scale = kInfinity;
  for (std::size_t n = 0; n < drive.size(); ++n)
    scale = std::min(scale, unsaturatedLimit(dynamics, drive[n], n, limits));
  return scale;
}

// The least scale at which weights add up without rounding and thresholds and decays are fine-grained.
double preciseScale(const Dynamics& dynamics, const WeightsIn& parts) {
  double scale = 0, largest = 0;
  for (const EffectiveWeights* part : parts) largest = std::max(largest, part->largest);
  for (const EffectiveWeights* part : parts)
    // Weights that matter little beside the largest ones must not drive the state into saturation.
    if (part->largest > largest / 4)
      scale = std::max(scale, part->format.reach() * kAlign / part->format.step() / part->largest);
  for (std::size_t n = 0; n < dynamics.threshold.size(); ++n) {
    if (dynamics.threshold[n] <= 0) continue;
    const double lost =
        16 / std::max(1e-4, dynamics.lossU[n] * (dynamics.lossV[n] > 0 ? dynamics.lossV[n] : 1));
    scale = std::max(scale, std::max(kFinestThreshold * kAlign, lost) / dynamics.threshold[n]);
  }
  return scale;
}

}  // namespace

void EffectiveWeights::findLargest() {
  const auto [least, most] = leastAndMost(values.values);
  largest = std::max(-least, most);
}

std::vector<double> roomAbove(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits,
                              double scale) {
  const std::vector<Drive> drive = drives(dynamics.lossU.size(), parts);
  std::vector<double> room(drive.size());
  for (std::size_t n = 0; n < room.size(); ++n) {
    const double unsaturated = unsaturatedLimit(dynamics, drive[n], n, limits);
    room[n] = hardLimit(dynamics, drive[n], n, limits) / scale;
    if (scale <= unsaturated) room[n] = std::min(room[n], unsaturated / scale);
  }
  const auto forEachRow = [&](auto visit) {
    for (const EffectiveWeights* part : parts)
      for (std::int64_t row = 0; row < part->values.rows(); ++row) {
        const std::int64_t neurons = part->values.wiring.targets() / part->values.rows();
        visit(*part, row,
              std::span(room).subspan(static_cast<std::size_t>(row * neurons),
                                      static_cast<std::size_t>(neurons)));
      }
  };
  forEachRow([](const EffectiveWeights& part, std::int64_t row, std::span<double> room) {
    const auto [least, most] = leastAndMost(part.values.row(row));
    const double largest = std::max(-least, most);
    if (largest > 0)
      for (double& value : room) value = std::min(value, part.largest / largest);
  });
  // Neurons that share a kernel's row share what there is above it.
  forEachRow([](const EffectiveWeights&, std::int64_t, std::span<double> room) {
    std::fill(room.begin(), room.end(), *std::min_element(room.begin(), room.end()));
  });
  for (double& value : room) value = std::max(1.0, value);
  return room;
}

int fittingExponent(const WeightFormat& format, double largest, double scale) {
  if (largest == 0) return 0;
  return static_cast<int>(std::ceil(std::log2(largest * scale / kAlign / format.reach()) - 1e-9));
}

double weightError(const EffectiveWeights& part, double scale, int exponent) {
  std::vector<Trial> trial{{0, exponent, storedUnit(scale, exponent)}};
  findErrors(part, trial);
  return trial[0].error;
}

int chooseExponent(const EffectiveWeights& part, double scale, const ScaleLimits& limits) {
  const std::vector<int> exponents = exponentsFor(part, scale, limits);
  return exponents.size() == 1 ? exponents.front() : bestTrials(part, {scale}, limits).front().exponent;
}

double highestScale(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits) {
  const std::vector<Drive> drive = drives(dynamics.lossU.size(), parts);
  const double wanted = std::max(unsaturatedLimit(dynamics, drive, limits), preciseScale(dynamics, parts));
  const double top = std::min(hardLimit(dynamics, drive, parts, limits), wanted);
  return std::isfinite(top) && top > 0 ? top : 1 << 16;
}

double chooseScale(const Dynamics& dynamics, const WeightsIn& parts, const ScaleLimits& limits) {
  const double top = highestScale(dynamics, parts, limits);
  std::vector<double> candidates;
  for (int i = 0; i < kOctaveSteps; ++i) candidates.push_back(top * std::exp2(-double(i) / kOctaveSteps));
  for (const EffectiveWeights* part : parts) {
    if (part->largest == 0) continue;
    const double full = part->format.reach() * kAlign / part->largest;
    candidates.push_back(full * std::exp2(std::floor(std::log2(top / full))));
  }
  std::vector<double> errors(candidates.size());  // over all parts
  for (const EffectiveWeights* part : parts)
    for (const Trial& trial : bestTrials(*part, candidates, limits)) errors[trial.scale] += trial.error;
  double best = top, least = kInfinity;
  for (std::size_t s = 0; s < candidates.size(); ++s)
    if (errors[s] < least * (1 - 1e-9)) least = errors[s], best = candidates[s];
  return best;
}

}  // namespace rheo
