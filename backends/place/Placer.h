// The state of a placement under way. Private to its parts: Place.cpp puts populations into cores row by row,
// PlaceTiles.cpp feature maps tile by tile, PlaceClones.cpp neurons once more, PlaceFindings.cpp says what
// fits nowhere.
#pragma once

#include <set>
#include <vector>

#include "place/Kernels.h"
#include "place/Place.h"

namespace rheo {

// How the lists of one projection are stored in a slice.
struct ListChoice {
  int projection = 0;
  int slice = 0;
  ListKind kind = ListKind::Sparse;  // the only kind, unless `mixed`
  bool mixed = false;                // every list takes the shorter of sparse and dense
};

struct OpenCore {
  PlacedCore core;
  std::vector<ListChoice> lists;
  std::set<int> profiles, constants;
};

// How far a population can be put into a core.
struct Trial {
  std::int32_t rows = 0;
  CoreUse use;                    // of the whole core, with those rows
  CoreUse refused;                // with one row more
  std::vector<ListChoice> lists;  // of the new slice
  std::set<int> profiles, constants;
};

// Of the routes that so many holders of a neuron share, those that one of them has: about as many as any.
inline std::int64_t dealt(std::int64_t routes, std::int64_t holders, std::int64_t holder) {
  return ((holder + 1) * routes + holders - 1) / holders - (holder * routes + holders - 1) / holders;
}

class Placer {
 public:
  Placer(const PlacementProblem& problem, const ChipSpec& chip, bool clones);

  Expected<Placement> run();

 private:
  // The worst of the neurons of one population that fit no core.
  struct Violation {
    std::size_t limit;
    int population;
    std::int32_t neuron;
    std::int64_t value;
    std::int64_t neurons;
  };

  void findProfiles();
  bool fits(const CoreUse& use) const;
  Trial tryRows(const OpenCore& open, int population, std::int32_t first, std::int32_t count) const;
  Trial tryTile(const OpenCore& open, int population, const Convolution& map, const Tile& tile) const;
  void takeNeuron(int population, std::int32_t neuron, Trial& trial) const;
  void commit(OpenCore& open, PlacedSlice slice, Trial trial);
  void placePopulation(int population, bool fill);
  void placeRows(int population, std::int32_t first, std::int32_t end, std::int32_t clone, bool fill);
  void placeTiles(int population, const Convolution& map);
  bool putIntoOpenCore(int population, const Convolution& map, const Tile& tile, const Trial& alone);
  void placeTile(int population, const Convolution& map, const Tile& tile);
  void noteRefused(int population, std::int32_t neuron, const CoreUse& use);
  void placeAll(bool fill);
  void note(std::size_t limit, int population, std::int32_t neuron, std::int64_t value);
  void placeClones(bool fill);
  std::int64_t holdersFor(std::int64_t routes) const;
  std::int64_t expectedRoutes(int population, std::int32_t neuron) const;
  std::vector<std::vector<std::int64_t>> countHolders() const;
  void dealRoutes(Placement& placement) const;
  std::vector<Diagnostic> endlessClones() const;
  std::vector<std::vector<std::int64_t>> countRoutes() const;
  bool routesFit();
  Diagnostic finding(const CoreLimit& exceeded, const PopulationSpec& population, std::int64_t value,
                     std::string message) const;
  std::vector<Diagnostic> diagnostics() const;
  std::vector<Diagnostic> crowdedRoutes() const;
  void resolveLists(const ListChoice& choice, PlacedCore& core) const;

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  bool clones_;
  std::int64_t usableCores_;
  std::vector<std::int64_t> limits_;               // of coreLimits()
  std::vector<std::vector<int>> incoming_;         // projections into each population
  std::vector<std::vector<int>> profileOf_;        // [population][neuron]
  std::vector<std::vector<int>> constantsOf_;      // [population][neuron]: a block of constants
  std::vector<std::int64_t> constantsOfBlock_;     // how many each block holds
  std::vector<std::vector<std::int64_t>> routes_;  // [population][neuron]: expected routes
  std::vector<OpenCore> cores_;
  std::vector<Violation> violations_;
};

}  // namespace rheo
