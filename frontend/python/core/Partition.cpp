// The mapper of hypergraphs for Python: from a file and limits to the core of every vertex, and the place of
// every core.
#include "partition/Partition.h"

#include <pybind11/numpy.h>

#include "Module.h"
#include "Supervisor.h"
#include "arrange/Arrange.h"
#include "chips/Chips.h"
#include "partition/HypergraphText.h"
#include "place/Place.h"

namespace rheo::python {
namespace {

using namespace rheo::partition;

// Missing or None: unlimited.
std::uint64_t limitOf(const py::dict& limits, const char* name) {
  if (!limits.contains(name) || limits[name].is_none()) return kUnlimited;
  return std::min(limits[name].cast<std::uint64_t>(), kUnlimited);
}

Limits limitsOf(const py::dict& given) {
  Limits limits;
  limits.perCore.neurons = limitOf(given, "neurons_per_core");
  limits.perCore.axons = limitOf(given, "input_axons_per_core");
  limits.perCore.words = limitOf(given, "synapse_words_per_core");
  limits.cores = limitOf(given, "cores");
  const py::dict memory = given["synapse_memory"];
  limits.memory.headerBits = memory["header_bits"].cast<std::uint64_t>();
  limits.memory.synapseBits = memory["synapse_bits"].cast<std::uint64_t>();
  limits.memory.wordBits = memory["word_bits"].cast<std::uint64_t>();
  return limits;
}

py::dict describe(const Bound& bound) {
  return py::dict(py::arg("value") = bound.value, py::arg("reason") = bound.reason);
}

py::dict describe(const CoreMap& map) {
  const py::dict most(py::arg("neurons") = map.most.neurons, py::arg("axons") = map.most.axons,
                      py::arg("words") = map.most.words);
  const py::dict bounds(py::arg("cores") = describe(map.bounds.cores),
                        py::arg("connectivity") = describe(map.bounds.connectivity));
  return py::dict(py::arg("core") = py::array_t<Index>(map.coreOf.size(), map.coreOf.data()),
                  py::arg("cores") = map.cores, py::arg("connectivity") = map.connectivity,
                  py::arg("most") = most, py::arg("bounds") = bounds);
}

// Where the cores of a map lie on the chip, and what its spikes cross in a step.
struct Places {
  std::vector<std::int32_t> ids;
  double hops = 0, hopsInOrder = 0, hopsAtLeast = 0;
};

// None where the limits were widened until the chip has fewer cores than the map.
std::optional<Places> placesOf(const Hypergraph& graph, const CoreMap& map, const Grid& grid,
                               std::uint64_t seed) {
  const auto cores = static_cast<std::int32_t>(map.cores);
  if (map.cores > grid.usableCores().size()) return std::nullopt;
  FlowCollector collector;
  for (Index edge = 0; edge < graph.edges(); ++edge) {
    std::vector<std::int32_t> targets;
    for (const Index target : graph.targets(edge))
      targets.push_back(static_cast<std::int32_t>(map.coreOf[target]));
    collector.add(static_cast<std::int32_t>(map.coreOf[graph.source(edge)]), std::move(targets),
                  graph.weight(edge));
  }
  const std::vector<Flow> flows = collector.take();
  StraightCost straight(grid);
  Places places{arrange(flows, cores, grid, seed)};
  places.hops = straight.of(flows, places.ids);
  places.hopsInOrder = straight.of(flows, arrangeInOrder(cores, grid));
  places.hopsAtLeast = hopsAtLeast(flows, grid);
  return places;
}

py::object describe(const std::optional<Places>& places) {
  if (!places) return py::none();
  return py::dict(py::arg("cores") = places->ids, py::arg("hops") = places->hops,
                  py::arg("hops_in_order") = places->hopsInOrder,
                  py::arg("hops_at_least") = places->hopsAtLeast);
}

py::dict mapGraph(const py::bytes& path, const py::bytes& chip, const py::dict& limits, std::uint64_t seed,
                  int threads, int effort, const py::object& progress) {
  constexpr double kSteps = 1000;  // the work, as Python's progress sees it
  using Mapped = std::pair<CoreMap, std::optional<Places>>;
  Options options{seed, threads, effort, {}, nullptr};
  const auto map =
      supervised(progress,
                 [file = pathOf(path), grid = Grid(unwrap(resolveChip(pathOf(chip))).grid()),
                  limits = limitsOf(limits), options](Watch& watch) mutable -> Expected<Mapped> {
                   const Expected<Hypergraph> graph = readHypergraph(file);
                   if (!graph) return graph.error();
                   options.cancel = &watch.cancel;
                   options.progress = [report = watch.progress()](double done, double) {
                     report(static_cast<std::int64_t>(done * kSteps), static_cast<std::int64_t>(kSteps));
                   };
                   Expected<CoreMap> found = mapToCores(*graph, limits, options);
                   if (!found) return found.error();
                   std::optional<Places> places = placesOf(*graph, *found, grid, options.seed);
                   return Mapped{*std::move(found), std::move(places)};
                 });
  const auto& [found, places] = unwrap(map);
  py::dict described = describe(found);
  described["places"] = describe(places);
  return described;
}

}  // namespace

void bindPartition(py::module_& m) {
  m.def("partition", &mapGraph, py::arg("path"), py::arg("chip"), py::arg("limits"), py::arg("seed"),
        py::arg("threads"), py::arg("effort"), py::arg("progress"));
  m.def("sources_per_core",
        [](const py::bytes& chip) { return unwrap(resolveChip(pathOf(chip))).sourcesPerCore(); });
  // Of synapses in lists: a weight and the index of the neuron within the core. SPEC I6
  m.def("listed_synapse_memory", [](const py::bytes& chip) {
    const ChipSpec spec = unwrap(resolveChip(pathOf(chip)));
    ProjectionSpec projection;
    projection.weightBits = static_cast<int>(spec.limit("weight_bits").value);
    const auto bits = static_cast<std::uint64_t>(synapseBits(formatOf(projection, spec, ListKind::Sparse)));
    const SynapseMemory memory = SynapseMemory::ofRecords(bits);
    return py::dict(py::arg("header_bits") = memory.headerBits, py::arg("synapse_bits") = memory.synapseBits,
                    py::arg("word_bits") = memory.wordBits);
  });
  m.attr("most_partition_effort") = kMostEffort;
}

}  // namespace rheo::python
