// The geometry of a convolution: which kernel entries join which input and output positions. SPEC F15, I10.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rheo {

// Of any a, and b above 0.
constexpr std::int64_t ceilDivide(std::int64_t a, std::int64_t b) {
  return a <= 0 ? -(-a / b) : (a + b - 1) / b;
}
constexpr std::int64_t floorDivide(std::int64_t a, std::int64_t b) { return -ceilDivide(-a, b); }

// One dimension of space: output o reads input o * stride - padding + k * dilation through kernel entry k.
struct ConvolutionAxis {
  std::int64_t inputs = 1;
  std::int64_t outputs = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  // Kernel entries in a row; none where first > last.
  struct Entries {
    std::int64_t first, last;
  };
  // Those that lead from an input, which may lie outside, to a place between outputs; every so many to one.
  Entries entriesOfInput(std::int64_t input) const {
    const std::int64_t place = input + padding;
    return {std::max<std::int64_t>(0, ceilDivide(place - (outputs - 1) * stride, dilation)),
            std::min(kernel - 1, floorDivide(place, dilation))};
  }
  // Those through which an output reads an input that exists.
  Entries entriesOfOutput(std::int64_t output) const {
    const std::int64_t place = output * stride - padding;
    return {std::max<std::int64_t>(0, ceilDivide(-place, dilation)),
            std::min(kernel - 1, floorDivide(inputs - 1 - place, dilation))};
  }

  // visit(output, entry), outputs ascending.
  template <class Visit>
  void outputsOf(std::int64_t input, Visit visit) const {
    const Entries entries = entriesOfInput(input);
    for (std::int64_t entry = entries.last; entry >= entries.first; --entry) {
      const std::int64_t scaled = input + padding - entry * dilation;
      if (scaled % stride == 0) visit(scaled / stride, entry);
    }
  }

  // visit(input, entry), inputs ascending.
  template <class Visit>
  void inputsOf(std::int64_t output, Visit visit) const {
    const Entries entries = entriesOfOutput(output);
    for (std::int64_t entry = entries.first; entry <= entries.last; ++entry)
      visit(output * stride - padding + entry * dilation, entry);
  }

  // How many outputs the inputs leave room for; 0 where the kernel does not fit. SPEC F15
  std::int64_t room() const {
    const std::int64_t span = inputs + 2 * padding - dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
  }
  // How many inputs the outputs need; below 1 where padding is all that they read. SPEC F17
  std::int64_t need() const { return (outputs - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1; }
  bool operator==(const ConvolutionAxis&) const = default;
};

// Where an element of [channels, rows, columns] lies.
struct MapPlace {
  std::int64_t channel, row, column;
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

  std::int64_t inputs() const { return channelsIn * positionsIn(); }
  std::int64_t outputs() const { return channelsOut * positionsOut(); }
  std::int64_t positionsIn() const { return rows.inputs * columns.inputs; }  // of each channel
  std::int64_t positionsOut() const { return rows.outputs * columns.outputs; }
  std::int64_t channelsInPerGroup() const { return channelsIn / groups; }
  std::int64_t channelsOutPerGroup() const { return channelsOut / groups; }
  // Values that an output reads, and those of all channels of outputs.
  std::int64_t windowSize() const { return channelsInPerGroup() * rows.kernel * columns.kernel; }
  std::int64_t kernelSize() const { return channelsOut * windowSize(); }
  std::int64_t kernelIndex(std::int64_t channelOut, std::int64_t channelInOfGroup, std::int64_t row,
                           std::int64_t column) const {
    return ((channelOut * channelsInPerGroup() + channelInOfGroup) * rows.kernel + row) * columns.kernel +
           column;
  }
  // The channel of inputs that one of an output channel's window is.
  std::int64_t channelIn(std::int64_t channelOut, std::int64_t ofGroup) const {
    return channelOut / channelsOutPerGroup() * channelsInPerGroup() + ofGroup;
  }
  MapPlace placeOfInput(std::int64_t input) const { return placeOf(input, rows.inputs, columns.inputs); }
  MapPlace placeOfOutput(std::int64_t output) const { return placeOf(output, rows.outputs, columns.outputs); }

  // visit(output, index of the kernel's value) for every output that an input reaches.
  template <class Visit>
  void outputsOf(std::int64_t input, Visit visit) const {
    const MapPlace from = placeOfInput(input);
    const std::int64_t first = from.channel / channelsInPerGroup() * channelsOutPerGroup();
    for (std::int64_t channel = first; channel < first + channelsOutPerGroup(); ++channel)
      rows.outputsOf(from.row, [&](std::int64_t row, std::int64_t kernelRow) {
        columns.outputsOf(from.column, [&](std::int64_t column, std::int64_t kernelColumn) {
          visit((channel * rows.outputs + row) * columns.outputs + column,
                kernelIndex(channel, from.channel % channelsInPerGroup(), kernelRow, kernelColumn));
        });
      });
  }

  // visit(input, index of the kernel's value) for every input that an output reads, inputs ascending.
  template <class Visit>
  void inputsOf(std::int64_t output, Visit visit) const {
    const MapPlace to = placeOfOutput(output);
    for (std::int64_t k = 0; k < channelsInPerGroup(); ++k)
      rows.inputsOf(to.row, [&](std::int64_t row, std::int64_t kernelRow) {
        columns.inputsOf(to.column, [&](std::int64_t column, std::int64_t kernelColumn) {
          visit((channelIn(to.channel, k) * rows.inputs + row) * columns.inputs + column,
                kernelIndex(to.channel, k, kernelRow, kernelColumn));
        });
      });
  }
  bool operator==(const Convolution&) const = default;

 private:
  static MapPlace placeOf(std::int64_t element, std::int64_t rowCount, std::int64_t columnCount) {
    return {element / (rowCount * columnCount), element / columnCount % rowCount, element % columnCount};
  }
};

}  // namespace rheo
