// What of a network goes to which core of a chip: the populations in order, or the mapper's map where it is
// better. The same problem, options and seed give the same mapping on any number of threads.
#pragma once

#include <optional>
#include <string>

#include "mapping/NeuronGraph.h"
#include "partition/Bounds.h"
#include "place/Place.h"

namespace rheo {

enum class Mapper {
  Auto,   // the better of both, where the mapper's work is bounded
  Order,  // populations in order
  Graph,  // the mapper's map, wherever it fits
};
struct MappingOptions {
  Mapper mapper = Mapper::Auto;
  Rates rates;  // what edges weigh, and what brings cores near each other
  std::uint64_t seed = 0;
  bool clones = false;  // SPEC E5
  int threads = 0;      // 0: as many as pay
  // Where neurons are to stay, each core with its id; what is left goes to other cores first.
  std::optional<std::vector<WantedCore>> kept = std::nullopt;
};

// Of the neurons outside feature maps; hops of all.
struct MappingFigures {
  std::int64_t cores = 0;   // of the whole network
  double connectivity = 0;  // NeuronGraph's
  double hops = 0;          // links that spikes cross in a step, where all work
};

// Neurons that an earlier image holds, where it holds them or elsewhere, and those that it lacks.
struct KeptFigures {
  std::int64_t kept = 0, moved = 0, added = 0;
};

struct MappingReport {
  bool mapped = false;  // the mapper's map was taken
  // Where the mapper was asked: what each way gives, where it fits.
  std::optional<MappingFigures> inOrder, byGraph;
  std::optional<partition::Bound> bound;  // of the connectivity
  std::string refused;                    // why the mapper's map could not be taken, where it could not
  std::optional<KeptFigures> kept;        // where something was to be kept
  std::string notKept;                    // why nothing could be, where all was placed anew
};

struct Mapping {
  Placement placement;  // every core has its id
  MappingReport report;
};

// Where nothing can be kept, for want of cores, all is placed anew. Errors are those of place().
Expected<Mapping> mapNetwork(const PlacementProblem& problem, const ChipSpec& chip,
                             const MappingOptions& options);

}  // namespace rheo
