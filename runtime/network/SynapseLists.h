// Synapses as compressed sparse rows: for each target its sources, ascending; and the same turned round, made
// when it is first asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace rheo {

class SynapseLists {
 public:
  SynapseLists() : first_{0} {}
  // first: of each target, and the number of synapses; sources: of each synapse.
  SynapseLists(std::vector<std::int64_t> first, std::vector<std::int32_t> sources)
      : first_(std::move(first)), sources_(std::move(sources)) {}

  // Targets are written one after the other.
  void add(std::int64_t source) { sources_.push_back(static_cast<std::int32_t>(source)); }
  void endTarget() { first_.push_back(synapses()); }

  std::int64_t targets() const { return static_cast<std::int64_t>(first_.size()) - 1; }
  std::int64_t synapses() const { return static_cast<std::int64_t>(sources_.size()); }
  // The synapses of a target: [first(target), first(target + 1)).
  std::int64_t first(std::int64_t target) const { return first_[static_cast<std::size_t>(target)]; }
  std::int32_t source(std::int64_t synapse) const { return sources_[static_cast<std::size_t>(synapse)]; }
  std::int64_t longest() const {
    std::int64_t most = 0;
    for (std::int64_t target = 0; target < targets(); ++target)
      most = std::max(most, first(target + 1) - first(target));
    return most;
  }
  bool operator==(const SynapseLists&) const = default;

  // visit(source, number of the synapse).
  template <class Visit>
  void visit(std::int64_t target, Visit visit) const {
    for (std::int64_t synapse = first(target); synapse < first(target + 1); ++synapse)
      visit(std::int64_t{source(synapse)}, synapse);
  }

 private:
  std::vector<std::int64_t> first_;
  std::vector<std::int32_t> sources_;
};

// The same synapses for each source: targets ascending. Their numbers fit 32 bits, as those of a tensor do.
class TargetLists {
 public:
  TargetLists() = default;
  TargetLists(const SynapseLists& lists, std::int64_t sources)
      : first_(static_cast<std::size_t>(sources) + 1), synapses_(static_cast<std::size_t>(lists.synapses())) {
    for (std::int64_t synapse = 0; synapse < lists.synapses(); ++synapse)
      ++first_[static_cast<std::size_t>(lists.source(synapse)) + 1];
    for (std::size_t source = 1; source < first_.size(); ++source) first_[source] += first_[source - 1];
    std::vector<std::int64_t> next(first_.begin(), first_.end() - 1);
    for (std::int64_t target = 0; target < lists.targets(); ++target)
      lists.visit(target, [&](std::int64_t source, std::int64_t synapse) {
        const std::int64_t place = next[static_cast<std::size_t>(source)]++;
        synapses_[static_cast<std::size_t>(place)] = {static_cast<std::int32_t>(target),
                                                      static_cast<std::uint32_t>(synapse)};
      });
  }

  // visit(target, number of the synapse).
  template <class Visit>
  void visit(std::int64_t source, Visit visit) const {
    const auto s = static_cast<std::size_t>(source);
    for (std::int64_t i = first_[s]; i < first_[s + 1]; ++i) {
      const auto& [target, synapse] = synapses_[static_cast<std::size_t>(i)];
      visit(std::int64_t{target}, std::int64_t{synapse});
    }
  }

 private:
  std::vector<std::int64_t> first_;
  std::vector<std::pair<std::int32_t, std::uint32_t>> synapses_;  // target and number, source by source
};

// Both, for all copies of a wiring.
class SharedLists {
 public:
  SharedLists(SynapseLists lists, std::int64_t sources) : sources_(sources), byTarget_(std::move(lists)) {}

  const SynapseLists& byTarget() const { return byTarget_; }
  const TargetLists& bySource() const {
    std::call_once(turned_, [&] { bySource_ = TargetLists(byTarget_, sources_); });
    return bySource_;
  }

 private:
  std::int64_t sources_;
  SynapseLists byTarget_;
  mutable std::once_flag turned_;
  mutable TargetLists bySource_;
};

}  // namespace rheo
