// FixedNet to PlacementProblem: the same network, without its float past.
#include "algorithms/Problem.h"

namespace rheo {

PlacementProblem problemOf(const FixedNet& net, const Profile& profile) {
  PlacementProblem problem;
  problem.profile = &profile;
  for (const FixedPopulation& source : net.populations) {
    PopulationSpec population;
    population.name = source.name;
    population.model = source.model;
    population.size = static_cast<std::int32_t>(source.size);
    for (const auto& [field, values] : source.registers)
      population.registers[field] = {values.begin(), values.end()};
    problem.populations.push_back(std::move(population));
  }
  for (const InputPort& port : net.inputs)
    problem.inputs.push_back({port.name, "", static_cast<std::int32_t>(port.size)});
  for (const FixedProjection& source : net.projections) {
    ProjectionSpec projection;
    projection.name = source.name;
    projection.fromInput = source.source.input;
    projection.source = source.source.index;
    projection.target = source.target;
    projection.wiring = source.weights.wiring;
    projection.weights = source.weights.values;
    projection.setDelays(source.weights.delays);
    projection.weightBits = source.weightBits;
    projection.signMode = source.signMode;
    projection.exponent = source.exponent;
    projection.delay = source.axonDelay;
    problem.projections.push_back(std::move(projection));
  }
  return problem;
}

}  // namespace rheo
