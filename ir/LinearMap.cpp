// Composing linear maps.
#include "ir/LinearMap.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "support/Parallel.h"

namespace rheo {
namespace {

using Kernel = LinearMap::Kernel;

bool tooLarge(std::int64_t targets, std::int64_t sources) {
  return Wiring::dense(targets, sources).tooManySynapses();
}

bool isElementwise(const Convolution& convolution) {
  return convolution == Convolution::elementwise(convolution.channelsIn);
}

// One after the other along an axis.
ConvolutionAxis composed(const ConvolutionAxis& first, const ConvolutionAxis& second) {
  return {first.inputs,
          second.outputs,
          (second.kernel - 1) * second.dilation * first.stride + (first.kernel - 1) * first.dilation + 1,
          first.stride * second.stride,
          first.padding + second.padding * first.stride,
          1};
}

// Whether `second` finds what `first` makes along an axis: its padding is 0, so that windows of `first` which
// would lie there must not touch an input.
bool follows(const ConvolutionAxis& first, const ConvolutionAxis& second) {
  const std::int64_t last =
      (second.outputs - 1) * second.stride - second.padding + (second.kernel - 1) * second.dilation;
  const bool quietBefore =
      second.padding == 0 || (first.kernel - 1) * first.dilation < first.stride + first.padding;
  const bool quietBehind =
      last < first.outputs || first.outputs * first.stride - first.padding >= first.inputs;
  return first.outputs == second.inputs && quietBefore && quietBehind;
}

bool follows(const Convolution& first, const Convolution& second) {
  return first.channelsOut == second.channelsIn && follows(first.rows, second.rows) &&
         follows(first.columns, second.columns);
}

// A kernel after one value for each element, which has to be the same for all elements of a channel.
std::optional<Kernel> afterScale(const std::vector<double>& scale, Kernel second) {
  const Convolution& c = second.convolution;
  const std::int64_t positions = c.positionsIn();
  const auto ofChannel = [&](std::int64_t channel) {
    return scale[static_cast<std::size_t>(channel * positions)];
  };
  for (std::int64_t i = 0; i < c.inputs(); ++i)
    if (scale[static_cast<std::size_t>(i)] != ofChannel(i / positions)) return std::nullopt;
  const std::int64_t entries = c.rows.kernel * c.columns.kernel;
  for (std::int64_t k = 0; k < c.kernelSize(); ++k)
    second.values[static_cast<std::size_t>(k)] *=
        ofChannel(c.channelIn(k / c.windowSize(), k / entries % c.channelsInPerGroup()));
  return second;
}

// A kernel after a pooling, or another convolution whose every channel stays by itself.
std::optional<Kernel> afterPool(const Convolution& first, const std::vector<double>& pool,
                                const Kernel& after) {
  const Convolution& second = after.convolution;
  const bool byChannel = first.groups == first.channelsIn && first.channelsIn == first.channelsOut;
  if (!byChannel || !follows(first, second)) return std::nullopt;
  Kernel both{{first.channelsIn, second.channelsOut, second.groups, composed(first.rows, second.rows),
               composed(first.columns, second.columns)},
              {}};
  both.values.assign(static_cast<std::size_t>(both.convolution.kernelSize()), 0);
  for (std::int64_t out = 0; out < second.channelsOut; ++out)
    for (std::int64_t in = 0; in < second.channelsInPerGroup(); ++in) {
      const std::int64_t channel = second.channelIn(out, in);
      for (std::int64_t at = 0; at < second.rows.kernel * second.columns.kernel; ++at)
        for (std::int64_t within = 0; within < first.rows.kernel * first.columns.kernel; ++within) {
          const std::int64_t row2 = at / second.columns.kernel, column2 = at % second.columns.kernel,
                             row1 = within / first.columns.kernel, column1 = within % first.columns.kernel;
          const std::int64_t index = both.convolution.kernelIndex(
              out, in, row2 * second.rows.dilation * first.rows.stride + row1 * first.rows.dilation,
              column2 * second.columns.dilation * first.columns.stride + column1 * first.columns.dilation);
          both.values[static_cast<std::size_t>(index)] +=
              after.values[static_cast<std::size_t>(second.kernelIndex(out, in, row2, column2))] *
              pool[static_cast<std::size_t>(first.kernelIndex(channel, 0, row1, column1))];
        }
    }
  return both;
}

// Whether a number is not 0, in integers: which are is a matter of chance, and a branch would be wrong often.
std::size_t countsAs(double value) { return (std::bit_cast<std::uint64_t>(value) << 1) != 0; }

// The values of some rows that are not 0: the column of each, and how many lie before the end of each row.
struct ListedRows {
  std::vector<std::int64_t> ends;
  std::vector<std::int32_t> columns;
  std::vector<double> values;

