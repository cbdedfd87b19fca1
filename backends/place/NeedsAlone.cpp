// What a neuron needs of a core, whatever else lies there: its fan-in.
#include "place/Kernels.h"
#include "place/ListCost.h"

namespace rheo {

ListNeeds needsAlone(const PlacementProblem& problem, const ChipSpec& chip, int projection,
                     std::int32_t neuron) {
  const ProjectionSpec& spec = problem.projections[projection];
  if (const Convolution* map = featureMapOf(problem, spec.target); map != nullptr && sameMap(spec, *map)) {
    const MapPlace at = map->placeOfOutput(neuron);
    const Tile tile{{at.channel, 1}, {at.row, 1}, {at.column, 1}};
    if (kernelsFit(spec, chip, tile)) return kernelNeeds(spec, chip, tile);
  }
  ListCost lists(problem, chip, projection);
  lists.addNeuron(neuron);
  return lists.needs();
}

}  // namespace rheo
