// The geometry of a convolution: which kernel entries join which input and output positions. SPEC F15, I10.
#pragma once

#include <cstdint>

namespace rheo {

// One dimension of space: output o reads input o * stride - padding + k * dilation through kernel entry k.
struct ConvolutionAxis {
  std::int64_t inputs = 1;
  std::int64_t outputs = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  // visit(output, entry), outputs ascending.
  template <class Visit>
  void outputsOf(std::int64_t input, Visit visit) const {
    for (std::int64_t entry = kernel - 1; entry >= 0; --entry) {
      const std::int64_t scaled = input + padding - entry * dilation;
      if (scaled >= 0 && scaled % stride == 0 && scaled / stride < outputs) visit(scaled / stride, entry);
    }
  }

  // visit(input, entry), inputs ascending.
  template <class Visit>
  void inputsOf(std::int64_t output, Visit visit) const {
    for (std::int64_t entry = 0; entry < kernel; ++entry) {
      const std::int64_t input = output * stride - padding + entry * dilation;
      if (input >= 0 && input < inputs) visit(input, entry);
    }
  }

  // How many outputs the sizes leave room for; 0 or less where the kernel does not fit.
  std::int64_t room() const {
    const std::int64_t span = inputs + 2 * padding - dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
  }
  bool operator==(const ConvolutionAxis&) const = default;
};

// Between elements [channelsIn, rows.inputs, columns.inputs] and [channelsOut, rows.outputs,
// columns.outputs], both in C order; the kernel is [channelsOut, channelsIn / groups, rows.kernel,
// columns.kernel]. With one row it is the convolution of a sequence; pooling is one with a group for each
// channel.
struct Convolution {
  std::int64_t channelsIn = 1;
  std::int64_t channelsOut = 1;
  std::int64_t groups = 1;
  ConvolutionAxis rows, columns;

  // One value for each element: what a bare connection or a Scale is.
  static Convolution elementwise(std::int64_t size) { return {size, size, size, {}, {}}; }

  std::int64_t inputs() const { return channelsIn * rows.inputs * columns.inputs; }
  std::int64_t outputs() const { return channelsOut * rows.outputs * columns.outputs; }
  std::int64_t channelsInPerGroup() const { return channelsIn / groups; }
  std::int64_t channelsOutPerGroup() const { return channelsOut / groups; }
  std::int64_t kernelSize() const {
    return channelsOut * channelsInPerGroup() * rows.kernel * columns.kernel;
  }
  std::int64_t kernelIndex(std::int64_t channelOut, std::int64_t channelInOfGroup, std::int64_t row,
                           std::int64_t column) const {
    return ((channelOut * channelsInPerGroup() + channelInOfGroup) * rows.kernel + row) * columns.kernel +
           column;
  }
  bool operator==(const Convolution&) const = default;
};

}  // namespace rheo
