// Neurons whose spikes need more routes than a core has are held once more, with all of their synapses: each
// of those that hold a neuron sends its spikes to some of the targets. SPEC E5
#include <fmt/format.h>

#include <algorithm>

#include "place/Placer.h"

namespace rheo {

std::map<std::pair<int, std::int32_t>, std::vector<std::int32_t>> clonesOf(const Placement& placement) {
  std::map<std::pair<int, std::int32_t>, std::vector<std::int32_t>> clones;
  for (const PlacedCore& core : placement.cores)
    for (const PlacedSlice& slice : core.slices)
      for (std::int32_t i = 0; slice.clone > 0 && i < slice.size(); ++i)
        clones[{slice.population, slice.clone}].push_back(slice.neuron(i));
  for (auto& [key, neurons] : clones) std::sort(neurons.begin(), neurons.end());
  return clones;
}

std::int64_t Placer::holdersFor(std::int64_t routes) const {
  const std::int64_t limit = chip_.limit("output_axons_per_core").value;
  return clones_ ? std::max<std::int64_t>(1, (routes + limit - 1) / limit) : 1;
}

// Of each of those that hold the neuron.
std::int64_t Placer::expectedRoutes(int population, std::int32_t neuron) const {
  const std::int64_t routes = routes_[population][neuron];
  return dealt(routes, holdersFor(routes), 0);
}

// Every clone as its original: its synapses are of the same projections, so what holds one holds the other.
void Placer::placeClones() {
  for (std::size_t p = 0; p < routes_.size(); ++p) {
    const std::vector<std::int64_t>& routes = routes_[p];
    const std::int64_t most =
        holdersFor(routes.empty() ? 0 : *std::max_element(routes.begin(), routes.end()));
    for (std::int32_t clone = 1; clone < most; ++clone) {
      std::vector<std::int32_t> neurons;
      for (std::size_t n = 0; n < routes.size(); ++n)
        if (holdersFor(routes[n]) > clone) neurons.push_back(static_cast<std::int32_t>(n));
      placeRows(static_cast<int>(p), neurons, clone);
    }
  }
}

// [population][neuron]: slices that hold it.
std::vector<std::vector<std::int64_t>> Placer::countHolders() const {
  std::vector<std::vector<std::int64_t>> holders = noneOfEach();
  for (const OpenCore& open : cores_)
    for (const PlacedSlice& slice : open.core.slices)
      for (std::int32_t i = 0; i < slice.size(); ++i) ++holders[slice.population][slice.neuron(i)];
  return holders;
}

// Which of those that hold a source reaches an axon: the first of them the first axons, and so on.
void Placer::dealRoutes(const std::vector<std::vector<std::int64_t>>& holders, Placement& placement) const {
  std::vector<std::vector<std::int64_t>> next = noneOfEach(), routes = next;
  const auto forEachAxon = [&](const auto& visit) {
    for (PlacedCore& core : placement.cores)
      for (PlacedAxon& axon : core.axons)
        if (const auto& from = problem_.projections[core.groups[axon.group].projection]; !from.fromInput)
          visit(axon, from.source);
  };
  forEachAxon([&](PlacedAxon& axon, int source) { ++routes[source][axon.source]; });
  forEachAxon([&](PlacedAxon& axon, int source) {
    const std::int64_t route = next[source][axon.source]++;
    axon.clone =
        static_cast<std::int32_t>(route * holders[source][axon.source] / routes[source][axon.source]);
  });
}

// Populations of which every core that holds some takes more routes of theirs than it has: however often they
// are cloned, more are missing.
std::vector<Diagnostic> Placer::endlessClones() const {
  const std::int64_t limit = chip_.limit("output_axons_per_core").value;
  std::vector<bool> among(problem_.populations.size(), true);
  std::vector<std::int64_t> least(among.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t p = 0; p < among.size(); ++p) {
      if (!among[p]) continue;
      for (std::int32_t neuron = 0; neuron < problem_.populations[p].size; ++neuron) {
        std::int64_t taken = 0;
        for (const int index : incoming_[p])
          if (const ProjectionSpec& from = problem_.projections[index]; !from.fromInput && among[from.source])
            taken += needsAlone(problem_, chip_, index, neuron).lists;
        least[p] = neuron == 0 ? taken : std::min(least[p], taken);
      }
      const bool sends = std::any_of(
          problem_.projections.begin(), problem_.projections.end(), [&](const ProjectionSpec& from) {
            return !from.fromInput && static_cast<std::size_t>(from.source) == p && among[from.target];
          });
      if (sends && least[p] > limit) continue;
      among[p] = false;
      changed = true;
    }
  }
  std::vector<Diagnostic> found;
  const auto& routes = *std::find_if(coreLimits().begin(), coreLimits().end(), [](const CoreLimit& rule) {
    return rule.use == &CoreUse::outputRoutes;
  });
  for (std::size_t p = 0; p < among.size(); ++p)
    if (among[p])
      found.push_back(finding(
          routes, problem_.populations[p], least[p],
          fmt::format(
              "clones of '{0}' come to no end: every core that holds a neuron of it is reached by {1} "
              "routes at least of such neurons, and '{2}' has {3} in a core to give",
              problem_.populations[p].name, least[p], chip_.name, limit)));
  return found;
}

}  // namespace rheo
