// The state of a placement under way. Private to its parts: Place.cpp puts populations into cores row by row,
// PlaceTiles.cpp feature maps tile by tile, PlaceWanted.cpp what is wanted somewhere, PlaceClones.cpp neurons
// once more, PlaceFindings.cpp says what fits nowhere.
#pragma once

#include <set>
#include <vector>

#include "place/Kernels.h"
#include "place/ListCost.h"
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
  bool kept = false;  // a wanted core with an id of its own
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
  Placer(const PlacementProblem& problem, const ChipSpec& chip, std::span<const WantedCore> wanted = {},
         bool clones = false);

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
  // Of rows of a population, all of them: their lists, and the routes that are expected of them.
  struct Whole {
    std::vector<ListCost> lists;
    std::int64_t routes = 0;
  };
  std::vector<ListCost> listsInto(int population) const;
  std::vector<ListChoice> addLists(const std::vector<ListCost>& lists, CoreUse& use) const;
  Whole wholeOf(int population, std::span<const std::int32_t> rows) const;
  bool mayTake(const OpenCore& open, int population, std::int64_t rows, const Whole& whole) const;
  Trial tryRows(const OpenCore& open, int population, std::span<const std::int32_t> neurons) const;
  Trial tryWhole(const OpenCore& open, int population, std::span<const std::int32_t> rows,
                 const Whole& whole) const;
  Trial tryTile(const OpenCore& open, int population, const Convolution& map, const Tile& tile) const;
  void takeNeuron(int population, std::int32_t neuron, Trial& trial) const;
  void commit(OpenCore& open, PlacedSlice slice, Trial trial);
  void openWanted();
  bool wantsWholeMap(int population) const;
  void takeWanted(const PlacedSlice& slice, OpenCore& open);
  std::vector<std::int32_t> giveIds() const;
  bool mayFill(const OpenCore& open) const { return !open.kept || fill_; }
  void placePopulation(int population);
  void placeRows(int population, std::span<const std::int32_t> rest, std::int32_t clone);
  void placeTiles(int population, const Convolution& map);
  bool putIntoOpenCore(int population, const Convolution& map, const Tile& tile, const Trial& alone);
  void placeTile(int population, const Convolution& map, const Tile& tile);
  void noteRefused(int population, std::int32_t neuron, const CoreUse& use);
  void placeAll(bool fill);
  void note(std::size_t limit, int population, std::int32_t neuron, std::int64_t value);
  void placeClones();
  std::int64_t holdersFor(std::int64_t routes) const;
  std::int64_t expectedRoutes(int population, std::int32_t neuron) const;
  std::vector<std::vector<std::int64_t>> countHolders() const;
  void dealRoutes(const std::vector<std::vector<std::int64_t>>& holders, Placement& placement) const;
  std::vector<Diagnostic> endlessClones() const;
  std::vector<std::vector<std::int64_t>> noneOfEach() const;
  std::vector<std::vector<std::int64_t>> countRoutes() const;
  bool routesFit();
  Diagnostic finding(const CoreLimit& exceeded, const PopulationSpec& population, std::int64_t value,
                     std::string message) const;
  std::vector<Diagnostic> diagnostics() const;
  std::vector<Diagnostic> crowdedRoutes() const;
  void resolveLists(const ListChoice& choice, PlacedCore& core) const;

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  std::span<const WantedCore> wanted_;
  bool clones_;  // SPEC E5
  std::int64_t usableCores_;
  bool fill_ = false;                              // gaps, too
  std::vector<std::int64_t> limits_;               // of coreLimits()
  std::vector<std::vector<int>> incoming_;         // projections into each population
  std::vector<std::vector<int>> profileOf_;        // [population][neuron]
  std::vector<std::vector<int>> constantsOf_;      // [population][neuron]: a block of constants
  std::vector<std::int64_t> constantsOfBlock_;     // how many each block holds
  std::vector<std::vector<std::int64_t>> routes_;  // [population][neuron]: expected routes
  std::vector<std::vector<bool>> taken_;           // [population][neuron]: it lies where it is wanted
  std::vector<std::vector<Tile>> refusedTiles_;    // [population]: wanted where they do not fit
  std::vector<OpenCore> cores_;
  std::vector<Violation> violations_;
};

}  // namespace rheo
