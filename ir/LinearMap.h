// The linear maps between populations: nothing at all, a matrix, or a convolution, which stays one as long as
// it can. SPEC F6 to F9, F15 to F18. No MLIR.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "network/Wiring.h"

namespace rheo {

class LinearMap {
 public:
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using MatrixView = Eigen::Map<const Matrix>;
  using Vector = Eigen::VectorXd;

  static LinearMap identity(std::int64_t size);

  std::int64_t inputs() const { return wiring_.sources(); }
  std::int64_t outputs() const { return wiring_.targets(); }
  bool isIdentity() const { return identity_; }
  bool delayed() const { return !delays_.empty(); }

  // What is stored of it: an identity has a value for each element.
  const Wiring& wiring() const { return wiring_; }
  const std::vector<double>& values() const { return values_; }
  const std::vector<std::int32_t>& delays() const { return delays_; }  // empty where there are none

  // This map, then another one. nullopt where the result is a matrix of too many elements.
  // `matrix` acts on each of `blocks` equal parts.
  std::optional<LinearMap> then(const MatrixView& matrix, std::int64_t blocks) const;
  std::optional<LinearMap> then(const Convolution& convolution, const std::vector<double>& kernel) const;
  // By the transpose of a convolution, which is stored as a matrix. SPEC F17
  std::optional<LinearMap> thenTransposed(const Convolution& convolution,
                                          const std::vector<double>& kernel) const;
  std::optional<LinearMap> scaled(const Vector& factors) const;
  std::optional<LinearMap> plus(const LinearMap& other) const;
  // With a delay of so many steps for each stored value.
  LinearMap delayedBy(std::vector<std::int32_t> delays) const;

 private:
  std::optional<Matrix> matrix() const;
  static LinearMap ofMatrix(const Matrix& matrix);

  bool identity_ = false;
  Wiring wiring_;
  std::vector<double> values_;
  std::vector<std::int32_t> delays_;
};

// kernel * x, for a bias that passes through a convolution or its transpose.
LinearMap::Vector convolved(const Convolution& convolution, const std::vector<double>& kernel,
                            const LinearMap::Vector& x);
LinearMap::Vector convolvedTransposed(const Convolution& convolution, const std::vector<double>& kernel,
                                      const LinearMap::Vector& x);

}  // namespace rheo
