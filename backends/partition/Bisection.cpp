// Recursive bisection by planes through the embedding; of several planes the one that cuts least weight.
#include "partition/Bisection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "partition/Random.h"

namespace rheo::partition {
namespace {

constexpr int kAxisRounds = 40;  // of the power method that finds the longest axis

class Bisector {
 public:
  Bisector(const Hypergraph& graph, const Embedding& embedding, const BisectionPlan& plan)
      : graph_(graph),
        embedding_(embedding),
        plan_(plan),
        random_(plan.seed, Purpose::Direction),
        members_(graph.vertices()),
        keys_(graph.vertices()),
        parts_(graph.vertices()),
        mark_(plan.planes > 1 ? graph.edges() : 0, 0) {
    std::iota(members_.begin(), members_.end(), Index{0});
  }

  std::vector<Index> run(Index parts) {
    cut(0, members_.size(), 0, parts);
    return std::move(parts_);
  }

 private:
  using Axis = std::vector<double>;

  void cut(std::size_t begin, std::size_t end, Index firstPart, Index parts) {
    if (parts == 1 || end - begin < 2) {
      for (std::size_t i = begin; i < end; ++i) parts_[members_[i]] = firstPart;
      return;
    }
    const Index left = parts / 2;
    const std::vector<double> spread = covariance(begin, end);
    std::vector<Index> best;
    std::size_t bestMiddle = begin;
    double leastCut = 0;
    for (int plane = 0; plane < plan_.planes; ++plane) {
      sortAlong(direction(spread, plane == 0 ? kAxisRounds : plane % 4), begin, end);
      const std::size_t middle = weightedMiddle(begin, end, double(left) / parts);
      const double weight = plan_.planes > 1 ? cutWeight(begin, middle, end) : 0;
      if (plane > 0 && weight >= leastCut) continue;
      leastCut = weight;
      bestMiddle = middle;
      best.assign(members_.begin() + begin, members_.begin() + end);
    }
    std::copy(best.begin(), best.end(), members_.begin() + begin);
    best = {};
    cut(begin, bestMiddle, firstPart, left);
    cut(bestMiddle, end, firstPart + left, parts - left);
  }

  std::vector<double> covariance(std::size_t begin, std::size_t end) const {
    const int size = embedding_.dimensions;
    std::vector<double> mean(size, 0), result(static_cast<std::size_t>(size) * size, 0);
    for (std::size_t i = begin; i < end; ++i)
      for (int d = 0; d < size; ++d) mean[d] += embedding_[members_[i]][d];
    for (double& value : mean) value /= static_cast<double>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      const auto x = embedding_[members_[i]];
      for (int d = 0; d < size; ++d)
        for (int e = 0; e < size; ++e) result[d * size + e] += (x[d] - mean[d]) * (x[e] - mean[e]);
    }
    return result;
  }

  // A random direction, turned towards the longest axis by so many rounds of the power method.
  Axis direction(const std::vector<double>& spread, int rounds) {
    const std::size_t size = embedding_.dimensions;
    Axis axis(size);
    for (double& value : axis) value = random_.uniform() - 0.5;
    for (int round = 0; round < rounds; ++round) {
      Axis next(size, 0);
      for (std::size_t d = 0; d < size; ++d)
        for (std::size_t e = 0; e < size; ++e) next[d] += spread[d * size + e] * axis[e];
      const double length = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
      if (length <= 0) break;
      for (std::size_t d = 0; d < size; ++d) axis[d] = next[d] / length;
    }
    return axis;
  }

  void sortAlong(const Axis& axis, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto x = embedding_[members_[i]];
      keys_[members_[i]] = static_cast<float>(std::inner_product(axis.begin(), axis.end(), x.begin(), 0.0));
    }
    std::sort(members_.begin() + begin, members_.begin() + end,
              [this](Index a, Index b) { return keys_[a] < keys_[b] || (keys_[a] == keys_[b] && a < b); });
  }

  // Where `share` of the members' weight is reached; both sides keep at least one member.
  std::size_t weightedMiddle(std::size_t begin, std::size_t end, double share) const {
    double total = 0;
    for (std::size_t i = begin; i < end; ++i) total += graph_.vertexWeight(members_[i]);
    if (total == 0) return begin + static_cast<std::size_t>(share * static_cast<double>(end - begin));
    double sum = 0;
    std::size_t middle = begin;
    while (middle < end && sum + graph_.vertexWeight(members_[middle]) <= share * total)
      sum += graph_.vertexWeight(members_[middle++]);
    return std::clamp(middle, begin + 1, end - 1);
  }

  // The weight of the edges that have members on both sides.
  double cutWeight(std::size_t begin, std::size_t middle, std::size_t end) {
    const std::uint32_t left = ++markCount_, both = ++markCount_;
    for (std::size_t i = begin; i < middle; ++i)
      for (Incidence incidence : graph_.incidences(members_[i])) mark_[incidence.edge()] = left;
    double weight = 0;
    for (std::size_t i = middle; i < end; ++i)
      for (Incidence incidence : graph_.incidences(members_[i])) {
        std::uint32_t& mark = mark_[incidence.edge()];
        if (mark != left) continue;
        mark = both;
        weight += graph_.weight(incidence.edge());
      }
    return weight;
  }

  const Hypergraph& graph_;
  const Embedding& embedding_;
  const BisectionPlan& plan_;
  Random random_;
  std::vector<Index> members_;
  std::vector<float> keys_;  // by vertex
  std::vector<Index> parts_;
  std::vector<std::uint32_t> mark_;  // by edge: on which sides of the latest cut it was seen
  std::uint32_t markCount_ = 0;
};

}  // namespace

std::vector<Index> bisect(const Hypergraph& graph, const Embedding& embedding, Index parts,
                          const BisectionPlan& plan) {
  return Bisector(graph, embedding, plan).run(parts);
}

}  // namespace rheo::partition
