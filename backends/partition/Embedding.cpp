// Lanczos' iteration with full reorthogonalisation on the normalised walk vertex -> edge -> vertex.
#include "partition/Embedding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "partition/Random.h"
#include "partition/Tridiagonal.h"

namespace rheo::partition {
namespace {

constexpr int kMostSteps = 80;
constexpr int kMostStrides = 32;
constexpr double kLeastFading = 1e-6;  // per stride; less is rounding
constexpr double kVanished =
    1e-6;  // of a unit vector: the directions reached so far are closed in themselves
constexpr std::size_t kChunk = 4096;  // sums are formed by chunks, whatever the number of threads

using Vector = std::vector<float>;

class Walk {
 public:
  Walk(const Hypergraph& graph, Workers& workers)
      : graph_(graph), workers_(workers), rootDegree_(graph.vertices()), edgeMean_(graph.edges()) {
    for (Index v = 0; v < graph.vertices(); ++v) {
      const std::size_t degree = graph.incidences(v).size();
      rootDegree_[v] = std::sqrt(static_cast<float>(degree));
    }
  }

  std::size_t size() const { return rootDegree_.size(); }
  float rootDegree(std::size_t vertex) const { return rootDegree_[vertex]; }

  // The mode that never fades, by which every vertex is where its degree says.
  Vector stationary() const {
    Vector mode = rootDegree_;
    normalise(mode);
    return mode;
  }

  // Strides of one step of the iteration. Where edges are few, striding costs less than keeping the basis
  // orthogonal, and slow modes, of which such graphs have many, show sooner.
  int strides() const {
    const double work = static_cast<double>(graph_.targetPins() + graph_.edges()) + 1;
    return static_cast<int>(
        std::clamp(kMostSteps * static_cast<double>(size()) / work, 1.0, double{kMostStrides}));
  }

  void step(const Vector& x, Vector& y) {
    apply(x, y);
    for (int stride = 1; stride < strides(); ++stride) {
      next_ = y;
      apply(next_, y);
    }
  }

  double dot(const Vector& x, const Vector& y) const {
    std::vector<double> sums((x.size() + kChunk - 1) / kChunk);
    workers_.run(sums.size(), [&](std::size_t from, std::size_t to, int) {
      for (std::size_t chunk = from; chunk < to; ++chunk)
        for (std::size_t v = chunk * kChunk; v < std::min(x.size(), (chunk + 1) * kChunk); ++v)
          sums[chunk] += double{x[v]} * y[v];
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }

  // Returns the length it had.
  double normalise(Vector& x) const {
    const double length = std::sqrt(dot(x, x));
    if (length > 0)
      for (float& value : x) value = static_cast<float>(value / length);
    return length;
  }

  void subtractProjection(Vector& x, const Vector& unit) const {
    const double along = dot(x, unit);
    workers_.run(x.size(), [&](std::size_t from, std::size_t to, int) {
      for (std::size_t v = from; v < to; ++v) x[v] -= static_cast<float>(along * unit[v]);
    });
  }

 private:
  // y = D^-1/2 A E^-1 A' D^-1/2 x: of each edge the mean over its vertices, of each vertex the sum over its
  // edges.
  void apply(const Vector& x, Vector& y) {
    scaled_.resize(x.size());
    for (std::size_t v = 0; v < x.size(); ++v) scaled_[v] = rootDegree_[v] > 0 ? x[v] / rootDegree_[v] : 0;
    workers_.run(graph_.edges(), [&](std::size_t from, std::size_t to, int) {
      for (std::size_t edge = from; edge < to; ++edge) edgeMean_[edge] = mean(static_cast<Index>(edge));
    });
    workers_.run(x.size(), [&](std::size_t from, std::size_t to, int) {
      for (std::size_t v = from; v < to; ++v) {
        float sum = 0;
        for (Incidence incidence : graph_.incidences(static_cast<Index>(v)))
          sum += edgeMean_[incidence.edge()];
        y[v] = rootDegree_[v] > 0 ? sum / rootDegree_[v] : 0;
      }
    });
  }

  float mean(Index edge) const {
    const Index source = graph_.source(edge);
    float sum = 0;
    bool own = false;
    for (Index target : graph_.targets(edge)) {
      sum += scaled_[target];
      own |= target == source;
    }
    std::size_t pins = graph_.targets(edge).size();
    if (!own) {
      sum += scaled_[source];
      ++pins;
    }
    return sum / static_cast<float>(pins);
  }

  const Hypergraph& graph_;
  Workers& workers_;
  Vector rootDegree_, edgeMean_, scaled_, next_;
};

// An orthogonal basis in which the walk is tridiagonal.
struct Basis {
  std::vector<Vector> vectors;
  std::vector<double> diagonal, below;
};

Basis lanczos(Walk& walk, std::uint64_t seed, const Workers& workers) {
  Basis basis;
  Random random(seed, Purpose::Start);
  const Vector stationary = walk.stationary();
  const std::size_t steps = std::min<std::size_t>(kMostSteps, walk.size() - 1);
  const auto orthogonalise = [&](Vector& x) {
    walk.subtractProjection(x, stationary);
    for (const Vector& vector : basis.vectors) walk.subtractProjection(x, vector);
  };
  const auto fresh = [&] {
    Vector x(walk.size());
    for (std::size_t v = 0; v < x.size(); ++v) {
      const double drawn = random.uniform() - 0.5;
      x[v] = walk.rootDegree(v) > 0 ? static_cast<float>(drawn) : 0;
    }
    walk.normalise(x);
    orthogonalise(x);
    return walk.normalise(x) > kVanished ? x : Vector();
  };
  for (Vector x = fresh(); !x.empty() && basis.vectors.size() < steps && !workers.cancelled();) {
    basis.vectors.push_back(x);
    Vector y(walk.size());
    walk.step(x, y);
    basis.diagonal.push_back(walk.dot(x, y));
    orthogonalise(y);
    const double length = walk.normalise(y);
    const bool closed = length < kVanished;
    basis.below.push_back(closed ? 0 : length);
    x = closed ? fresh() : std::move(y);
    if (!closed) orthogonalise(x);
  }
  return basis;
}

}  // namespace

Embedding embed(const Hypergraph& graph, int dimensions, std::uint64_t seed, Workers& workers) {
  Embedding embedding;
  if (graph.vertices() < 3) return embedding;
  Walk walk(graph, workers);
  const Basis basis = lanczos(walk, seed, workers);
  const std::vector<EigenPair> modes = largestEigenPairs(basis.diagonal, basis.below, dimensions);
  embedding.dimensions = static_cast<int>(modes.size());
  embedding.coordinates.assign(walk.size() * modes.size(), 0);
  for (std::size_t m = 0; m < modes.size(); ++m) {
    // Commute times weigh a mode by how slowly it fades; one that never fades is a component of its own.
    const double kept = std::pow(std::max(modes[m].value, 0.0), 1.0 / walk.strides());
    const double weight = 1 / std::sqrt(std::max(1 - kept, kLeastFading));
    for (std::size_t b = 0; b < basis.vectors.size(); ++b) {
      const double share = modes[m].vector[b] * weight;
      workers.run(walk.size(), [&](std::size_t from, std::size_t to, int) {
        for (std::size_t v = from; v < to; ++v)
          if (walk.rootDegree(v) > 0)
            embedding.coordinates[v * modes.size() + m] +=
                static_cast<float>(share * basis.vectors[b][v] / walk.rootDegree(v));
      });
    }
  }
  return embedding;
}

}  // namespace rheo::partition
