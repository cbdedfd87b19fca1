// Windows that slide over spikes.
#include "sim/FloatWindows.h"

#include <algorithm>
#include <numeric>

#include "network/ConvolutionNodes.h"

namespace rheo {

// An axis says i = o·stride − padding + k·dilation of its input i, output o and kernel entry k. For every i
// that is solved here for k and o, with k ascending; transposed, for every o, of which i is the result.
AxisReach::AxisReach(const ConvolutionAxis& axis, bool transposed) {
  if (transposed) {
    outputStep = static_cast<std::int32_t>(axis.dilation);
    inputs.resize(static_cast<std::size_t>(axis.outputs));
    for (std::int64_t o = 0; o < axis.outputs; ++o) {
      const auto [first, last] = axis.entriesOfOutput(o);
      if (first > last) continue;
      const std::int64_t input = o * axis.stride - axis.padding + first * axis.dilation;
      inputs[static_cast<std::size_t>(o)] = {static_cast<std::int32_t>(first),
                                             static_cast<std::int32_t>(input),
                                             static_cast<std::int32_t>(last - first + 1)};
    }
    return;
  }
  const std::int64_t divisor = std::gcd(axis.stride, axis.dilation), step = axis.stride / divisor;
  entryStep = static_cast<std::int32_t>(step);
  outputStep = static_cast<std::int32_t>(-(axis.dilation / divisor));
  inputs.resize(static_cast<std::size_t>(axis.inputs));
  for (std::int64_t i = 0; i < axis.inputs; ++i) {
    auto [first, last] = axis.entriesOfInput(i);
    const std::int64_t place = i + axis.padding;
    for (std::int64_t tried = 1; tried < step && (place - first * axis.dilation) % axis.stride != 0; ++tried)
      ++first;
    const std::int64_t rest = place - first * axis.dilation;
    if (first > last || rest % axis.stride != 0) continue;
    inputs[static_cast<std::size_t>(i)] = {static_cast<std::int32_t>(first),
                                           static_cast<std::int32_t>(rest / axis.stride),
                                           static_cast<std::int32_t>((last - first) / step + 1)};
  }
}

template <class Real>
FloatWindows<Real>::FloatWindows(const Node& node)
    : FloatWindows(node, convolutionOf(node), isTransposed(node.kind)) {}

template <class Real>
FloatWindows<Real>::FloatWindows(const Node& node, const Convolution& c, bool transposed)
    : rows_(c.rows, transposed),
      columns_(c.columns, transposed),
      inputChannels_(transposed ? c.channelsOut : c.channelsIn),
      inputsOfGroup_(inputChannels_ / c.groups),
      outputChannels_(transposed ? c.channelsIn : c.channelsOut),
      outputsOfGroup_(outputChannels_ / c.groups),
      outputRows_(transposed ? c.rows.inputs : c.rows.outputs),
      outputColumns_(transposed ? c.columns.inputs : c.columns.outputs),
      kernel_(c.rows.kernel * c.columns.kernel),
      kernelColumns_(c.columns.kernel),
      mean_(node.kind == "AvgPool2d") {
  if (isPool(node.kind)) return;
  const std::vector<double>& kernel = node.parameters.at("weight").values;
  weights_.resize(kernel.size());
  Real* next = weights_.data();
  for (std::int64_t input = 0; input < inputChannels_; ++input)
    for (std::int64_t k = 0; k < kernel_; ++k)
      for (std::int64_t i = 0; i < outputsOfGroup_; ++i) {
        const std::int64_t output = input / inputsOfGroup_ * outputsOfGroup_ + i;
        const std::int64_t row =
            transposed ? input * outputsOfGroup_ + i : output * inputsOfGroup_ + input % inputsOfGroup_;
        *next++ = static_cast<Real>(kernel[static_cast<std::size_t>(row * kernel_ + k)]);
      }
}

// Every pair of an input and an output has at most one kernel entry, and inputs come in ascending order: so
// do the terms of each sum. `sums` has its channels last, where those of one group are neighbours.
template <class Real>
void FloatWindows<Real>::apply(const Real* input, FloatMemory<Real>& memory, Real* output) const {
  std::vector<Real>& sums = memory.sums;
  const std::int64_t places = outputRows_ * outputColumns_;
  sums.assign(static_cast<std::size_t>(places * outputChannels_), Real(0));
  for (std::int64_t channel = 0; channel < inputChannels_; ++channel)
    for (const Reach& row : rows_.inputs)
      for (const Reach& column : columns_.inputs)
        if (const Real x = *input++; x != Real(0)) add(channel, row, column, x, sums.data());
  for (std::int64_t channel = 0; channel < outputChannels_; ++channel)
    for (std::int64_t place = 0; place < places; ++place) {
      const Real sum = sums[static_cast<std::size_t>(place * outputChannels_ + channel)];
      *output++ = mean_ ? sum / static_cast<Real>(kernel_) : sum;
    }
}

template <class Real>
void FloatWindows<Real>::add(std::int64_t channel, const Reach& row, const Reach& column, Real x,
                             Real* sums) const {
  const std::int64_t firstOfGroup = channel / inputsOfGroup_ * outputsOfGroup_;
  for (std::int64_t r = 0; r < row.count; ++r) {
    const std::int64_t entries = (row.entry + r * rows_.entryStep) * kernelColumns_;
    const std::int64_t places = (row.output + r * rows_.outputStep) * outputColumns_;
    for (std::int64_t c = 0; c < column.count; ++c) {
      const std::int64_t entry = entries + column.entry + c * columns_.entryStep;
      const std::int64_t place = places + column.output + c * columns_.outputStep;
      Real* __restrict to = sums + place * outputChannels_ + firstOfGroup;
      if (weights_.empty()) {
        *to += x;
        continue;
      }
      const Real* __restrict from = weights_.data() + (channel * kernel_ + entry) * outputsOfGroup_;
      for (std::int64_t i = 0; i < outputsOfGroup_; ++i) to[i] += from[i] * x;
    }
  }
}

template class FloatWindows<float>;
template class FloatWindows<double>;

}  // namespace rheo
