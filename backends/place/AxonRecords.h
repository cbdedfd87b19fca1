// Which lists of a core share an input axon. SPEC I5
#pragma once

#include <cstdint>
#include <vector>

#include "place/Place.h"

namespace rheo {

// A record of the core's axon table, and the lists behind it, which are equally long and follow each other.
struct AxonRecord {
  static constexpr std::int32_t kNobody = -1;  // a kernel's list that no source reads through this axon
  int group = 0;                               // into PlacedCore::groups
  std::vector<std::int32_t> atoms = {};        // [atom]: into PlacedCore::axons, or kNobody
};

// In order of groups; on a chip whose axons have one source each, an axon for each of PlacedCore::axons.
std::vector<AxonRecord> axonRecords(const PlacementProblem& problem, const ChipSpec& chip,
                                    const PlacedCore& core);

}  // namespace rheo
