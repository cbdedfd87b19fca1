// Jacobi's rotations: slow for large matrices, exact and short for those of some tens of rows.
#include "partition/Tridiagonal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rheo::partition {
namespace {

constexpr int kMostRounds = 60;
constexpr double kZero = 1e-14;

class Jacobi {
 public:
  Jacobi(const std::vector<double>& diagonal, const std::vector<double>& below)
      : size_(diagonal.size()), matrix_(size_ * size_, 0), vectors_(size_ * size_, 0) {
    for (std::size_t i = 0; i < size_; ++i) {
      at(i, i) = diagonal[i];
      vectors_[i * size_ + i] = 1;
      if (i + 1 < size_) at(i, i + 1) = at(i + 1, i) = below[i];
    }
    for (int round = 0; round < kMostRounds && offDiagonal() > kZero; ++round)
      for (std::size_t p = 0; p < size_; ++p)
        for (std::size_t q = p + 1; q < size_; ++q) rotate(p, q);
  }

  double value(std::size_t i) const { return matrix_[i * size_ + i]; }
  std::vector<double> vector(std::size_t i) const {
    std::vector<double> column(size_);
    for (std::size_t row = 0; row < size_; ++row) column[row] = vectors_[row * size_ + i];
    return column;
  }

 private:
  double& at(std::size_t row, std::size_t column) { return matrix_[row * size_ + column]; }

  double offDiagonal() {
    double largest = 0;
    for (std::size_t p = 0; p < size_; ++p)
      for (std::size_t q = p + 1; q < size_; ++q) largest = std::max(largest, std::abs(at(p, q)));
    return largest;
  }

  void rotate(std::size_t p, std::size_t q) {
    if (std::abs(at(p, q)) <= kZero) return;
    const double theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
    const double tangent = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
    const double cosine = 1 / std::sqrt(tangent * tangent + 1), sine = tangent * cosine;
    const auto turn = [&](double& x, double& y) {
      const double oldX = x;
      x = cosine * oldX - sine * y;
      y = sine * oldX + cosine * y;
    };
    for (std::size_t i = 0; i < size_; ++i) turn(at(i, p), at(i, q));
    for (std::size_t i = 0; i < size_; ++i) turn(at(p, i), at(q, i));
    for (std::size_t i = 0; i < size_; ++i) turn(vectors_[i * size_ + p], vectors_[i * size_ + q]);
  }

  std::size_t size_;
  std::vector<double> matrix_, vectors_;
};

}  // namespace

std::vector<EigenPair> largestEigenPairs(const std::vector<double>& diagonal,
                                         const std::vector<double>& below, int count) {
  const Jacobi jacobi(diagonal, below);
  std::vector<std::size_t> order(diagonal.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return jacobi.value(a) > jacobi.value(b); });
  order.resize(std::min<std::size_t>(order.size(), count));
  std::vector<EigenPair> pairs;
  for (std::size_t i : order) pairs.push_back({jacobi.value(i), jacobi.vector(i)});
  return pairs;
}

}  // namespace rheo::partition