  // Gives up beyond `most` of them.
  void list(const LinearMap::MatrixRef& matrix, Eigen::Index begin, Eigen::Index end, std::int64_t most) {
    const auto room = static_cast<std::size_t>(std::min<std::int64_t>(most, (end - begin) * matrix.cols()));
    columns.reserve(room);  // memory that nobody writes to costs nothing
    values.reserve(room);
    std::vector<std::int32_t> found(static_cast<std::size_t>(matrix.cols()) + 1);
    std::vector<double> kept(found.size());
    for (Eigen::Index row = begin; row < end && std::ssize(values) <= most; ++row) {
      const double* const given = matrix.row(row).data();
      std::size_t count = 0;
      for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
        found[count] = static_cast<std::int32_t>(column);
        count += countsAs(given[column]);
      }
      for (std::size_t i = 0; i < count; ++i) kept[i] = given[found[i]];
      columns.insert(columns.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
      values.insert(values.end(), kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count));
      ends.push_back(std::ssize(values));
    }
  }
  void append(const ListedRows& more) {
    const std::int64_t before = std::ssize(values);
    for (const std::int64_t end : more.ends) ends.push_back(before + end);
    columns.insert(columns.end(), more.columns.begin(), more.columns.end());
    values.insert(values.end(), more.values.begin(), more.values.end());
  }
};

// Of all rows, where that pays. A matrix is read once, and if it is mostly not 0, hardly more than a quarter.
std::optional<ListedRows> listedRows(const LinearMap::MatrixRef& matrix) {
  const int parts = threadsWorth(matrix.size(), kWeightsPerThread);
  std::vector<ListedRows> listed(static_cast<std::size_t>(parts));
  inParallel(parts, listed.size(), [&](std::size_t part) {
    const auto start = [&](std::size_t p) { return static_cast<Eigen::Index>(p) * matrix.rows() / parts; };
    listed[part].list(matrix, start(part), start(part + 1), Wiring::mostListed(matrix.size()));
  });
  for (std::size_t part = 1; part < listed.size(); ++part) listed.front().append(listed[part]);
  if (!Wiring::listingPays(std::ssize(listed.front().values), matrix.size())) return std::nullopt;
  return std::move(listed.front());
}

// kernel * x, row by row.
template <class Rows>
Rows product(const Kernel& kernel, const Rows& x) {
  const Convolution& c = kernel.convolution;
  Rows y = Rows::Zero(kernel.outputs(), x.cols());
  for (std::int64_t output = 0; output < c.outputs(); ++output)
    c.inputsOf(output, [&](std::int64_t input, std::int64_t index) {
      const double value = kernel.values[static_cast<std::size_t>(index)];
      kernel.transposed ? y.row(input) += value * x.row(output) : y.row(output) += value * x.row(input);
    });
  return y;
}

}  // namespace

LinearMap LinearMap::identity(std::int64_t size) {
  LinearMap map;
  map.identity_ = true;
  map.wiring_ = Wiring::convolution(Convolution::elementwise(size));
  map.values_.assign(static_cast<std::size_t>(size), 1);
  return map;
}

