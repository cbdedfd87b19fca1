// Where the spikes of placed neurons go.
#include "place/Place.h"

namespace rheo {

std::vector<Flow> flowsOf(const PlacementProblem& problem, const Placement& placement,
                          const std::map<std::string, std::vector<double>>& rates) {
  struct Reached {
    std::int32_t core, clone;
    bool operator==(const Reached&) const = default;
  };
  std::vector<std::vector<std::vector<Reached>>> targets;  // [population][neuron]
  for (const PopulationSpec& population : problem.populations) targets.emplace_back(population.size);
  for (std::size_t c = 0; c < placement.cores.size(); ++c)
    for (const PlacedAxon& axon : placement.cores[c].axons) {
      const ProjectionSpec& projection =
          problem.projections[placement.cores[c].groups[axon.group].projection];
      if (projection.fromInput) continue;
      std::vector<Reached>& reached = targets[projection.source][axon.source];
      const Reached now{static_cast<std::int32_t>(c), axon.clone};
      if (reached.empty() || reached.back() != now) reached.push_back(now);
    }
  FlowCollector flows;
  for (std::size_t c = 0; c < placement.cores.size(); ++c)
    for (const PlacedSlice& slice : placement.cores[c].slices) {
      const auto known = rates.find(problem.populations[slice.population].name);
      for (std::int32_t i = 0; i < slice.size(); ++i) {
        const auto neuron = static_cast<std::size_t>(slice.neuron(i));
        const double rate = known == rates.end() ? 1 : known->second[neuron];
        std::vector<std::int32_t> cores;
        for (const Reached& reached : targets[slice.population][neuron])
          if (reached.clone == slice.clone) cores.push_back(reached.core);
        flows.add(static_cast<std::int32_t>(c), std::move(cores), rate);
      }
    }
  return flows.take();
}

}  // namespace rheo
