// Spikes of two trains in pairs, by exact times or within a distance.
#include "measures/Measures.h"

namespace rheo::measures {
namespace {

// The most pairs that can be made, each spike in one at most: the earliest partner is never a worse choice.
std::size_t pairs(Train a, Train b, double within) {
  std::size_t i = 0, j = 0, count = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] - b[j] > within)
      ++j;
    else if (b[j] - a[i] > within)
      ++i;
    else
      ++count, ++i, ++j;
  }
  return count;
}

}  // namespace

double coincidence(Train a, Train b, double within) {
  const std::size_t spikes = a.size() + b.size();
  return spikes ? 2.0 * static_cast<double>(pairs(a, b, within)) / static_cast<double>(spikes) : 1;
}

double hamming(Train a, Train b) { return static_cast<double>(a.size() + b.size() - 2 * pairs(a, b, 0)); }

}  // namespace rheo::measures
