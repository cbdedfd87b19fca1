// Checks the parts of a hypergraph, drops repeated targets, and lists the edges of each vertex.
#include "partition/Hypergraph.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace rheo::partition {
namespace {

// Of the weights times their pins: no figure of a map overflows, hops across the largest grid included.
constexpr double kMostWeight = 1e300;

Error broken(std::string where, std::string message) {
  return Error::of(ErrorKind::Data, "R0140", std::move(where), std::move(message),
                   "correct the arrays that the hypergraph is made of");
}

Status checkSizes(const Hypergraph::Parts& parts) {
  const std::size_t edges = parts.sources.size();
  if (edges >= kMostEdges) return broken("", fmt::format("{} edges are more than {}", edges, kMostEdges - 1));
  if (parts.vertices >= kMostVertices)
    return broken("", fmt::format("{} vertices are more than {}", parts.vertices, kMostVertices - 1));
  if (parts.weights.size() != edges)
    return broken("", fmt::format("{} edges have {} weights", edges, parts.weights.size()));
  if (!parts.vertexWeights.empty() && parts.vertexWeights.size() != parts.vertices)
    return broken("", fmt::format("{} vertices have {} weights", parts.vertices, parts.vertexWeights.size()));
  if (parts.firstTarget.size() != edges + 1 || parts.firstTarget.front() != 0 ||
      parts.firstTarget.back() != parts.targets.size())
    return broken("", "the positions of the edges' targets do not span the list of targets");
  return ok();
}

Status checkEdge(const Hypergraph::Parts& parts, Index edge) {
  const std::string where = fmt::format("edge {}", edge + 1);
  const double weight = parts.weights[edge];
  if (!std::isfinite(weight) || weight < 0)
    return broken(where, fmt::format("the weight {} is negative or not finite", weight));
  if (parts.sources[edge] >= parts.vertices)
    return broken(where,
                  fmt::format("its source {} is none of {} vertices", parts.sources[edge], parts.vertices));
  if (parts.firstTarget[edge] > parts.firstTarget[edge + 1] ||
      parts.firstTarget[edge + 1] > parts.targets.size())
    return broken(where, "its targets begin behind their end");
  for (std::uint64_t t = parts.firstTarget[edge]; t < parts.firstTarget[edge + 1]; ++t)
    if (parts.targets[t] >= parts.vertices)
      return broken(where,
                    fmt::format("its target {} is none of {} vertices", parts.targets[t], parts.vertices));
  return ok();
}

void dropRepeatedTargets(Hypergraph::Parts& parts) {
  constexpr Index kNone = std::numeric_limits<Index>::max();
  std::vector<Index> lastEdge(parts.vertices, kNone);
  std::uint64_t kept = 0;
  for (Index edge = 0; edge < parts.sources.size(); ++edge) {
    const std::uint64_t begin = parts.firstTarget[edge];
    parts.firstTarget[edge] = kept;
    for (std::uint64_t t = begin; t < parts.firstTarget[edge + 1]; ++t) {
      const Index target = parts.targets[t];
      if (lastEdge[target] == edge) continue;
      lastEdge[target] = edge;
      parts.targets[kept++] = target;
    }
  }
  parts.firstTarget.back() = kept;
  parts.targets.resize(kept);
}

}  // namespace

Expected<Hypergraph> Hypergraph::make(Parts parts) {
  if (Status sizes = checkSizes(parts); !sizes) return sizes.error();
  double total = 0;
  for (Index edge = 0; edge < parts.sources.size(); ++edge) {
    if (Status sound = checkEdge(parts, edge); !sound) return sound.error();
    total +=
        parts.weights[edge] * static_cast<double>(parts.firstTarget[edge + 1] - parts.firstTarget[edge] + 1);
    if (!(total <= kMostWeight))
      return broken(fmt::format("edge {}", edge + 1),
                    fmt::format("the weights of all edges, times their pins, exceed {}", kMostWeight));
  }
  dropRepeatedTargets(parts);
  Hypergraph graph;
  graph.parts_ = std::move(parts);
  graph.transpose();
  return graph;
}

void Hypergraph::transpose() {
  // A source that is its own target has one incidence with both roles.
  const auto forEachIncidence = [this](auto&& visit) {
    for (Index edge = 0; edge < edges(); ++edge) {
      bool own = false;
      for (Index target : targets(edge)) {
        own |= target == source(edge);
        visit(target,
              Incidence(edge, Incidence::kTarget | (target == source(edge) ? Incidence::kSource : 0)));
      }
      if (!own) visit(source(edge), Incidence(edge, Incidence::kSource));
    }
  };
  firstIncidence_.assign(std::size_t{vertices()} + 1, 0);
  forEachIncidence([&](Index vertex, Incidence) { ++firstIncidence_[vertex + 1]; });
  for (Index vertex = 0; vertex < vertices(); ++vertex) {
    firstIncidence_[vertex + 1] += firstIncidence_[vertex];
    totalVertexWeight_ += vertexWeight(vertex);
  }
  incidences_.resize(firstIncidence_.back());
  std::vector<std::uint64_t> next(firstIncidence_.begin(), firstIncidence_.end() - 1);
  forEachIncidence([&](Index vertex, Incidence incidence) { incidences_[next[vertex]++] = incidence; });
}

}  // namespace rheo::partition
