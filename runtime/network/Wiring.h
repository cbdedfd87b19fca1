// Which sources reach which targets, and which of a projection's stored values each synapse has: all to all;
// synapse by synapse, where most pairs have none; or by a convolution, whose synapses share the values of its
// kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "network/Convolution.h"
#include "network/SynapseLists.h"

namespace rheo {

// Synapses that get a value each where they cannot share: half a gigabyte of float64.
inline constexpr std::int64_t kMostPairs = std::int64_t{1} << 26;

// Pairs up to which settings spell out a row for each target, zeros and all, and zeros keep their delays.
inline constexpr std::int64_t kMostSpeltOut = std::int64_t{1} << 22;

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
  // Whether lists of so many synapses are worth it: they take twice the room of a value for each, and whoever
  // goes through them need not look at the others.
  static bool listingPays(std::int64_t synapses, std::int64_t pairs) {
    constexpr std::int64_t kLeastPairs = 64;
    return synapses > 0 && pairs >= kLeastPairs && synapses <= mostListed(pairs);
  }
  static std::int64_t mostListed(std::int64_t pairs) { return pairs / 4; }
  // A value for each synapse, in the order of the lists, which name sources below `sources`.
  static Wiring listed(std::int64_t sources, SynapseLists lists) {
    Wiring wiring = dense(lists.targets(), sources);
    wiring.lists_ = std::make_shared<const SharedLists>(std::move(lists), sources);
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
  std::int64_t valueCount() const {
    if (convolution_) return convolution_->kernelSize();
    return lists_ ? lists_->byTarget().synapses() : targets_ * sources_;
  }
  // Set where synapses share values.
  const std::optional<Convolution>& convolution() const { return convolution_; }
  // Where each synapse has a place of its own; else nullptr.
  const SynapseLists* lists() const { return lists_ ? &lists_->byTarget() : nullptr; }
  bool operator==(const Wiring& other) const {
    const bool sameLists = lists_ == other.lists_ || (lists_ && other.lists_ && *lists() == *other.lists());
    return targets_ == other.targets_ && sources_ == other.sources_ && convolution_ == other.convolution_ &&
           sameLists;
  }

  // visit(target, index of the value) for every synapse of a source.
  template <class Visit>
  void targetsOf(std::int64_t source, Visit visit) const {
    if (convolution_) return convolution_->outputsOf(source, visit);
    if (lists_) return lists_->bySource().visit(source, visit);
    for (std::int64_t target = 0; target < targets_; ++target) visit(target, target * sources_ + source);
  }

  // visit(source, index of the value) for every synapse of a target, sources ascending.
  template <class Visit>
  void sourcesOf(std::int64_t target, Visit visit) const {
    if (convolution_) return convolution_->inputsOf(target, visit);
    if (lists_) return lists_->byTarget().visit(target, visit);
    for (std::int64_t source = 0; source < sources_; ++source) visit(source, target * sources_ + source);
  }

  // Of the target that has most; in a convolution, where no window lies in the padding.
  std::int64_t mostSources() const {
    if (convolution_) return convolution_->windowSize();
    return lists_ ? lists_->byTarget().longest() : sources_;
  }

  // [targets, sources]: its value for each pair, 0 where there is no synapse.
  template <class T>
  std::vector<T> matrixOf(const std::vector<T>& values) const {
    std::vector<T> pairs(static_cast<std::size_t>(targets_ * sources_));
    for (std::int64_t target = 0; target < targets_; ++target)
      sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
        pairs[static_cast<std::size_t>(target * sources_ + source)] = values[static_cast<std::size_t>(index)];
      });
    return pairs;
  }
  // The same synapses, each with a value of its own.
  Wiring unfolded() const {
    SynapseLists lists;
    for (std::int64_t target = 0; target < targets_; ++target) {
      sourcesOf(target, [&](std::int64_t source, std::int64_t) { lists.add(source); });
      lists.endTarget();
    }
    return listed(sources_, std::move(lists));
  }
  bool tooManySynapses() const { return targets_ * mostSources() > kMostPairs; }

 private:
  std::int64_t targets_ = 0, sources_ = 0;
  std::optional<Convolution> convolution_;
  std::shared_ptr<const SharedLists> lists_;
};

}  // namespace rheo
