// Which core of the chip each core of a placement becomes: spikes should cross few links. SPEC I12.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chip/Grid.h"
#include "chip/Traffic.h"

namespace rheo {

// [index of a core] -> its id; at most grid.usableCores() of them. Starts from the order of the cores along
// rows, along a Hilbert curve (Jin et al. 2023), and along the slowest modes of the traffic's Laplacian (Hall
// 1970), goes on from the best by simulated annealing of moves and swaps with exact differences, and ends in
// a descent. Deterministic for a seed.
std::vector<std::int32_t> arrange(std::span<const Flow> flows, std::int32_t cores, const Grid& grid,
                                  std::uint64_t seed = 0);

// The starts, each by itself.
std::vector<std::int32_t> arrangeInOrder(std::int32_t cores, const Grid& grid);
std::vector<std::int32_t> arrangeAlongCurve(std::int32_t cores, const Grid& grid);
std::vector<std::int32_t> arrangeByModes(std::span<const Flow> flows, std::int32_t cores, const Grid& grid);

// Links that flows cross in a step where all messages go straight: what Traffic::hops is where all links
// work.
class StraightCost {
 public:
  explicit StraightCost(const Grid& grid);
  double of(const Flow& flow, std::span<const std::int32_t> ids);
  double of(std::span<const Flow> flows, std::span<const std::int32_t> ids);

 private:
  struct Place {
    std::int32_t column, row;
  };
  Place placeOf(std::int32_t core);

  const Grid& grid_;
  std::vector<Place> places_;                // [core], as far as they were asked for
  std::vector<double> columnAt_, rowAt_;     // hops from the first column or row
  std::vector<std::int32_t> north_, south_;  // [column]: the rows that the ways of a flow reach
  std::vector<std::int32_t> reached_;        // columns
};

}  // namespace rheo
