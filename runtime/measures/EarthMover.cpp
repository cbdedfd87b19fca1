// The earth mover's distance of two sets of numbers, from their distribution functions.
#include <algorithm>
#include <cmath>

#include "measures/Measures.h"

namespace rheo::measures {

double earthMover(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  std::size_t i = 0, j = 0;
  double sum = 0, last = 0;
  while (i < a.size() || j < b.size()) {
    const double now = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    if (i + j > 0) sum += std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m) * (now - last);
    while (i < a.size() && a[i] == now) ++i;
    while (j < b.size() && b[j] == now) ++j;
    last = now;
  }
  return sum;
}

}  // namespace rheo::measures
