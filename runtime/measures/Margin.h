// How near potentials come to the threshold without a spike.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace rheo::measures {

// Counts of numbers from 0 on in bins 1/16 of an octave wide, so that a quantile is known to 3.2 %; 0 has a
// bin of its own. Numbers below 2^-60 count as 0, those from 2^67 on as that.
struct LogHistogram {
  static constexpr int kBins = 1 + 127 * 16;
  std::array<std::int64_t, kBins> counts{};

  void add(float value);
  void add(const LogHistogram& other);
  std::int64_t total() const;
  // The number that a share of 0 to 1 of all does not exceed, as the middle of its bin; 0 of none.
  double quantile(double share) const;
};

// Potentials of a population after each step, and what it sent: [samples, allSteps, neurons], C order, of
// which the steps from `first` on count. A cell with a spike is left out, because its potential has been
// reset.
struct Potentials {
  std::span<const std::int32_t> v, spikes;
  std::int64_t samples = 0, allSteps = 0, neurons = 0, first = 0, steps = 0;
};

struct Margins {
  LogHistogram distance;    // |v - threshold|, in the integers of the potential
  LogHistogram relative;    // that by |threshold|; cells whose threshold is 0 are left out
  std::int64_t within = 0;  // cells no further than `step` from the threshold
  std::int64_t cells = 0;   // without a spike
  std::int64_t spikes = 0;  // cells with one
};

// threshold: [neurons]. The result does not depend on the number of threads; 0: as many as pay.
Margins marginsOf(const Potentials& potentials, std::span<const std::int32_t> threshold, std::int32_t step,
                  int threads);

}  // namespace rheo::measures
