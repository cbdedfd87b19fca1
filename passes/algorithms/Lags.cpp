// Longest paths by relaxation (Bellman 1958); a relaxation that never ends holds a loop of positive weight.
#include "algorithms/Lags.h"

#include <fmt/format.h>

#include <algorithm>

namespace rheo {
namespace {

// The loop that keeps `population` rising, as "a -> b -> a", following the edges that last raised each; `sum`
// adds their delays up.
std::string describeLoop(const std::vector<std::string>& names, const std::vector<LagEdge>& edges,
                         const std::vector<int>& raisedBy, int population, int& hops, int& delays,
                         std::string& sum) {
  int at = population;
  for (std::size_t i = 0; i < names.size(); ++i) at = edges[raisedBy[at]].source;  // now surely in the loop
  const int start = at;
  std::vector<int> loop;
  hops = delays = 0;
  do {
    const LagEdge& edge = edges[raisedBy[at]];
    loop.push_back(at);
    ++hops;
    delays += edge.delaySteps;
    at = edge.source;
  } while (at != start);
  std::string text = names[start];
  sum.clear();
  for (auto it = loop.rbegin(); it != loop.rend(); ++it) {
    const LagEdge& edge = edges[raisedBy[*it]];
    text += " -> " + names[*it];
    sum += fmt::format("{}{} by '{}'", sum.empty() ? "" : " + ", edge.delaySteps, edge.name);
  }
  return text;
}

Error positiveLoop(const std::string& loop, int hops, int delays, const std::string& sum) {
  Diagnostic diagnostic;
  diagnostic.code = "R0750";
  diagnostic.message = fmt::format(
      "the loop '{}' needs {} steps on the chip, one for each hop, and the float network gives it {}: {}",
      loop, hops, delays, sum);
  diagnostic.where = loop;
  diagnostic.value = hops;
  diagnostic.limit = delays;
  diagnostic.limitSource = "SPEC T2: a spike arrives in the next step at the earliest";
  diagnostic.remedy =
      "read the network with --feedforward-delay 1: every hop then takes a step in the float network, too, "
      "and the loop is as long as the chip's; or join its populations into one recurrent one";
  return Error::of(ErrorKind::Compile, diagnostic);
}

Diagnostic delayTooLong(const LagEdge& edge, int delay, int maxDelay) {
  Diagnostic diagnostic;
  diagnostic.code = "R0418";
  diagnostic.message =
      fmt::format("'{}' needs an axon delay of {} steps, the chip has {}", edge.name, delay, maxDelay);
  diagnostic.where = edge.name;
  diagnostic.value = delay;
  diagnostic.limit = maxDelay;
  diagnostic.limitSource = "max_delay of the chip record, SPEC T7";
  diagnostic.remedy = "shorten the longest path beside this edge, or relay it through a population";
  return diagnostic;
}

}  // namespace

Expected<LagSolution> solveLags(const std::vector<std::string>& populations,
                                const std::vector<LagEdge>& edges, int maxDelay) {
  LagSolution solution;
  solution.lag.assign(populations.size(), 0);
  std::vector<int> raisedBy(populations.size(), -1);
  int raised = -1;
  // A path has fewer edges than there are populations, plus one from an input.
  for (std::size_t round = 0; round <= populations.size() + 1; ++round) {
    raised = -1;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const LagEdge& edge = edges[i];
      const int needed = (edge.source < 0 ? 0 : solution.lag[edge.source]) + 1 - edge.delaySteps;
      if (solution.lag[edge.target] >= needed) continue;
      solution.lag[edge.target] = needed;
      raisedBy[edge.target] = static_cast<int>(i);
      raised = edge.target;
    }
    if (raised < 0) break;
  }
  if (raised >= 0) {
    int hops = 0, delays = 0;
    std::string sum;
    const std::string loop = describeLoop(populations, edges, raisedBy, raised, hops, delays, sum);
    return positiveLoop(loop, hops, delays, sum);
  }
  std::vector<Diagnostic> tooLong;
  for (const LagEdge& edge : edges) {
    const int source = edge.source < 0 ? 0 : solution.lag[edge.source];
    const int delay = edge.delaySteps + solution.lag[edge.target] - source - 1;
    if (delay > maxDelay) tooLong.push_back(delayTooLong(edge, delay, maxDelay));
    solution.axonDelay.push_back(delay);
  }
  if (!tooLong.empty()) return Error{ErrorKind::Compile, std::move(tooLong)};
  for (int lag : solution.lag) solution.largest = std::max(solution.largest, lag);
  return solution;
}

std::vector<LagEdge> lagEdges(const FixedNet& net) {
  std::vector<LagEdge> edges;
  for (const FixedProjection& projection : net.projections)
    edges.push_back({projection.source.input ? -1 : projection.source.index, projection.target,
                     projection.delaySteps, projection.name});
  return edges;
}

void shareDelays(FixedNet& net) {
  for (FixedProjection& projection : net.projections) {
    std::vector<std::int32_t>& delays = projection.weights.delays;
    const std::vector<std::int32_t> classes = delayClasses(projection.weights);
    if (delays.empty() || classes.empty()) continue;
    projection.delaySteps += classes.front();
    for (std::int32_t& delay : delays) delay = std::max(0, delay - classes.front());
    if (classes.size() == 1) delays.clear();
  }
}

namespace {

Expected<LagSolution> solveAsIs(const FixedNet& net, int maxDelay) {
  std::vector<std::string> names;
  for (const FixedPopulation& population : net.populations) names.push_back(population.name);
  return solveLags(names, lagEdges(net), maxDelay);
}

// Whether only the delays of its synapses may close its loops.
bool needsSharing(const FixedNet& net, const Expected<LagSolution>& solution) {
  return !solution && solution.error().diagnostics.front().code == "R0750" &&
         std::any_of(net.projections.begin(), net.projections.end(),
                     [](const FixedProjection& projection) { return !projection.weights.delays.empty(); });
}

}  // namespace

Expected<LagSolution> solveLags(const FixedNet& net, int maxDelay) {
  Expected<LagSolution> solution = solveAsIs(net, maxDelay);
  if (!needsSharing(net, solution)) return solution;
  FixedNet shared = net;
  shareDelays(shared);
  return solveAsIs(shared, maxDelay);
}

Status assignLags(FixedNet& net, int maxDelay) {
  Expected<LagSolution> solution = solveAsIs(net, maxDelay);
  if (needsSharing(net, solution)) {
    shareDelays(net);
    solution = solveAsIs(net, maxDelay);
  }
  if (!solution) return solution.error();
  for (std::size_t i = 0; i < net.populations.size(); ++i) net.populations[i].lag = solution->lag[i];
  for (std::size_t i = 0; i < net.projections.size(); ++i)
    net.projections[i].axonDelay = solution->axonDelay[i];
  net.lag = solution->largest;
  return ok();
}

}  // namespace rheo
