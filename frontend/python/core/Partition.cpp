// The mapper of hypergraphs for Python: from a file and limits to the core of every vertex.
#include "partition/Partition.h"

#include <pybind11/numpy.h>

#include "Module.h"
#include "Supervisor.h"
#include "partition/HypergraphText.h"

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

py::dict mapGraph(const py::bytes& path, const py::dict& limits, std::uint64_t seed, int threads, int effort,
                  const py::object& progress) {
  constexpr double kSteps = 1000;  // the work, as Python's progress sees it
  Options options{seed, threads, effort, {}, nullptr};
  const auto map = supervised(
      progress,
      [file = pathOf(path), limits = limitsOf(limits), options](Watch& watch) mutable -> Expected<CoreMap> {
        const Expected<Hypergraph> graph = readHypergraph(file);
        if (!graph) return graph.error();
        options.cancel = &watch.cancel;
        options.progress = [report = watch.progress()](double done, double) {
          report(static_cast<std::int64_t>(done * kSteps), static_cast<std::int64_t>(kSteps));
        };
        return mapToCores(*graph, limits, options);
      });
  return describe(unwrap(map));
}

}  // namespace

void bindPartition(py::module_& m) {
  m.def("partition", &mapGraph, py::arg("path"), py::arg("limits"), py::arg("seed"), py::arg("threads"),
        py::arg("effort"), py::arg("progress"));
  m.attr("most_partition_effort") = kMostEffort;
}

}  // namespace rheo::python
