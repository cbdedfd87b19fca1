// Which sources reach which targets, and which of a projection's stored values each synapse has: all to all,
// or by a convolution, whose synapses share the values of its kernel.
#pragma once

#include <cstdint>
#include <optional>

#include "network/Convolution.h"

namespace rheo {

class Wiring {
 public:
  Wiring() = default;

  // A value for each pair, [targets, sources] in C order.
  static Wiring dense(std::int64_t targets, std::int64_t sources) {
    Wiring wiring;
    wiring.targets_ = targets;
    wiring.sources_ = sources;
    return wiring;
  }
  // A value for each kernel entry.
  static Wiring convolution(const Convolution& convolution) {
    Wiring wiring = dense(convolution.outputs(), convolution.inputs());
    wiring.convolution_ = convolution;
    return wiring;
  }

  std::int64_t targets() const { return targets_; }
  std::int64_t sources() const { return sources_; }
  std::int64_t valueCount() const { return convolution_ ? convolution_->kernelSize() : targets_ * sources_; }
  // Set where synapses share values.
  const std::optional<Convolution>& convolution() const { return convolution_; }
  bool operator==(const Wiring&) const = default;

  // visit(target, index of the value) for every synapse of a source.
  template <class Visit>
  void targetsOf(std::int64_t source, Visit visit) const {
    if (!convolution_) {
      for (std::int64_t target = 0; target < targets_; ++target) visit(target, target * sources_ + source);
      return;
    }
    const Convolution& c = *convolution_;
    const std::int64_t column = source % c.columns.inputs, row = source / c.columns.inputs % c.rows.inputs,
                       channel = source / (c.columns.inputs * c.rows.inputs);
    const std::int64_t first = channel / c.channelsInPerGroup() * c.channelsOutPerGroup();
    for (std::int64_t out = first; out < first + c.channelsOutPerGroup(); ++out)
      c.rows.outputsOf(row, [&](std::int64_t outRow, std::int64_t kernelRow) {
        c.columns.outputsOf(column, [&](std::int64_t outColumn, std::int64_t kernelColumn) {
          visit((out * c.rows.outputs + outRow) * c.columns.outputs + outColumn,
                c.kernelIndex(out, channel % c.channelsInPerGroup(), kernelRow, kernelColumn));
        });
      });
  }

  // visit(source, index of the value) for every synapse of a target, sources ascending.
  template <class Visit>
  void sourcesOf(std::int64_t target, Visit visit) const {
    if (!convolution_) {
      for (std::int64_t source = 0; source < sources_; ++source) visit(source, target * sources_ + source);
      return;
    }
    const Convolution& c = *convolution_;
    const std::int64_t column = target % c.columns.outputs, row = target / c.columns.outputs % c.rows.outputs,
                       channel = target / (c.columns.outputs * c.rows.outputs);
    const std::int64_t first = channel / c.channelsOutPerGroup() * c.channelsInPerGroup();
    for (std::int64_t in = 0; in < c.channelsInPerGroup(); ++in)
      c.rows.inputsOf(row, [&](std::int64_t inRow, std::int64_t kernelRow) {
        c.columns.inputsOf(column, [&](std::int64_t inColumn, std::int64_t kernelColumn) {
          visit(((first + in) * c.rows.inputs + inRow) * c.columns.inputs + inColumn,
                c.kernelIndex(channel, in, kernelRow, kernelColumn));
        });
      });
  }

 private:
  std::int64_t targets_ = 0, sources_ = 0;
  std::optional<Convolution> convolution_;
};

}  // namespace rheo
