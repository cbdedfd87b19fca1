// Embed, choose the number of cores, bisect, anneal, repair, descend; of several starts the best.
#include "partition/Partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "partition/Annealing.h"
#include "partition/Assignment.h"
#include "partition/CoreCount.h"
#include "partition/Descent.h"
#include "partition/Embedding.h"
#include "partition/Feasible.h"
#include "partition/Repair.h"
#include "partition/Workers.h"

namespace rheo::partition {
namespace {

constexpr int kDimensions = 6;
constexpr int kPlanes = 4;

// Graphs of few pins get more sweeps, up to so many times those of large ones.
constexpr int kSweepsPerEffort = 60;
constexpr double kSweptPins = 1 << 21, kMostSweeps = 4;
constexpr double kFewestSweeps = 20;
constexpr int kDescentSweeps = 8, kExchangeRounds = 4;

// Graphs of few pins are started anew: so many pins in all, but no more starts than that.
constexpr double kStartedPins = 1 << 19;
constexpr int kMostStarts = 8;

// Temperatures, in roots of a vertex' mean total edge weight: what a move gains varies as that root.
constexpr double kHottest = 0.12, kColdest = 0.02;

// After so many cores that could not be emptied no other is tried.
constexpr int kFailedDissolves = 3;

class Partitioner {
 public:
  Partitioner(const Hypergraph& graph, const Limits& limits, const Options& options, const Bounds& bounds)
      : graph_(graph),
        limits_(limits),
        options_(options),
        bounds_(bounds),
        workers_(options.threads, options.cancel) {
    const double pins = static_cast<double>(graph.targetPins() + graph.edges()) + 1;
    starts_ = static_cast<int>(std::clamp(kStartedPins / pins, 1.0, double{kMostStarts}));
    const double more = std::clamp(std::sqrt(kSweptPins / pins), 1.0, kMostSweeps);
    const double sweeps = kSweepsPerEffort * options.effort * more, affordable = options.mostWork / pins;
    sweeps_ = static_cast<int>(std::clamp(affordable, kFewestSweeps, sweeps));
    starts_ = static_cast<int>(std::clamp(affordable / sweeps, 1.0, static_cast<double>(starts_)));
  }

  // Nothing where it was cancelled.
  std::optional<CoreMap> run() {
    std::optional<CoreMap> best;
    for (start_ = 0; start_ < starts_; ++start_) {
      CoreMap map = runStart(options_.seed + (static_cast<std::uint64_t>(start_) << 32));
      if (workers_.cancelled()) return std::nullopt;
      if (!best || better(map, *best)) best = std::move(map);
    }
    return best;
  }

 private:
  // Any that the chip holds before any that it does not; then by traffic, then by cores.
  bool better(const CoreMap& a, const CoreMap& b) const {
    const bool aHolds = a.cores <= limits_.cores, bHolds = b.cores <= limits_.cores;
    if (aHolds != bHolds) return aHolds;
    return std::tie(a.connectivity, a.cores) < std::tie(b.connectivity, b.cores);
  }

  CoreMap runStart(std::uint64_t seed) {
    const Embedding embedding = embed(graph_, kDimensions, seed, workers_);
    FirstMap first = firstMap(graph_, limits_, bounds_, embedding, {seed, kPlanes}, workers_);
    Assignment assignment(graph_, limits_, std::move(first.coreOf), first.cores);
    if (first.cores > 1) annealReporting(assignment, seed);
    if (workers_.cancelled()) return {};
    repair(assignment);
    descend(assignment, kDescentSweeps, workers_);
    exchange(assignment, kExchangeRounds, workers_);
    dissolveCores(assignment);
    descend(assignment, kDescentSweeps, workers_);
    return describe(assignment);
  }

  void annealReporting(Assignment& assignment, std::uint64_t seed) {
    const AnnealingPlan plan = annealingPlan(seed, assignment.unit());
    anneal(assignment, plan, workers_, [&](int sweep) {
      if (!options_.progress) return;
      const double doneOfStart = static_cast<double>(sweep) / (plan.sweeps + 1);
      options_.progress((start_ + doneOfStart) / starts_, assignment.connectivity());
    });
  }

  AnnealingPlan annealingPlan(std::uint64_t seed, double unit) const {
    double weight = 0;
    for (Index edge = 0; edge < graph_.edges(); ++edge)
      weight += graph_.weight(edge) / unit * static_cast<double>(graph_.targets(edge).size() + 1);
    const double root = std::sqrt(weight / std::max<double>(graph_.vertices(), 1));
    return {seed, sweeps_, kHottest * root, kColdest * root};
  }

  // Empties small cores, those that hold least first, while the chip has too few or traffic falls.
  void dissolveCores(Assignment& assignment) const {
    std::vector<Index> order(assignment.cores());
    for (Index core = 0; core < order.size(); ++core) order[core] = core;
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return assignment.use(a).neurons < assignment.use(b).neurons; });
    std::uint64_t left = order.size();
    int failed = 0;
    for (Index core : order) {
      if (failed == kFailedDissolves || workers_.cancelled()) return;
      const bool dissolved = dissolve(assignment, core, left > limits_.cores);
      left -= dissolved;
      failed += !dissolved;
    }
  }

  CoreMap describe(const Assignment& assignment) const {
    CoreMap map;
    map.bounds = bounds_;
    map.connectivity = assignment.connectivity();
    constexpr Index kUnseen = kMostVertices;
    std::vector<Index> number(assignment.cores(), kUnseen);
    for (Index core : assignment.coresOf()) {
      if (number[core] == kUnseen) {
        number[core] = map.cores++;
        const CoreUse& use = assignment.use(core);
        map.most.neurons = std::max(map.most.neurons, use.neurons);
        map.most.axons = std::max(map.most.axons, use.axons);
        map.most.words = std::max(map.most.words, use.words);
      }
      map.coreOf.push_back(number[core]);
    }
    return map;
  }

  const Hypergraph& graph_;
  const Limits& limits_;
  const Options& options_;
  const Bounds& bounds_;
  Workers workers_;
  int sweeps_ = 1, starts_ = 1, start_ = 0;
};

Error badOption(const std::string& name, int value, int most) {
  return Error::of(ErrorKind::Data, "R0690", name, fmt::format("{} is not from 1 to {}", value, most),
                   "give a number in that range");
}

}  // namespace

Expected<CoreMap> mapToCores(const Hypergraph& graph, const Limits& limits, const Options& options) {
  constexpr int kMostThreads = 1024;
  if (options.effort < 1 || options.effort > kMostEffort)
    return badOption("effort", options.effort, kMostEffort);
  if (options.threads < 1 || options.threads > kMostThreads)
    return badOption("threads", options.threads, kMostThreads);
  const Bounds bounds = lowerBounds(graph, limits);
  if (Status feasible = checkFeasible(graph, limits, bounds); !feasible) return feasible.error();
  std::optional<CoreMap> map = Partitioner(graph, limits, options, bounds).run();
  if (!map) return Error::of(ErrorKind::Undecided, "R0604", "", "the mapper was cancelled", "start it again");
  if (map->cores > limits.cores) return tooFewCores(map->cores, limits.cores, "in the best map found");
  return *std::move(map);
}

}  // namespace rheo::partition