LinearMap LinearMap::withPairs() const {
  if (!wiring_.lists() || wiring_.targets() * wiring_.sources() > kMostSpeltOut) return *this;
  LinearMap map;
  map.wiring_ = Wiring::dense(outputs(), inputs());
  map.values_ = wiring_.matrixOf(values_);
  return map;
}

LinearMap LinearMap::ofMatrix(const MatrixRef& matrix) {
  LinearMap map;
  if (std::optional<ListedRows> listed = listedRows(matrix)) {
    listed->ends.insert(listed->ends.begin(), 0);
    map.values_ = std::move(listed->values);
    map.wiring_ =
        Wiring::listed(matrix.cols(), SynapseLists(std::move(listed->ends), std::move(listed->columns)));
  } else {
    map.wiring_ = Wiring::dense(matrix.rows(), matrix.cols());
    map.values_.assign(matrix.data(), matrix.data() + matrix.size());
  }
  return map;
}

bool LinearMap::isElementwise() const {
  return wiring_.convolution() && rheo::isElementwise(*wiring_.convolution());
}

std::optional<LinearMap::Matrix> LinearMap::matrix() const {
  if (tooLarge(outputs(), inputs())) return std::nullopt;
  if (!wiring_.convolution() && !wiring_.lists())
    return Matrix(MatrixView(values_.data(), outputs(), inputs()));
  const std::vector<double> pairs = wiring_.matrixOf(values_);
  return Matrix(MatrixView(pairs.data(), outputs(), inputs()));
}

std::optional<LinearMap> LinearMap::then(const MatrixView& matrix) const {
  if (identity_) return ofMatrix(matrix);
  const std::optional<Matrix> before = this->matrix();
  if (!before || tooLarge(matrix.rows(), inputs())) return std::nullopt;
  return ofMatrix(matrix * *before);
}

std::optional<LinearMap> LinearMap::then(const Kernel& kernel) const {
  if (std::optional<Kernel> shared = sharedThen(kernel)) {
    LinearMap map;
    map.wiring_ = Wiring::convolution(shared->convolution);
    map.values_ = std::move(shared->values);
    return map;
  }
  const std::optional<Matrix> before = matrix();
  if (!before || tooLarge(kernel.outputs(), inputs())) return std::nullopt;
  return ofMatrix(product(kernel, *before));
}

std::optional<Kernel> LinearMap::sharedThen(const Kernel& kernel) const {
  const std::optional<Convolution>& first = wiring_.convolution();
  if (!first || kernel.transposed) return std::nullopt;
  if (identity_) return kernel;
  return rheo::isElementwise(*first) ? afterScale(values_, kernel) : afterPool(*first, values_, kernel);
}

std::optional<LinearMap> LinearMap::scaled(const Vector& factors) const {
  if (const std::optional<Convolution>& convolution = wiring_.convolution(); convolution) {
    // A kernel stays one where every position of an output channel is scaled alike.
    const std::int64_t positions = convolution->positionsOut();
    const std::int64_t perChannel = convolution->windowSize();
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

std::optional<LinearMap> LinearMap::unfolded() const {
  if (wiring_.tooManySynapses()) return std::nullopt;
  LinearMap map;
  map.wiring_ = wiring_.unfolded();
  for (std::int64_t target = 0; target < outputs(); ++target)
    wiring_.sourcesOf(target, [&](std::int64_t, std::int64_t index) {
      map.values_.push_back(values_[static_cast<std::size_t>(index)]);
      if (delayed()) map.delays_.push_back(delays_[static_cast<std::size_t>(index)]);
    });
  return map;
}

LinearMap::Vector operator*(const LinearMap::Kernel& kernel, const LinearMap::Vector& x) {
  return product(kernel, x);
}

}  // namespace rheo
