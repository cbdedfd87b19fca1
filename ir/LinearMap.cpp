// Composing linear maps.
#include "ir/LinearMap.h"

#include <utility>

namespace rheo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 26;  // of a matrix: half a gigabyte

bool tooLarge(std::int64_t rows, std::int64_t columns) { return rows > 0 && columns > kMostElements / rows; }

}  // namespace

LinearMap LinearMap::identity(std::int64_t size) {
  LinearMap map;
  map.identity_ = true;
  map.wiring_ = Wiring::convolution(Convolution::elementwise(size));
  map.values_.assign(static_cast<std::size_t>(size), 1);
  return map;
}

LinearMap LinearMap::ofMatrix(const Matrix& matrix) {
  LinearMap map;
  map.wiring_ = Wiring::dense(matrix.rows(), matrix.cols());
  map.values_.assign(matrix.data(), matrix.data() + matrix.size());
  return map;
}

std::optional<LinearMap::Matrix> LinearMap::matrix() const {
  if (tooLarge(outputs(), inputs())) return std::nullopt;
  if (!wiring_.convolution()) return Matrix(MatrixView(values_.data(), outputs(), inputs()));
  Matrix all = Matrix::Zero(outputs(), inputs());
  for (std::int64_t source = 0; source < inputs(); ++source)
    wiring_.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      all(target, source) = values_[static_cast<std::size_t>(index)];
    });
  return all;
}

std::optional<LinearMap> LinearMap::then(const MatrixView& matrix, std::int64_t blocks) const {
  if (identity_ && blocks == 1) return ofMatrix(matrix);
  const std::optional<Matrix> before = this->matrix();
  if (!before || tooLarge(matrix.rows() * blocks, inputs())) return std::nullopt;
  Matrix after(matrix.rows() * blocks, inputs());
  for (std::int64_t block = 0; block < blocks; ++block)
    after.middleRows(block * matrix.rows(), matrix.rows()).noalias() =
        matrix * before->middleRows(block * matrix.cols(), matrix.cols());
  return ofMatrix(after);
}

std::optional<LinearMap> LinearMap::then(const Convolution& convolution,
                                         const std::vector<double>& kernel) const {
  if (identity_) {
    LinearMap map;
    map.wiring_ = Wiring::convolution(convolution);
    map.values_ = kernel;
    return map;
  }
  const std::optional<Matrix> before = matrix();
  if (!before || tooLarge(convolution.outputs(), inputs())) return std::nullopt;
  Matrix after = Matrix::Zero(convolution.outputs(), inputs());
  const Wiring wiring = Wiring::convolution(convolution);
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      after.row(target) += kernel[static_cast<std::size_t>(index)] * before->row(source);
    });
  return ofMatrix(after);
}

std::optional<LinearMap> LinearMap::thenTransposed(const Convolution& convolution,
                                                   const std::vector<double>& kernel) const {
  const std::optional<Matrix> before = matrix();
  if (!before || tooLarge(convolution.inputs(), inputs())) return std::nullopt;
  Matrix after = Matrix::Zero(convolution.inputs(), inputs());
  const Wiring wiring = Wiring::convolution(convolution);
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      after.row(source) += kernel[static_cast<std::size_t>(index)] * before->row(target);
    });
  return ofMatrix(after);
}

std::optional<LinearMap> LinearMap::scaled(const Vector& factors) const {
  if (const std::optional<Convolution>& convolution = wiring_.convolution(); convolution) {
    // A kernel stays one where every position of an output channel is scaled alike.
    const std::int64_t positions = convolution->rows.outputs * convolution->columns.outputs;
    const std::int64_t perChannel = convolution->kernelSize() / convolution->channelsOut;
    LinearMap map = *this;
    map.identity_ = false;
    bool alike = true;
    for (std::int64_t channel = 0; channel < convolution->channelsOut; ++channel) {
      const auto part = factors.segment(channel * positions, positions);
      alike = alike && (part.array() == part[0]).all();
      for (std::int64_t k = 0; k < perChannel; ++k)
        map.values_[static_cast<std::size_t>(channel * perChannel + k)] *= part[0];
    }
    if (alike) return map;
  }
  std::optional<Matrix> all = matrix();
  if (!all) return std::nullopt;
  return ofMatrix(factors.asDiagonal() * *all);
}

std::optional<LinearMap> LinearMap::plus(const LinearMap& other) const {
  if (wiring_ == other.wiring_) {
    LinearMap map = *this;
    map.identity_ = false;
    for (std::size_t i = 0; i < map.values_.size(); ++i) map.values_[i] += other.values_[i];
    return map;
  }
  const std::optional<Matrix> one = matrix(), two = other.matrix();
  if (!one || !two) return std::nullopt;
  return ofMatrix(*one + *two);
}

LinearMap LinearMap::delayedBy(std::vector<std::int32_t> delays) const {
  LinearMap map = *this;
  map.delays_ = std::move(delays);
  return map;
}

LinearMap::Vector convolved(const Convolution& convolution, const std::vector<double>& kernel,
                            const LinearMap::Vector& x) {
  LinearMap::Vector y = LinearMap::Vector::Zero(convolution.outputs());
  const Wiring wiring = Wiring::convolution(convolution);
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      y[target] += kernel[static_cast<std::size_t>(index)] * x[source];
    });
  return y;
}

LinearMap::Vector convolvedTransposed(const Convolution& convolution, const std::vector<double>& kernel,
                                      const LinearMap::Vector& x) {
  LinearMap::Vector y = LinearMap::Vector::Zero(convolution.inputs());
  const Wiring wiring = Wiring::convolution(convolution);
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      y[source] += kernel[static_cast<std::size_t>(index)] * x[target];
    });
  return y;
}

}  // namespace rheo
