// Finding the interval that a number lies in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rheo::faults {

// How many of `starts`, which ascend from 0 on, are at most `value` < `end`. Most intervals are equally large
// where this is asked: the first guess is then right, or nearly so.
inline std::size_t countAtMost(const std::vector<std::uint64_t>& starts, std::uint64_t end,
                               std::uint64_t value) {
  if (starts.empty()) return 0;
  auto k = static_cast<std::size_t>(static_cast<unsigned __int128>(value) * starts.size() /
                                    std::max(end, value + 1));
  for (int tries = 0; tries < 4; ++tries) {
    if (starts[k] > value) {
      if (k == 0) return 0;
      --k;
    } else if (k + 1 < starts.size() && starts[k + 1] <= value) {
      ++k;
    } else {
      return k + 1;
    }
  }
  return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), value) - starts.begin());
}

}  // namespace rheo::faults
