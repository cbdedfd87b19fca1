// What stays where it lay in an earlier image of the network, after part of the network has changed.
#pragma once

#include <vector>

#include "chip/Image.h"
#include "place/Place.h"

namespace rheo {

// Neurons of populations that the image holds with the same name, size and model, on the cores that hold
// them there. Errors: R0441 where the image is of another chip, and those of decode().
Expected<std::vector<WantedCore>> keptOf(const Image& image, const PlacementProblem& problem,
                                         const ChipSpec& chip);

}  // namespace rheo
