// The linear maps between populations: nothing at all, a matrix, which is listed where most of it is 0, or a
// convolution, which stays one as long as it can. SPEC F6 to F9, F15 to F18, F23. No MLIR.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "network/Wiring.h"

namespace rheo {

class LinearMap {
 public:
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using MatrixView = Eigen::Map<const Matrix>;
  using MatrixRef = Eigen::Ref<const Matrix>;
  using Vector = Eigen::VectorXd;

  // A convolution, or its transpose (SPEC F17), which is stored as a matrix.
  struct Kernel {
    Convolution convolution;
    std::vector<double> values;
    bool transposed = false;
    std::int64_t outputs() const { return transposed ? convolution.inputs() : convolution.outputs(); }
  };

  static LinearMap identity(std::int64_t size);

  std::int64_t inputs() const { return wiring_.sources(); }
  std::int64_t outputs() const { return wiring_.targets(); }
  bool isIdentity() const { return identity_; }
  // Each output is one input times a factor.
  bool isElementwise() const;
  bool delayed() const { return !delays_.empty(); }

  // What is stored of it: an identity has a value for each element.
  const Wiring& wiring() const { return wiring_; }
  const std::vector<double>& values() const& { return values_; }
  std::vector<double> values() && { return std::move(values_); }
  const std::vector<std::int32_t>& delays() const { return delays_; }  // empty where there are none

  // This map, then another one. nullopt where the result is a matrix of too many elements.
  std::optional<LinearMap> then(const MatrixView& matrix) const;
  std::optional<LinearMap> then(const Kernel& kernel) const;
  std::optional<LinearMap> scaled(const Vector& factors) const;
  std::optional<LinearMap> plus(const LinearMap& other) const;
  // With a delay of so many steps for each stored value.
  LinearMap delayedBy(std::vector<std::int32_t> delays) const;
  // With a value for each pair of a listed matrix that is not large.
  LinearMap withPairs() const;
  // With a value, and a delay where there are some, for each synapse. nullopt where those are too many.
  std::optional<LinearMap> unfolded() const;

 private:
  std::optional<Matrix> matrix() const;
  // The kernel of both where one is enough.
  std::optional<Kernel> sharedThen(const Kernel& kernel) const;
  static LinearMap ofMatrix(const MatrixRef& matrix);

  bool identity_ = false;
  Wiring wiring_;
  std::vector<double> values_;
  std::vector<std::int32_t> delays_;
};

// For a bias that passes through.
LinearMap::Vector operator*(const LinearMap::Kernel& kernel, const LinearMap::Vector& x);

}  // namespace rheo
