// Where an arrangement starts: cores in order, along a curve, or by the slow modes of their traffic.
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <numeric>

#include "arrange/Arrange.h"

namespace rheo {
namespace {

// The matrix of a finer problem would take longer to solve than the annealing behind it.
constexpr std::int32_t kMostModes = 600;

// Number of a tile along the Hilbert curve through a square whose side is a power of two (Hilbert 1891).
std::int64_t alongCurve(std::int64_t side, std::int64_t column, std::int64_t row) {
  std::int64_t number = 0;
  for (std::int64_t half = side / 2; half > 0; half /= 2) {
    const bool right = (column & half) != 0, low = (row & half) != 0;
    number += half * half * (right ? (low ? 2 : 3) : (low ? 1 : 0));
    if (low) continue;
    if (right) {
      column = side - 1 - column;
      row = side - 1 - row;
    }
    std::swap(column, row);
  }
  return number;
}

// The first of them.
std::vector<std::int32_t> slotsAlongCurve(std::int32_t cores, const Grid& grid) {
  std::int64_t side = 1;
  while (side < std::max(grid.columns(), grid.rows())) side *= 2;
  std::vector<std::pair<std::int64_t, std::int32_t>> order;
  order.reserve(grid.usableCores().size());
  for (const std::int32_t core : grid.usableCores()) {
    const std::int32_t tile = grid.tileOf(core);
    order.emplace_back(alongCurve(side, grid.columnOf(tile), grid.rowOf(tile)), core);
  }
  const auto end = order.begin() + cores;  // of chips with a million
  std::nth_element(order.begin(), end, order.end());
  std::sort(order.begin(), end);
  order.erase(end, order.end());
  std::vector<std::int32_t> slots;
  for (const auto& [number, core] : order) slots.push_back(core);
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
