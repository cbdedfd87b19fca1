// numpy's weighted draw without replacement, Generator.choice(n, size, replace=False, p), for weights that
// fade as a Gaussian of the distance: the same targets from the same stream of random numbers, but looking
// only at points near enough to be drawn. Called from reservoirs.py through ctypes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace {

// numpy/random/bitgen.h: the interface that every numpy bit generator hands out.
struct BitGenerator {
  void* state;
  std::uint64_t (*nextUint64)(void*);
  std::uint32_t (*nextUint32)(void*);
  double (*nextDouble)(void*);
  std::uint64_t (*nextRaw)(void*);
};

struct Candidate {
  double squared;  // distance
  std::int32_t index;
};

// Points of the unit cube sorted into cubic cells.
class Cells {
 public:
  Cells(const double* coordinates, const std::int8_t* direction, std::int32_t points)
      : coordinates_(coordinates), direction_(direction) {
    side_ = std::max(1, static_cast<int>(std::cbrt(points / 8.0)));
    first_.assign(static_cast<std::size_t>(side_) * side_ * side_ + 1, 0);
    for (std::int32_t p = 0; p < points; ++p) ++first_[cellOf(p) + 1];
    for (std::size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
    members_.resize(points);
    std::vector<std::int32_t> next(first_.begin(), first_.end() - 1);
    for (std::int32_t p = 0; p < points; ++p) members_[next[cellOf(p)]++] = p;
  }

  // Points whose squared distance is at most `limit`, as the definition computes it: a target that lies
  // against its own direction is none.
  void within(std::int32_t source, double limit, std::vector<Candidate>& found) const {
    found.clear();
    const double radius = std::sqrt(limit);
    int low[3], high[3];
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = coordinateCell(at(source, axis) - radius);
      high[axis] = coordinateCell(at(source, axis) + radius);
    }
    for (int x = low[0]; x <= high[0]; ++x)
      for (int y = low[1]; y <= high[1]; ++y)
        for (int z = low[2]; z <= high[2]; ++z) addCell((x * side_ + y) * side_ + z, source, limit, found);
  }

 private:
  double at(std::int32_t point, int axis) const { return coordinates_[3 * std::size_t(point) + axis]; }
  int coordinateCell(double value) const {
    return std::clamp(static_cast<int>(std::floor(value * side_)), 0, side_ - 1);
  }
  int cellOf(std::int32_t point) const {
    return (coordinateCell(at(point, 0)) * side_ + coordinateCell(at(point, 1))) * side_ +
           coordinateCell(at(point, 2));
  }
  void addCell(int cell, std::int32_t source, double limit, std::vector<Candidate>& found) const {
    for (std::int32_t m = first_[cell]; m < first_[cell + 1]; ++m) {
      const std::int32_t p = members_[m];
      const double dx = at(p, 0) - at(source, 0), dy = at(p, 1) - at(source, 1),
                   dz = at(p, 2) - at(source, 2);
      if (p == source || dz * direction_[p] < 0) continue;
      const double squared = dx * dx + dy * dy + dz * dz;
      if (squared <= limit) found.push_back({squared, p});
    }
  }

  const double* coordinates_;
  const std::int8_t* direction_;
  int side_;
  std::vector<std::int32_t> first_, members_;
};

