// The SPIKE distance: how far the spikes around a time are from those of the other train, averaged over time.
#include <cmath>

#include "measures/Knots.h"

namespace rheo::measures {
namespace {

// For each knot the distance to the nearest one of the other train. An auxiliary spike has that of the spike
// beside it; the one behind a single spike at the very start has its own, since no other spike ends the
// interval.
std::vector<double> distances(const Knots& own, const Knots& other, const Window& window) {
  std::vector<double> result(own.at.size());
  std::size_t k = 0;
  for (std::size_t i = 0; i < own.at.size(); ++i) {
    const double at = own.at[i];
    while (k + 1 < other.at.size() && std::abs(other.at[k + 1] - at) <= std::abs(other.at[k] - at)) ++k;
    result[i] = std::abs(other.at[k] - at);
  }
  if (own.leads) result.front() = result[1];
  const bool alone = own.spikes == 1 && own.at.front() == window.start && !own.leads;
  if (!alone) result.back() = result[result.size() - 2];
  return result;
}

}  // namespace

double spikeDistance(Train a, Train b, const Window& window) {
  const Knots left(a, window), right(b, window);
  const std::vector<double> d = distances(left, right, window), e = distances(right, left, window);
  double sum = 0;
  forEachPiece(left, right, window, [&](double from, double to, std::size_t i, std::size_t j) {
    const double x = left.interval(i), y = right.interval(j);
    const auto at = [&](double t) {
      const double s = (d[i] * (left.at[i + 1] - t) + d[i + 1] * (t - left.at[i])) / x;
      const double r = (e[j] * (right.at[j + 1] - t) + e[j + 1] * (t - right.at[j])) / y;
      return 2 * (s * y + r * x) / ((x + y) * (x + y));
    };
    sum += 0.5 * (at(from) + at(to)) * (to - from);  // linear in between
  });
  return sum / (window.end - window.start);
}

}  // namespace rheo::measures
