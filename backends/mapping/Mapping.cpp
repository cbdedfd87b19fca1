// Populations in order first; then the mapper's map, verified by placing it; of both the better. Or, before
// all that, what is to stay where it lay.
#include "mapping/Mapping.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

#include "arrange/Arrange.h"
#include "partition/Partition.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

// What the mapper may look at where it was not asked for: a second's work at most.
constexpr std::int64_t kMostValues = std::int64_t{1} << 26;
constexpr std::int64_t kMostTargets = 400'000;
constexpr double kMostWork = 1e6;

// Threads wait for each other after every few neurons: a small graph is mapped sooner by one.
int threadsFor(const partition::Hypergraph& graph) {
  constexpr std::uint64_t kPinsPerThread = std::uint64_t{1} << 20;
  return static_cast<int>(
      std::clamp<std::uint64_t>(graph.targetPins() / kPinsPerThread, 1, availableProcessors()));
}

class Chooser {
 public:
  Chooser(const PlacementProblem& problem, const ChipSpec& chip, const MappingOptions& options)
      : problem_(problem), chip_(chip), options_(options), grid_(chip.grid()) {}

  Expected<Mapping> run() {
    if (!options_.kept) return anew();
    if (options_.kept->empty())
      return keptNothing(
          "no population of the earlier image has the name, the size and the model of one here");
    Expected<Placement> placement = place(problem_, chip_, *options_.kept, options_.clones);
    if (placement) {
      addCoresNear(*placement);
      MappingReport report;
      report.kept = countKept(*placement);
      return Mapping{*std::move(placement), std::move(report)};
    }
    return keptNothing(placement.error().diagnostics.front().message);
  }

 private:
  Expected<Mapping> keptNothing(std::string why) {
    Expected<Mapping> mapping = anew();
    if (!mapping) return mapping;
    mapping->report.kept = countKept(mapping->placement);
    mapping->report.notKept = std::move(why);
    return mapping;
  }

  Expected<Mapping> anew() {
    Expected<Placement> inOrder = place(problem_, chip_, {}, options_.clones);
    const auto ordered = [&] {
      return inOrder ? Expected<Mapping>(arranged(*std::move(inOrder))) : inOrder.error();
    };
    if (!mayTry(inOrder)) return ordered();
    Expected<NeuronGraph> graph = NeuronGraph::make(problem_, chip_, options_.rates);
    if (!graph) return std::move(graph).error();
    if (!worthTrying(*graph, inOrder)) return ordered();
    Expected<Placement> byGraph = placeByGraph(*graph, inOrder ? &*inOrder : nullptr);
    return better(*graph, std::move(inOrder), std::move(byGraph));
  }

  // Cores that are not kept, one after the other, where the links that their spikes cross are fewest.
  void addCoresNear(Placement& placement) const {
    const std::vector<Flow> flows = flowsOf(problem_, placement, options_.rates);
    std::set<std::int32_t> kept, used;
    for (const WantedCore& wanted : *options_.kept) kept.insert(wanted.id);
    std::vector<std::int32_t> ids;
    for (const PlacedCore& core : placement.cores) {
      ids.push_back(core.id);
      if (kept.contains(core.id)) used.insert(core.id);
    }
    StraightCost cost(grid_);
    for (std::size_t core = 0; core < ids.size(); ++core) {
      if (kept.contains(placement.cores[core].id)) continue;
      std::vector<Flow> touching;
      std::copy_if(flows.begin(), flows.end(), std::back_inserter(touching), [&](const Flow& flow) {
        return flow.source == static_cast<std::int32_t>(core) ||
               std::binary_search(flow.targets.begin(), flow.targets.end(), static_cast<std::int32_t>(core));
      });
      double least = std::numeric_limits<double>::infinity();
      std::int32_t best = -1;
      for (const std::int32_t id : grid_.usableCores()) {
        if (used.contains(id)) continue;
        ids[core] = id;
        if (const double hops = cost.of(touching, ids); hops < least) least = hops, best = id;
      }
      used.insert(ids[core] = placement.cores[core].id = best);
    }
  }

  KeptFigures countKept(const Placement& placement) const {
    std::vector<std::vector<std::int32_t>> before;  // [population][neuron]: the id of its core, or -1
    for (const PopulationSpec& population : problem_.populations)
      before.emplace_back(static_cast<std::size_t>(population.size), -1);
    for (const WantedCore& wanted : *options_.kept)
      for (const PlacedSlice& slice : wanted.slices)
        for (std::int32_t i = 0; i < slice.size(); ++i) before[slice.population][slice.neuron(i)] = wanted.id;
    KeptFigures figures;
    for (const PlacedCore& core : placement.cores)
      for (const PlacedSlice& slice : core.slices)
        for (std::int32_t i = 0; i < slice.size() && slice.clone == 0; ++i) {
          const std::int32_t id = before[slice.population][slice.neuron(i)];
          ++(id < 0 ? figures.added : id == core.id ? figures.kept : figures.moved);
        }
    return figures;
  }

