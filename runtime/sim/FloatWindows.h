// Convolutions and poolings of the float reference: every input that is not zero adds to the outputs whose
// windows hold it. SPEC F15 to F17.
#pragma once

#include <cstdint>
#include <vector>

#include "network/Convolution.h"
#include "network/Network.h"
#include "sim/FloatMaps.h"

namespace rheo {

// The outputs that one input reaches along an axis: `count` of them, from this kernel entry and output on.
struct Reach {
  std::int32_t entry = 0, output = 0, count = 0;
};

// The same for every input of an axis; from one to the next, entry and output advance by these steps.
struct AxisReach {
  AxisReach(const ConvolutionAxis& axis, bool transposed);

  std::vector<Reach> inputs;
  std::int32_t entryStep = 1, outputStep = 0;
};

template <class Real>
class FloatWindows {
 public:
  explicit FloatWindows(const Node& node);

  void apply(const Real* input, FloatMemory<Real>& memory, Real* output) const;

 private:
  FloatWindows(const Node& node, const Convolution& convolution, bool transposed);
  void add(std::int64_t channel, const Reach& row, const Reach& column, Real x, Real* sums) const;

  AxisReach rows_, columns_;
  std::int64_t inputChannels_, inputsOfGroup_, outputChannels_, outputsOfGroup_, outputRows_, outputColumns_;
  std::int64_t kernel_, kernelColumns_;  // entries of a window, and of one of its rows
  bool mean_;
  // [inputs][kernel][outputs of its group], so that an input adds a row of memory; empty: all are 1.
  std::vector<Real> weights_;
};

}  // namespace rheo
