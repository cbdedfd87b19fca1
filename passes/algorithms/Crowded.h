// Populations of which some neuron fits no core by its fan-in.
#pragma once

#include <vector>

#include "algorithms/Net.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "place/Place.h"

namespace rheo {

// What the neurons of such a population need.
struct CrowdedPopulation {
  int population = 0;
  std::vector<std::size_t> incoming;          // projections
  std::vector<std::vector<ListNeeds>> needs;  // [incoming][neuron]
  std::int64_t neuron = 0;                    // the worst
  ListNeeds most;                             // of it
};

bool fitsCore(const ListNeeds& needs, const ChipSpec& chip);

std::vector<CrowdedPopulation> findCrowded(const FixedNet& net, const ChipSpec& chip, const Profile& profile);

}  // namespace rheo
