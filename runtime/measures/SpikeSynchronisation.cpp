// SPIKE synchronisation: the share of spikes that coincide, judged by the intervals around them.
#include <algorithm>

#include "measures/Measures.h"

namespace rheo::measures {
namespace {

// Half of the shorter interval beside spike i; the window's length stands for one that is not there.
double reach(Train train, std::size_t i, double length) {
  double least = length;
  if (i > 0) least = std::min(least, train[i] - train[i - 1]);
  if (i + 1 < train.size()) least = std::min(least, train[i + 1] - train[i]);
  return least / 2;
}

}  // namespace

double spikeSynchronisation(Train a, Train b, const Window& window) {
  if (a.empty() && b.empty()) return 1;
  const double length = window.end - window.start;
  std::size_t i = 0, j = 0, pairs = 0;  // before i and j everything has been looked at
  while (i < a.size() || j < b.size()) {
    const bool both = i < a.size() && j < b.size() && a[i] == b[j];
    const bool left = j == b.size() || (i < a.size() && a[i] < b[j]);
    if (both) {
      ++pairs, ++i, ++j;
      continue;
    }
    const Train own = left ? a : b, other = left ? b : a;
    const std::size_t spike = left ? i++ : j++, seen = left ? j : i;
    if (seen == 0) continue;
    const double nearest = std::min(reach(own, spike, length), reach(other, seen - 1, length));
    if (own[spike] - other[seen - 1] < nearest) ++pairs;
  }
  return 2.0 * static_cast<double>(pairs) / static_cast<double>(a.size() + b.size());
}

}  // namespace rheo::measures
