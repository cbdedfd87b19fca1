// What fits no core, or not on the chip, and the diagnostics that say so.
#include <fmt/format.h>

#include <algorithm>

#include "place/Placer.h"

namespace rheo {

void Placer::note(std::size_t limit, int population, std::int32_t neuron, std::int64_t value) {
  for (Violation& violation : violations_) {
    if (violation.limit != limit || violation.population != population) continue;
    ++violation.neurons;
    if (value > violation.value) violation.value = value, violation.neuron = neuron;
    return;
  }
  violations_.push_back({limit, population, neuron, value, 1});
}

// A neuron that fits no core is noted, and left out to find what else is wrong.
void Placer::noteRefused(int population, std::int32_t neuron, const CoreUse& use) {
  for (std::size_t i = 0; i < limits_.size(); ++i)
    if (const std::int64_t value = use.*coreLimits()[i].use; value > limits_[i])
      note(i, population, neuron, value);
}

// A limit that a population exceeds: of each core, or, without `use`, of all of them.
Diagnostic Placer::finding(const CoreLimit& exceeded, const PopulationSpec& population, std::int64_t value,
                           std::string message) const {
  const Limit& limit = chip_.limit(exceeded.name);
  return {exceeded.code,
          Severity::Error,
          std::move(message),
          "",
          population.where.empty() ? population.name : population.where,
          static_cast<double>(value),
          static_cast<double>(exceeded.use ? limit.value : usableCores_),
          limit.source + (limit.inferred ? " (inferred)" : ""),
          exceeded.remedy};
}

std::vector<Diagnostic> Placer::diagnostics() const {
  std::vector<Diagnostic> found;
  for (const Violation& violation : violations_) {
    const PopulationSpec& population = problem_.populations[violation.population];
    const CoreLimit& limit = coreLimits()[violation.limit];
    const std::string others =
        violation.neurons > 1 ? fmt::format("; {} of its neurons need too many", violation.neurons) : "";
    found.push_back(finding(limit, population, violation.value,
                            fmt::format("neuron {} of '{}' needs {} {} in one core, '{}' has {}{}",
                                        violation.neuron, population.name, violation.value, limit.what,
                                        chip_.name, limits_[violation.limit], others)));
  }
  const auto cores = static_cast<std::int64_t>(cores_.size());
  const std::int64_t coresOfChip = usableCores_;
  if (cores > coresOfChip) {
    std::vector<std::int64_t> held(problem_.populations.size());
    for (const OpenCore& open : cores_)
      for (const PlacedSlice& slice : open.core.slices) ++held[slice.population];
    const auto most = std::max_element(held.begin(), held.end()) - held.begin();
    const PopulationSpec& population = problem_.populations[most];
    found.push_back(finding(
        {nullptr, "cores", "R0417", "cores",
         "use fewer weight bits and formats, prune, make this layer smaller, or choose a larger chip"},
        population, cores,
        fmt::format("the network needs {} cores, '{}' has {}; '{}' alone lies on {}", cores, chip_.name,
                    coresOfChip, population.name, held[most])));
    return found;
  }
  // Neurons that fit no core were left out above; the chip has to hold them all the same.
  const std::int64_t neuronsOfCore = chip_.limit("neurons_per_core").value;
  const std::int64_t room = coresOfChip * neuronsOfCore;
  std::int64_t neurons = 0;
  const PopulationSpec* largest = nullptr;
  for (const PopulationSpec& population : problem_.populations) {
    neurons += population.inputs();
    if (!largest || population.size > largest->size) largest = &population;
  }
  if (neurons > room)
    found.push_back(
        finding({nullptr, "cores", "R0417", "cores", "make this layer smaller, or choose a larger chip"},
                *largest, (neurons + neuronsOfCore - 1) / neuronsOfCore,
                fmt::format("the network has {} neurons, the {} cores of '{}' hold {}; '{}' alone has {}",
                            neurons, coresOfChip, chip_.name, room, largest->name, largest->size)));
  return found;
}

// Cores whose neurons reach too many lists, however often they were placed anew.
std::vector<Diagnostic> Placer::crowdedRoutes() const {
  std::vector<Diagnostic> found;
  const auto limits = coreLimits();
  const CoreLimit& routes = *std::find_if(limits.begin(), limits.end(), [](const CoreLimit& limit) {
    return limit.use == &CoreUse::outputRoutes;
  });
  for (const OpenCore& open : cores_) {
    const std::int64_t needed = open.core.use.outputRoutes, held = chip_.limit(routes.name).value;
    if (needed <= held) continue;
    const PopulationSpec& population = problem_.populations[open.core.slices.front().population];
    found.push_back(finding(routes, population, needed,
                            fmt::format("a core that holds neurons of '{}' needs {} {}, '{}' has {}",
                                        population.name, needed, routes.what, chip_.name, held)));
  }
  return found;
}

}  // namespace rheo
