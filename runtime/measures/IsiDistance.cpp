// The ISI distance: how much the intervals between spikes differ, averaged over time.
#include <cmath>

#include "measures/Knots.h"

namespace rheo::measures {

double isiDistance(Train a, Train b, const Window& window) {
  const Knots left(a, window), right(b, window);
  double sum = 0;
  forEachPiece(left, right, window, [&](double from, double to, std::size_t i, std::size_t j) {
    const double x = left.interval(i), y = right.interval(j);
    sum += std::abs(x - y) / std::max(x, y) * (to - from);
  });
  return sum / (window.end - window.start);
}

}  // namespace rheo::measures
