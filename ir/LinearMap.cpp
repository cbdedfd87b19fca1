// Composing linear maps.
#include "ir/LinearMap.h"

#include <utility>

namespace rheo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 26;  // of a matrix: half a gigabyte

bool tooLarge(std::int64_t rows, std::int64_t columns) { return rows > 0 && columns > kMostElements / rows; }

bool isElementwise(const Convolution& convolution) {
  return convolution == Convolution::elementwise(convolution.channelsIn);
}

// One after the other along an axis, where the second reads no padding.
ConvolutionAxis composed(const ConvolutionAxis& first, const ConvolutionAxis& second) {
  return {first.inputs,
          second.outputs,
          (second.kernel - 1) * second.dilation * first.stride + (first.kernel - 1) * first.dilation + 1,
          first.stride * second.stride,
          first.padding,
          1};
}

// Whether `second` reads the channels, rows and columns that `first` makes, all of them inside.
bool follows(const Convolution& first, const Convolution& second) {
  return first.channelsOut == second.channelsIn && first.rows.outputs == second.rows.inputs &&
         first.columns.outputs == second.columns.inputs && second.rows.padding == 0 &&
         second.columns.padding == 0;
}

struct Kernel {
  Convolution convolution;
  std::vector<double> values;
};

// A kernel after one value for each element, which has to be the same for all elements of a channel.
std::optional<Kernel> afterScale(const std::vector<double>& scale, const Convolution& second,
                                 std::vector<double> values) {
  const std::int64_t positions = second.rows.inputs * second.columns.inputs;
  for (std::int64_t i = 0; i < second.inputs(); ++i)
    if (scale[static_cast<std::size_t>(i)] != scale[static_cast<std::size_t>(i / positions * positions)])
      return std::nullopt;
  const std::int64_t entries = second.rows.kernel * second.columns.kernel;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::int64_t pair = static_cast<std::int64_t>(k) / entries,
                       out = pair / second.channelsInPerGroup();
    const std::int64_t in =
        out / second.channelsOutPerGroup() * second.channelsInPerGroup() + pair % second.channelsInPerGroup();
    values[k] *= scale[static_cast<std::size_t>(in * positions)];
  }
  return Kernel{second, std::move(values)};
}

// A kernel after a pooling, or another convolution whose every channel stays by itself.
std::optional<Kernel> afterPool(const Convolution& first, const std::vector<double>& pool,
                                const Convolution& second, const std::vector<double>& values) {
  const bool byChannel = first.groups == first.channelsIn && first.channelsIn == first.channelsOut;
  if (!byChannel || !follows(first, second)) return std::nullopt;
  Kernel both{{first.channelsIn, second.channelsOut, second.groups, composed(first.rows, second.rows),
               composed(first.columns, second.columns)},
              {}};
  both.values.assign(static_cast<std::size_t>(both.convolution.kernelSize()), 0);
  for (std::int64_t out = 0; out < second.channelsOut; ++out)
    for (std::int64_t in = 0; in < second.channelsInPerGroup(); ++in) {
      const std::int64_t channel = out / second.channelsOutPerGroup() * second.channelsInPerGroup() + in;
      for (std::int64_t at = 0; at < second.rows.kernel * second.columns.kernel; ++at)
        for (std::int64_t within = 0; within < first.rows.kernel * first.columns.kernel; ++within) {
          const std::int64_t row2 = at / second.columns.kernel, column2 = at % second.columns.kernel,
                             row1 = within / first.columns.kernel, column1 = within % first.columns.kernel;
          const std::int64_t index = both.convolution.kernelIndex(
              out, in, row2 * second.rows.dilation * first.rows.stride + row1 * first.rows.dilation,
              column2 * second.columns.dilation * first.columns.stride + column1 * first.columns.dilation);
          both.values[static_cast<std::size_t>(index)] +=
              values[static_cast<std::size_t>(second.kernelIndex(out, in, row2, column2))] *
              pool[static_cast<std::size_t>(first.kernelIndex(channel, 0, row1, column1))];
        }
    }
  return both;
}

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
  const std::optional<Convolution>& first = wiring_.convolution();
  std::optional<Kernel> shared;
  if (identity_)
    shared = Kernel{convolution, kernel};
  else if (first && isElementwise(*first))
    shared = afterScale(values_, convolution, kernel);
  else if (first)
    shared = afterPool(*first, values_, convolution, kernel);
  if (shared) {
    LinearMap map;
    map.wiring_ = Wiring::convolution(shared->convolution);
    map.values_ = std::move(shared->values);
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
