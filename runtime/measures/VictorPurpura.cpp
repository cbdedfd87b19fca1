// The edit distance of Victor and Purpura. Spikes further apart than 2 / cost are never moved onto each
// other, so that trains fall into clusters that are solved alone; within one, O(n * m).
#include <algorithm>
#include <cmath>

#include "measures/Measures.h"

namespace rheo::measures {
namespace {

// One cluster: dynamic programming over the spikes that are not equal at its ends. Matching equal first (or
// last) spikes is never worse than another choice, because moving costs no more than removing and adding. Of
// the row that belongs to the first i spikes of `a`, columns from `low` to `high` are kept: those beyond hold
// spikes of `b` that are out of reach still, those before can no longer be reached.
double ofCluster(Train a, Train b, double cost, double reach, std::vector<double>& row) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) a = a.subspan(1), b = b.subspan(1);
  while (!a.empty() && !b.empty() && a.back() == b.back())
    a = a.first(a.size() - 1), b = b.first(b.size() - 1);
  if (a.empty() || b.empty()) return static_cast<double>(a.size() + b.size());
  row.resize(b.size() + 1);
  row[0] = 0;
  std::size_t low = 0, high = 0;
  for (const double spike : a) {
    for (; high < b.size() && b[high] - spike <= reach; ++high) row[high + 1] = row[high] + 1;
    while (low < high && spike - b[low] > reach) ++low;
    double diagonal = row[low];
    row[low] += 1;
    for (std::size_t j = low; j < high; ++j) {
      const double above = row[j + 1];
      const double moved = diagonal + cost * std::abs(spike - b[j]);
      row[j + 1] = std::min({above + 1, row[j] + 1, moved});
      diagonal = above;
    }
  }
  return row[high] + static_cast<double>(b.size() - high);
}

}  // namespace

double victorPurpura(Train a, Train b, double cost) {
  if (cost == 0) return std::abs(static_cast<double>(a.size()) - static_cast<double>(b.size()));
  const double reach = 2 / cost;
  double total = 0;
  std::vector<double> row;
  while (!a.empty() || !b.empty()) {
    std::size_t i = 0, j = 0;
    double last = a.empty() ? b[0] : b.empty() ? a[0] : std::min(a[0], b[0]);
    while (i < a.size() || j < b.size()) {
      const bool left = j == b.size() || (i < a.size() && a[i] <= b[j]);
      const double next = left ? a[i] : b[j];
      if (next - last > reach) break;
      last = next;
      ++(left ? i : j);
    }
    total += ofCluster(a.first(i), b.first(j), cost, reach, row);
    a = a.subspan(i), b = b.subspan(j);
  }
  return total;
}

}  // namespace rheo::measures
