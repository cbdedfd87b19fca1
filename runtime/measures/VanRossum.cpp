// The distance of van Rossum in one pass: between two spikes the difference of the filtered trains decays, so
// that its square has a closed integral. All terms are positive; nothing cancels.
#include <cmath>

#include "measures/Measures.h"

namespace rheo::measures {

double vanRossum(Train a, Train b, double tau) {
  double square = 0, difference = 0, last = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double now = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    if (difference != 0) {
      const double gap = (now - last) / tau;
      square += difference * difference * -std::expm1(-2 * gap);
      difference *= std::exp(-gap);
    }
    for (; i < a.size() && a[i] == now; ++i) difference += 1;
    for (; j < b.size() && b[j] == now; ++j) difference -= 1;
    last = now;
  }
  return std::sqrt(square + difference * difference);
}

}  // namespace rheo::measures
