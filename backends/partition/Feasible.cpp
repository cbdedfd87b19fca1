// Names the vertices that no core can hold.
#include "partition/Feasible.h"

#include <fmt/format.h>

namespace rheo::partition {
namespace {

constexpr std::size_t kMostReports = 10;

Diagnostic vertexTooLarge(Index vertex, std::uint64_t value, std::uint64_t limit, const std::string& what,
                          std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = "R0432";
  diagnostic.where = fmt::format("vertex {}", vertex + 1);
  diagnostic.message = fmt::format("{} {}, and a core holds {}", value, what, limit);
  diagnostic.value = static_cast<double>(value);
  diagnostic.limit = static_cast<double>(limit);
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

}  // namespace

Error tooFewCores(double needed, std::uint64_t cores, std::string reason) {
  Error error =
      Error::of(ErrorKind::Compile, "R0432", "",
                fmt::format("the graph needs {:.0f} cores ({}), and there are {}", needed, reason, cores),
                "take a chip with more or larger cores, or a smaller network");
  error.diagnostics.front().value = needed;
  error.diagnostics.front().limit = static_cast<double>(cores);
  return error;
}

Status checkFeasible(const Hypergraph& graph, const Limits& limits, const Bounds& bounds) {
  Error error{ErrorKind::Compile, {}};
  const CoreUse& most = limits.perCore;
  for (Index vertex = 0; vertex < graph.vertices() && error.diagnostics.size() < kMostReports; ++vertex) {
    std::uint64_t axons = 0;
    for (Incidence incidence : graph.incidences(vertex)) axons += incidence.isTarget();
    const std::uint64_t words = axons * limits.memory.words(1);
    const auto refuse = [&](std::uint64_t value, std::uint64_t limit, const std::string& what,
                            std::string remedy) {
      if (value > limit)
        error.diagnostics.push_back(vertexTooLarge(vertex, value, limit, what, std::move(remedy)));
    };
    refuse(graph.vertexWeight(vertex), most.neurons, "is its weight", "split the vertex");
    refuse(axons, most.axons, "edges reach it", "split its inputs over helper neurons, or prune them");
    if (limits.memoryIsLimited())
      refuse(words, most.words, "words hold its synapses",
             "split its inputs over helper neurons, or prune them");
  }
  if (!error.diagnostics.empty()) return error;
  if (bounds.cores.value > static_cast<double>(limits.cores))
    return tooFewCores(bounds.cores.value, limits.cores, "at least: " + bounds.cores.reason);
  return ok();
}

}  // namespace rheo::partition
