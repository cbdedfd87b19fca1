// The cost of lists, updated neuron by neuron.
#include "place/ListCost.h"

#include <limits>

namespace rheo {
namespace {

constexpr std::int64_t kNoList = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::int64_t listWords(std::int64_t count, const SynapseFormat& format) {
  return static_cast<std::int64_t>(wordsOfList(static_cast<std::uint64_t>(count), format));
}

ListCost::ListCost(const PlacementProblem& problem, const ChipSpec& chip, int projection)
    : index_(projection),
      projection_(problem.projections[projection]),
      atomsPerAxon_(chip.atomsPerAxon()),
      truncation_(problem.profile->weightTruncation),
      ports_(problem.populations[projection_.target].model->portCount()),
      sparseFormat_(formatOf(projection_, chip, ListKind::Sparse)),
      denseFormat_(formatOf(projection_, chip, ListKind::Dense)),
      counts_(static_cast<std::size_t>(problem.sourceSize(projection_))),
      sourcesWith_(1),
      sparseWords_(1) {}

void ListCost::addNeuron(std::int32_t neuron) {
  for (std::int64_t port = 0; port < ports_; ++port) addTarget(neuron * ports_ + port);
  chooseKinds();
}

void ListCost::addNeurons(std::span<const std::int32_t> neurons) {
  for (const std::int32_t neuron : neurons)
    for (std::int64_t port = 0; port < ports_; ++port) {
      ++targets_;
      countTarget(projection_, sparseFormat_, truncation_, neuron * ports_ + port, counts_);
      noteDelays(neuron * ports_ + port);
    }
  sourcesWith_.assign(1, 0);
  sparseWords_.assign(1, 0);
  sources_ = sparse_ = 0;
  for (const std::int32_t count : counts_) {
    while (static_cast<std::size_t>(count) >= sourcesWith_.size()) {
      sparseWords_.push_back(listWords(std::ssize(sourcesWith_), sparseFormat_));
      sourcesWith_.push_back(0);
    }
    ++sourcesWith_[static_cast<std::size_t>(count)];
    sparse_ += sparseWords_[static_cast<std::size_t>(count)];
    sources_ += count > 0;
  }
  chooseKinds();
}

void ListCost::chooseKinds() {
  if (onlySparse()) return;
  const std::int64_t dense = listWords(targets_, denseFormat_);
  bool anyDense = false, anySparse = false;
  mixed_ = 0;
  for (std::size_t count = 1; count < sourcesWith_.size(); ++count) {
    if (sourcesWith_[count] == 0) continue;
    const std::int64_t sparse = sparseWords_[count];
    mixed_ += sourcesWith_[count] * std::min(sparse, dense);
    (dense < sparse ? anyDense : anySparse) = true;
  }
  dense_ = dense * sources_;
  bothKinds_ = anyDense && anySparse;
}

std::int64_t ListCost::axonsOf(bool mixed) const {
  if (atomsPerAxon_ == 1) return sources_;
  const std::int64_t dense = onlySparse() ? kNoList : listWords(targets_, denseFormat_);
  std::int64_t axons = 0, inDense = 0;
  for (std::size_t count = 1; count < sourcesWith_.size(); ++count)
    if (mixed && dense < sparseWords_[count])
      inDense += sourcesWith_[count];
    else
      axons += axonsFor(sourcesWith_[count], atomsPerAxon_);
  return axons + axonsFor(inDense, atomsPerAxon_);
}

void ListCost::noteDelays(std::int64_t target) {
  if (projection_.mostSynapseDelay() == mostSynapseDelay_) return;  // there are none, or none longer
  projection_.wiring.sourcesOf(target, [&](std::int64_t, std::int64_t index) {
    if (keepsWeight(projection_.weights[static_cast<std::size_t>(index)], sparseFormat_, truncation_))
      mostSynapseDelay_ = std::max(mostSynapseDelay_, projection_.synapseDelay(index));
  });
}

void ListCost::addTarget(std::int64_t target) {
  ++targets_;
  noteDelays(target);
  projection_.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
    const std::int32_t weight = projection_.weights[static_cast<std::size_t>(index)];
    if (!keepsWeight(weight, sparseFormat_, truncation_)) return;
    const auto count = static_cast<std::size_t>(counts_[static_cast<std::size_t>(source)]++);
    if (count + 1 == sourcesWith_.size()) {
      sourcesWith_.push_back(0);
      sparseWords_.push_back(listWords(static_cast<std::int64_t>(count) + 1, sparseFormat_));
    }
    sources_ += count == 0;
    sparse_ += sparseWords_[count + 1] - sparseWords_[count];
    --sourcesWith_[count];
    ++sourcesWith_[count + 1];
  });
}

}  // namespace rheo
