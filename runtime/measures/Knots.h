// A train as the intervals between its spikes: with one auxiliary spike at each edge of the window (Kreuz et
// al. 2013, "edge effect"), which is what pyspike does.
#pragma once

#include <algorithm>
#include <vector>

#include "measures/Measures.h"

namespace rheo::measures {

// The auxiliary spikes lie at the edge, or beyond it where the nearest interval is longer than the rest up to
// the edge. None is put before a spike at the very start. A train without spikes has one at each edge.
struct Knots {
  std::vector<double> at;
  bool leads = false;  // at.front() is an auxiliary spike
  std::size_t spikes = 0;

  Knots(Train train, const Window& window) {
    const double edges[] = {window.start, window.end};
    if (train.empty()) train = edges;
    spikes = train.size();
    const bool several = spikes > 1;
    leads = train.front() > window.start;
    at.reserve(spikes + 2);
    if (leads)
      at.push_back(several ? std::min(window.start, train[0] - (train[1] - train[0])) : window.start);
    at.insert(at.end(), train.begin(), train.end());
    const double last = train.back();
    at.push_back(several ? std::max(window.end, last + (last - train[spikes - 2])) : window.end);
  }

  double interval(std::size_t i) const { return at[i + 1] - at[i]; }
};

// Calls piece(from, to, i, j) for each part of the window in which the intervals are i of `a` and j of `b`.
template <class Piece>
void forEachPiece(const Knots& a, const Knots& b, const Window& window, const Piece& piece) {
  std::size_t i = 0, j = 0;
  double from = window.start;
  while (from < window.end) {
    while (i + 2 < a.at.size() && a.at[i + 1] <= from) ++i;
    while (j + 2 < b.at.size() && b.at[j + 1] <= from) ++j;
    const double to = std::min({a.at[i + 1], b.at[j + 1], window.end});
    if (!(to > from)) return;  // only numbers that are not finite get here
    piece(from, to, i, j);
    from = to;
  }
}

}  // namespace rheo::measures
