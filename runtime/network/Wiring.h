// Which sources reach which targets, and which of a projection's stored values each synapse has: all to all,
// or by a convolution, whose synapses share the values of its kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "network/Convolution.h"

namespace rheo {

// Pairs of neurons that get a value each where they cannot share: half a gigabyte of float64.
inline constexpr std::int64_t kMostPairs = std::int64_t{1} << 26;

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
    if (convolution_) return convolution_->outputsOf(source, visit);
    for (std::int64_t target = 0; target < targets_; ++target) visit(target, target * sources_ + source);
  }

  // visit(source, index of the value) for every synapse of a target, sources ascending.
  template <class Visit>
  void sourcesOf(std::int64_t target, Visit visit) const {
    if (convolution_) return convolution_->inputsOf(target, visit);
    for (std::int64_t source = 0; source < sources_; ++source) visit(source, target * sources_ + source);
  }

  // [targets, sources]: its value for each pair, `none` where there is no synapse.
  template <class T>
  std::vector<T> unfolded(const std::vector<T>& values, T none = {}) const {
    std::vector<T> pairs(static_cast<std::size_t>(targets_ * sources_), none);
    for (std::int64_t target = 0; target < targets_; ++target)
      sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
        pairs[static_cast<std::size_t>(target * sources_ + source)] = values[static_cast<std::size_t>(index)];
      });
    return pairs;
  }
  bool tooLargeToUnfold() const { return targets_ * sources_ > kMostPairs; }

 private:
  std::int64_t targets_ = 0, sources_ = 0;
  std::optional<Convolution> convolution_;
};

}  // namespace rheo
