// What sparse and dense lists into a slice take.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "place/Place.h"

namespace rheo {

// Words of a list of so many synapses.
std::int64_t listWords(std::int64_t count, const SynapseFormat& format);

// Running cost of the lists of one projection while neurons are added.
class ListCost {
 public:
  ListCost(const PlacementProblem& problem, const ChipSpec& chip, int projection);

  void addNeuron(std::int32_t neuron);
  void addNeurons(std::span<const std::int32_t> neurons);  // the same, sooner

  int projection() const { return index_; }
  std::int64_t sources() const { return sources_; }  // each with a list
  // Of axon and synapse together, of what ends in these neurons.
  int mostDelay() const { return sources_ == 0 ? 0 : projection_.axonDelay() + mostSynapseDelay_; }
  // Of lists that all have the kind that takes fewer words, and of lists that each take the shorter encoding.
  // SPEC I5
  std::int64_t axons() const { return axons(kind()); }
  std::int64_t mixedAxons() const { return axonsOf(true); }
  std::int64_t singleWords() const { return words(kind()); }
  ListNeeds needs() const { return {axons(), singleWords(), sources_}; }
  ListKind kind() const { return !onlySparse() && dense_ < sparse_ ? ListKind::Dense : ListKind::Sparse; }
  // Of lists that all have this kind.
  std::int64_t axons(ListKind kind) const {
    return kind == ListKind::Dense ? axonsFor(sources_, atomsPerAxon_) : axonsOf(false);
  }
  std::int64_t words(ListKind kind) const { return kind == ListKind::Dense ? dense_ : sparse_; }
  // Dense lists are all as long as the slice: no lists share fewer axons. What choosing them against kind()
  // saves; 0 where they are chosen or cannot be.
  std::int64_t axonsSavedByDense() const {
    return onlySparse() || kind() == ListKind::Dense ? 0 : axons(ListKind::Sparse) - axons(ListKind::Dense);
  }
  // Words that a second format saves, each list taking the shorter encoding.
  std::int64_t savedByBoth() const { return bothKinds_ ? singleWords() - mixed_ : 0; }

 private:
  void addTarget(std::int64_t target);
  void noteDelays(std::int64_t target);
  void chooseKinds();
  std::int64_t axonsOf(bool mixed) const;
  // Where a source reaches few targets by construction, or synapses wait for different times.
  bool onlySparse() const { return projection_.wiring.convolution() || projection_.mostSynapseDelay() > 0; }

  int index_;
  const ProjectionSpec& projection_;
  std::int64_t atomsPerAxon_;
  WeightTruncation truncation_;
  std::int64_t ports_;
  SynapseFormat sparseFormat_, denseFormat_;
  std::vector<std::int32_t> counts_;       // synapses of each source
  std::vector<std::int64_t> sourcesWith_;  // [synapses]: sources that have so many
  std::vector<std::int64_t> sparseWords_;  // [synapses]: of a list of so many
  std::int32_t targets_ = 0;
  int mostSynapseDelay_ = 0;
  std::int64_t sources_ = 0, sparse_ = 0, dense_ = 0, mixed_ = 0;
  bool bothKinds_ = false;
};

}  // namespace rheo