  // Where only the number of cores or the routes are too many, another placement may fit.
  static bool mayFitOtherwise(const Expected<Placement>& inOrder) {
    if (inOrder) return true;
    const std::vector<Diagnostic>& found = inOrder.error().diagnostics;
    return std::all_of(found.begin(), found.end(),
                       [](const Diagnostic& d) { return d.code == "R0417" || d.code == "R0414"; });
  }

  bool mayTry(const Expected<Placement>& inOrder) const {
    if (options_.mapper == Mapper::Order || !mayFitOtherwise(inOrder)) return false;
    if (options_.mapper == Mapper::Graph) return true;
    return (!inOrder || inOrder->cores.size() > 1) &&
           NeuronGraph::isSmall(problem_, chip_, kMostTargets, kMostValues);
  }

  bool worthTrying(const NeuronGraph& graph, const Expected<Placement>& inOrder) const {
    if (graph.graph().vertices() == 0) return false;
    return options_.mapper == Mapper::Graph || !inOrder || graph.coresUsed(*inOrder) > 1;
  }

  Expected<Placement> placeByGraph(const NeuronGraph& graph, const Placement* inOrder) {
    const partition::Limits limits = graph.limits(inOrder);
    partition::Options how;
    how.seed = options_.seed;
    if (options_.mapper == Mapper::Auto) how.mostWork = kMostWork;
    how.threads = options_.threads > 0 ? options_.threads : threadsFor(graph.graph());
    Expected<partition::CoreMap> map = partition::mapToCores(graph.graph(), limits, how);
    if (!map) return std::move(map).error();
    return place(problem_, chip_, graph.wanted(map->coreOf, map->cores), options_.clones);
  }

  Mapping arranged(Placement placement) {
    Mapping mapping{std::move(placement), {}};
    arrangeCores(mapping.placement);
    return mapping;
  }

  // The links that spikes then cross in a step.
  double arrangeCores(Placement& placement) const {
    const std::vector<Flow> flows = flowsOf(problem_, placement, options_.rates);
    const std::vector<std::int32_t> ids =
        arrange(flows, static_cast<std::int32_t>(placement.cores.size()), grid_, options_.seed);
    for (std::size_t core = 0; core < ids.size(); ++core) placement.cores[core].id = ids[core];
    return StraightCost(grid_).of(flows, ids);
  }

  MappingFigures figuresOf(const NeuronGraph& graph, Placement& placement) const {
    const double hops = arrangeCores(placement);
    return {static_cast<std::int64_t>(placement.cores.size()), graph.connectivity(placement), hops};
  }

  bool isBetter(const MappingFigures& mapped, const MappingFigures& ordered) const {
    if (options_.mapper == Mapper::Graph) return true;
    return mapped.cores <= ordered.cores && mapped.connectivity < ordered.connectivity &&
           mapped.hops <= ordered.hops;
  }

  Expected<Mapping> better(const NeuronGraph& graph, Expected<Placement> inOrder,
                           Expected<Placement> byGraph) const {
    if (!inOrder && !byGraph) return inOrder.error();
    MappingReport report;
    partition::Limits limits = graph.limits(nullptr);
    limits.perCore.words = partition::kUnlimited;  // dense lists take fewer than the mapper counts
    report.bound = partition::lowerBounds(graph.graph(), limits).connectivity;
    if (inOrder) report.inOrder = figuresOf(graph, *inOrder);
    if (byGraph) report.byGraph = figuresOf(graph, *byGraph);
    if (!byGraph) report.refused = byGraph.error().diagnostics.front().message;
    report.mapped = byGraph && (!inOrder || isBetter(*report.byGraph, *report.inOrder));
    Placement taken = report.mapped ? *std::move(byGraph) : *std::move(inOrder);
    return Mapping{std::move(taken), std::move(report)};
  }

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  const MappingOptions& options_;
  Grid grid_;
};

}  // namespace

Expected<Mapping> mapNetwork(const PlacementProblem& problem, const ChipSpec& chip,
                             const MappingOptions& options) {
  return Chooser(problem, chip, options).run();
}

}  // namespace rheo
