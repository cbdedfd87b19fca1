// Where an arrangement starts: cores in order, along a curve, or by the slow modes of their traffic.
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <numeric>

#include "arrange/Arrange.h"

namespace rheo {
namespace {

// The matrix of a finer problem would take longer to solve than the annealing behind it.
constexpr std::int32_t kMostModes = 600;

struct Place {
  std::int64_t column, row;
};

// The tile with that number on the Hilbert curve through a square whose side is a power of two (Hilbert
// 1891).
Place onCurve(std::int64_t side, std::int64_t number) {
  Place at{0, 0};  // within the smallest square, then within the one twice as wide
  for (std::int64_t half = 1; half < side; half *= 2, number /= 4) {
    if (const std::int64_t quarter = number % 4; quarter == 0)
      at = {at.row, at.column};
    else if (quarter == 3)
      at = {2 * half - 1 - at.row, half - 1 - at.column};
    else
      at = {quarter == 2 ? at.column + half : at.column, at.row + half};
  }
  return at;
}

// Numbers on the curve from this one on that lie outside the grid with it: of the largest square that begins
// there, or 0. A grid may be far longer than wide.
std::int64_t outside(const Grid& grid, std::int64_t side, std::int64_t number) {
  const Place at = onCurve(side, number);
  std::int64_t tiles = 0;
  for (std::int64_t half = 1; half <= side && number % (half * half) == 0; half *= 2) {
    const std::int64_t column = at.column / half * half, row = at.row / half * half;
    if (column < grid.columns() && row < grid.rows()) break;
    tiles = half * half;
  }
  return tiles;
}

// The first of them. Chips may have a million: no more of the curve is followed than holds these.
std::vector<std::int32_t> slotsAlongCurve(std::int32_t cores, const Grid& grid) {
  std::int64_t side = 1;
  while (side < std::max(grid.columns(), grid.rows())) side *= 2;
  std::vector<std::int32_t> slots;
  for (std::int64_t number = 0; number < side * side && std::ssize(slots) < cores;) {
    if (const std::int64_t skipped = outside(grid, side, number); skipped > 0) {
      number += skipped;
      continue;
    }
    const Place at = onCurve(side, number++);
    const auto here = grid.usableCoresOf(static_cast<std::int32_t>(at.row * grid.columns() + at.column));
    slots.insert(slots.end(), here.begin(), here.end());
  }
  slots.resize(static_cast<std::size_t>(cores));
  return slots;
}

// Each core joined with those that it sends to, by the rate shared among them.
Eigen::MatrixXd laplacian(std::span<const Flow> flows, std::int32_t cores) {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(cores, cores);
  for (const Flow& flow : flows)
    for (const std::int32_t target : flow.targets) {
      const double weight = flow.rate / static_cast<double>(flow.targets.size());
      matrix(flow.source, target) -= weight;
      matrix(target, flow.source) -= weight;
      matrix(flow.source, flow.source) += weight;
      matrix(target, target) += weight;
    }
  return matrix;
}

}  // namespace

std::vector<std::int32_t> arrangeInOrder(std::int32_t cores, const Grid& grid) {
  return {grid.usableCores().begin(), grid.usableCores().begin() + cores};
}

std::vector<std::int32_t> arrangeAlongCurve(std::int32_t cores, const Grid& grid) {
  return slotsAlongCurve(cores, grid);
}

std::vector<std::int32_t> arrangeByModes(std::span<const Flow> flows, std::int32_t cores, const Grid& grid) {
  std::vector<std::int32_t> slots = arrangeAlongCurve(cores, grid);
  if (cores < 3 || cores > kMostModes) return slots;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(laplacian(flows, cores));
  const auto mode = [&](std::int32_t core, int number) { return solver.eigenvectors()(core, number); };
  std::sort(slots.begin(), slots.end(), [&](std::int32_t a, std::int32_t b) {
    const std::int32_t first = grid.tileOf(a), second = grid.tileOf(b);
    return std::tuple(grid.columnOf(first), grid.rowOf(first), a) <
           std::tuple(grid.columnOf(second), grid.rowOf(second), b);
  });
  std::vector<std::int32_t> order(static_cast<std::size_t>(cores));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return mode(a, 1) < mode(b, 1); });
  std::vector<std::int32_t> ids(static_cast<std::size_t>(cores));
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;  // one column of slots
    const auto column = [&](std::size_t i) { return grid.columnOf(grid.tileOf(slots[i])); };
    while (end < order.size() && column(end) == column(first)) ++end;
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
    std::stable_sort(begin, order.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](std::int32_t a, std::int32_t b) { return mode(a, 2) < mode(b, 2); });
    for (; first < end; ++first) ids[static_cast<std::size_t>(order[first])] = slots[first];
  }
  return ids;
}

}  // namespace rheo
