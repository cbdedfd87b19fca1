// Every neuron in a core of its own: what its lists take.
#include "algorithms/Crowded.h"

#include <algorithm>

#include "algorithms/Problem.h"

namespace rheo {

bool fitsCore(const ListNeeds& needs, const ChipSpec& chip) {
  return needs.axons <= chip.limit("input_axons_per_core").value &&
         needs.words <= chip.limit("synapse_words_per_core").value;
}

std::vector<CrowdedPopulation> findCrowded(const FixedNet& net, const ChipSpec& chip,
                                           const Profile& profile) {
  std::vector<CrowdedPopulation> found;
  const PlacementProblem problem = problemOf(net, profile);
  for (std::size_t p = 0; p < net.populations.size(); ++p) {
    CrowdedPopulation of;
    of.population = static_cast<int>(p);
    const FixedPopulation& owner = net.populations[p];
    std::int64_t sources = 0;  // at most
    for (std::size_t j = 0; j < net.projections.size(); ++j) {
      if (net.projections[j].target != of.population) continue;
      of.incoming.push_back(j);
      const Wiring& wiring = net.projections[j].weights.wiring;
      sources += std::min(wiring.mostSources() * static_cast<std::int64_t>(owner.model->portCount()),
                          wiring.sources());
    }
    if (fitsCore({sources, sources}, chip)) continue;
    for (const std::size_t j : of.incoming) {
      std::vector<ListNeeds>& needs = of.needs.emplace_back();
      for (std::int64_t n = 0; n < owner.size; ++n)
        needs.push_back(needsAlone(problem, chip, static_cast<int>(j), static_cast<std::int32_t>(n)));
    }
    for (std::int64_t n = 0; n < owner.size; ++n) {
      ListNeeds all;
      for (const std::vector<ListNeeds>& needs : of.needs) {
        all.axons += needs[static_cast<std::size_t>(n)].axons;
        all.words += needs[static_cast<std::size_t>(n)].words;
      }
      if (fitsCore(all, chip) || all.axons + all.words <= of.most.axons + of.most.words) continue;
      of.neuron = n;
      of.most = all;
    }
    if (of.most.axons > 0) found.push_back(std::move(of));
  }
  return found;
}

}  // namespace rheo
