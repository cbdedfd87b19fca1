// k-means over the logarithms of decays.
#include "algorithms/ProfileClusters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace rheo {
namespace {

constexpr double kLeastLoss = 1.0 / 8192;  // half a step of the register (SPEC N1): less is not told apart
constexpr int kMostRounds = 100;

struct Point {
  double u, v;
};

Point pointOf(const DecayPair& pair) {
  return {std::log(std::max(pair.lossU, kLeastLoss)), std::log(std::max(pair.lossV, kLeastLoss))};
}

double distance(const Point& a, const Point& b) {
  return (a.u - b.u) * (a.u - b.u) + (a.v - b.v) * (a.v - b.v);
}

std::size_t nearest(const Point& point, const std::vector<Point>& centres) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < centres.size(); ++c)
    if (distance(point, centres[c]) < distance(point, centres[best])) best = c;
  return best;
}

// Farthest-first, from the most frequent pair.
std::vector<Point> firstCentres(const std::vector<Point>& points, const std::vector<double>& weight,
                                int most) {
  std::vector<Point> centres{
      points[static_cast<std::size_t>(std::max_element(weight.begin(), weight.end()) - weight.begin())]};
  std::vector<double> away(points.size(), std::numeric_limits<double>::infinity());
  while (static_cast<int>(centres.size()) < most) {
    for (std::size_t i = 0; i < points.size(); ++i)
      away[i] = std::min(away[i], distance(points[i], centres.back()));
    centres.push_back(
        points[static_cast<std::size_t>(std::max_element(away.begin(), away.end()) - away.begin())]);
  }
  return centres;
}

}  // namespace

std::vector<DecayPair> clustered(const std::vector<DecayPair>& pairs, int most) {
  std::map<DecayPair, double> count;
  for (const DecayPair& pair : pairs) ++count[pair];
  if (static_cast<int>(count.size()) <= most) return pairs;
  std::vector<Point> points;
  std::vector<double> weight;
  for (const auto& [pair, times] : count) {
    points.push_back(pointOf(pair));
    weight.push_back(times);
  }
  std::vector<Point> centres = firstCentres(points, weight, std::max(1, most));
  std::vector<std::size_t> of(points.size());
  for (int round = 0; round < kMostRounds; ++round) {
    bool moved = round == 0;
    std::vector<Point> sum(centres.size(), {0, 0});
    std::vector<double> members(centres.size(), 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t c = nearest(points[i], centres);
      moved |= of[i] != c;
      of[i] = c;
      sum[c].u += weight[i] * points[i].u;
      sum[c].v += weight[i] * points[i].v;
      members[c] += weight[i];
    }
    if (!moved) break;
    for (std::size_t c = 0; c < centres.size(); ++c)
      if (members[c] > 0) centres[c] = {sum[c].u / members[c], sum[c].v / members[c]};
  }
  std::map<DecayPair, DecayPair> shared;
  std::size_t i = 0;
  for (const auto& [pair, times] : count) {
    const Point& centre = centres[of[i++]];
    shared[pair] = {std::min(1.0, std::exp(centre.u)), std::min(1.0, std::exp(centre.v))};
  }
  // A current or a potential that keeps everything, or nothing, in all of a cluster does so after it.
  std::vector<DecayPair> result;
  for (const DecayPair& pair : pairs) {
    result.push_back(shared[pair]);
    if (pair.lossV == 0 && result.back().lossV <= kLeastLoss) result.back().lossV = 0;
    if (pair.lossU == 0 && result.back().lossU <= kLeastLoss) result.back().lossU = 0;
  }
  return result;
}

std::vector<int> sharesOf(const std::vector<int>& wanted, int most) {
  std::vector<int> shares(wanted.size(), 0);
  int left = most;
  for (bool given = true; given && left > 0;) {
    given = false;
    for (std::size_t i = 0; i < wanted.size() && left > 0; ++i)
      if (shares[i] < wanted[i]) ++shares[i], --left, given = true;
  }
  for (int& share : shares) share = std::max(1, share);
  return shares;
}

}  // namespace rheo