// One draw; the loop is numpy's: as many uniform numbers as targets are missing, each looked up in the
// cumulative weights of those not yet found, first occurrences kept in the order drawn.
class Draw {
 public:
  void run(std::vector<Candidate>& candidates, double sigma, std::int32_t size, BitGenerator* generator,
           std::int32_t* targets) {
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.index < b.index; });
    double nearest = std::numeric_limits<double>::infinity();
    for (const Candidate& c : candidates) nearest = std::min(nearest, c.squared);
    weights_.resize(candidates.size());
    for (std::size_t c = 0; c < candidates.size(); ++c)
      weights_[c] = std::exp(-0.5 * (candidates[c].squared / (sigma * sigma)));
    std::int32_t found = 0;
    while (found < size) {
      accumulate();
      drawn_.assign(candidates.size(), 0);
      const std::int32_t missing = size - found;
      for (std::int32_t i = 0; i < missing; ++i) {
        const std::size_t c = lookUp(generator->nextDouble(generator->state));
        if (drawn_[c]) continue;
        drawn_[c] = 1;
        targets[found++] = candidates[c].index;
      }
      for (std::size_t c = 0; c < candidates.size(); ++c)
        if (drawn_[c]) weights_[c] = 0;
    }
  }

 private:
  static constexpr int kGuides = 512;

  void accumulate() {
    cumulative_.resize(weights_.size());
    double sum = 0;
    for (std::size_t c = 0; c < weights_.size(); ++c) cumulative_[c] = sum += weights_[c];
    for (double& value : cumulative_) value /= sum;
    std::size_t c = 0;
    for (int g = 0; g < kGuides; ++g) {
      while (c + 1 < cumulative_.size() && cumulative_[c] <= double(g) / kGuides) ++c;
      guide_[g] = static_cast<std::int32_t>(c);
    }
  }
  std::size_t lookUp(double x) const {  // the first whose cumulative weight is above x
    std::size_t c = guide_[static_cast<int>(x * kGuides)];
    while (cumulative_[c] <= x) ++c;
    return c;
  }

  std::vector<double> weights_, cumulative_;
  std::vector<std::uint8_t> drawn_;
  std::int32_t guide_[kGuides];
};

struct Nearby {
  Cells cells;
  std::int32_t points;
  double sigma;
  std::vector<Candidate> candidates;
  std::vector<double> distances;
  Draw draw;
};

// exp(-d^2 / 2 sigma^2) rounds to zero beyond this d^2 / sigma^2: exp(-745.13) is the last subnormal.
constexpr double kVanishes = 2 * 745.2;

// A point whose weight is this many times e smaller than that of the last one drawn, summed over a
// million points, moves no cumulative weight by a unit in the last place.
constexpr double kNegligible = 2 * 55.0;

}  // namespace

extern "C" {

void* nearby_open(const double* coordinates, const std::int8_t* direction, std::int32_t points,
                  double sigma) {
  return new Nearby{Cells(coordinates, direction, points), points, sigma, {}, {}, {}};
}

void nearby_close(void* opened) { delete static_cast<Nearby*>(opened); }

// Draws min(size, points of non-zero weight) targets of `source`; returns how many.
std::int32_t nearby_draw(void* opened, std::int32_t source, std::int32_t size, void* generator,
                         std::int32_t* targets) {
  Nearby& r = *static_cast<Nearby*>(opened);
  const double vanishes = kVanishes * r.sigma * r.sigma;
  double limit = std::min(vanishes, std::pow(3.0 * (size + 8) / r.points, 2.0 / 3));
  for (;;) {
    r.cells.within(source, limit, r.candidates);
    if (limit >= vanishes) break;
    if (static_cast<std::int32_t>(r.candidates.size()) > size) {
      r.distances.clear();
      for (const Candidate& c : r.candidates) r.distances.push_back(c.squared);
      std::nth_element(r.distances.begin(), r.distances.begin() + size, r.distances.end());
      const double enough = r.distances[size] + kNegligible * r.sigma * r.sigma;
      if (enough <= limit) break;
      limit = std::min(vanishes, enough);
      r.cells.within(source, limit, r.candidates);
      break;
    }
    limit = std::min(vanishes, 2 * limit);
  }
  std::erase_if(r.candidates,
                [&](const Candidate& c) { return std::exp(-0.5 * (c.squared / (r.sigma * r.sigma))) == 0; });
  const std::int32_t count = std::min(size, static_cast<std::int32_t>(r.candidates.size()));
  r.draw.run(r.candidates, r.sigma, count, static_cast<BitGenerator*>(generator), targets);
  return count;
}
}
