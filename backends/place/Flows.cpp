// Where the spikes of placed neurons go.
#include "place/Place.h"

namespace rheo {

std::vector<Flow> flowsOf(const PlacementProblem& problem, const Placement& placement,
                          const std::map<std::string, std::vector<double>>& rates) {
  std::vector<std::vector<std::vector<std::int32_t>>> targets;  // [population][neuron]: cores
  for (const PopulationSpec& population : problem.populations) targets.emplace_back(population.size);
  for (std::size_t c = 0; c < placement.cores.size(); ++c)
    for (const PlacedAxon& axon : placement.cores[c].axons) {
      const ProjectionSpec& projection =
          problem.projections[placement.cores[c].groups[axon.group].projection];
      if (projection.fromInput) continue;
      std::vector<std::int32_t>& reached = targets[projection.source][axon.source];
      if (reached.empty() || reached.back() != static_cast<std::int32_t>(c))
        reached.push_back(static_cast<std::int32_t>(c));
    }
  FlowCollector flows;
  for (std::size_t c = 0; c < placement.cores.size(); ++c)
    for (const PlacedSlice& slice : placement.cores[c].slices) {
      const auto known = rates.find(problem.populations[slice.population].name);
      for (std::int32_t i = 0; i < slice.size(); ++i) {
        const auto neuron = static_cast<std::size_t>(slice.neuron(i));
        const double rate = known == rates.end() ? 1 : known->second[neuron];
        flows.add(static_cast<std::int32_t>(c), targets[slice.population][neuron], rate);
      }
    }
  return flows.take();
}

}  // namespace rheo
