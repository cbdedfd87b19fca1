// The sum of one projection formed in parts: which sources each part takes, and the synapses of the helper
// neurons that form them. SPEC E4, W5, W6, W7.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "support/Error.h"

namespace rheo {

// What one part of every sum takes: consecutive sources, or channels of each group of a convolution.
struct Part {
  std::int64_t first = 0, count = 0;
  std::int32_t delay = 0;  // steps that its sum waits at the owner. SPEC W7
};

// Helpers are ordered [groups, parts, rows of a group], where the target's rows are [groups, rows of a
// group].
struct PartialSums {
  std::vector<Part> parts;
  std::int64_t groups = 1;
  bool channels = false;           // what a part counts
  Connections<std::int32_t> into;  // from the sources to the helpers
  Connections<std::int32_t> sum;   // from the helpers to the target: `one` for each part that has synapses
  int intoExponent = 0, sumExponent = 0;
  int sumBits = kMostWeightBits;

  std::int64_t helpers() const { return into.wiring.targets(); }
};

// Whether shifting parts of a sum is shifting the sum: not where a right shift floors it. SPEC W5, W6
bool shiftsAlike(const FixedProjection& projection, const Profile& profile);

// Delays of the synapses that have a weight, ascending.
std::vector<std::int32_t> delayClasses(const Connections<std::int32_t>& weights);

// The fewest parts whose helpers each fit a core of their own and obey W8. `port` stands for the sources:
// their number and payloads; `bounded` is false where those are helpers, which W8 does not count. Errors:
// R0433 where there are none.
Expected<PartialSums> formParts(const FixedProjection& projection, const InputPort& port, bool bounded,
                                const ChipSpec& chip, const Profile& profile);

// The largest |sum| of any helper for payloads of 1.
std::int64_t largestSum(const PartialSums& sums);

// Without the first part, where parts count sources.
void dropFirst(PartialSums& sums);

}  // namespace rheo
