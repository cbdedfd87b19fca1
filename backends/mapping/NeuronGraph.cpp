// From projections to edges, and from maps to slices.
#include "mapping/NeuronGraph.h"

#include <algorithm>

#include "chip/LimitRules.h"
#include "partition/Assignment.h"
#include "place/Kernels.h"

namespace rheo {

using partition::Index;

bool NeuronGraph::isSmall(const PlacementProblem& problem, const ChipSpec& chip, std::int64_t mostTargets,
                          std::int64_t mostValues) {
  std::int64_t targets = 0, values = 0;
  for (const ProjectionSpec& projection : problem.projections) {
    if (featureMapOf(problem, projection.target) != nullptr) continue;
    values += projection.wiring.valueCount();
    if (values > mostValues) return false;
    const SynapseFormat format = formatOf(projection, chip, ListKind::Sparse);
    for (std::int64_t row = 0; row < projection.wiring.targets() && targets <= mostTargets; ++row)
      projection.wiring.sourcesOf(row, [&](std::int64_t, std::int64_t index) {
        targets += keepsWeight(projection.weights[static_cast<std::size_t>(index)], format,
                               problem.profile->weightTruncation);
      });
  }
  return targets <= mostTargets;
}

Expected<NeuronGraph> NeuronGraph::make(const PlacementProblem& problem, const ChipSpec& chip,
                                        const Rates& rates) {
  NeuronGraph made(problem, chip);
  partition::Hypergraph::Parts parts;
  std::int64_t vertices = 0;
  bool plain = true;
  for (std::size_t p = 0; p < problem.populations.size(); ++p) {
    const bool tiled = featureMapOf(problem, static_cast<int>(p)) != nullptr;
    made.firstVertex_.push_back(tiled ? -1 : vertices);
    if (tiled) continue;
    const PopulationSpec& population = problem.populations[p];
    vertices += population.size;
    const auto ports = static_cast<std::uint32_t>(population.model->portCount());
    parts.vertexWeights.insert(parts.vertexWeights.end(), static_cast<std::size_t>(population.size), ports);
    plain &= ports == 1;
  }
  if (plain) parts.vertexWeights.clear();
  parts.vertices = static_cast<Index>(vertices);
  parts.firstTarget.push_back(0);
  for (const ProjectionSpec& projection : problem.projections)
    if (made.firstVertex_[projection.target] >= 0) made.addEdges(projection, rates, parts);
  Expected<partition::Hypergraph> graph = partition::Hypergraph::make(std::move(parts));
  if (!graph) return std::move(graph).error();
  made.graph_ = *std::move(graph);
  return made;
}

void NeuronGraph::addEdges(const ProjectionSpec& projection, const Rates& rates,
                           partition::Hypergraph::Parts& parts) {
  const SynapseFormat format = formatOf(projection, *chip_, ListKind::Sparse);
  const std::int64_t ports = problem_->populations[projection.target].model->portCount();
  std::vector<std::vector<Index>> targets(static_cast<std::size_t>(projection.wiring.sources()));
  for (std::int64_t row = 0; row < projection.wiring.targets(); ++row) {
    const auto vertex = static_cast<Index>(firstVertex_[projection.target] + row / ports);
    projection.wiring.sourcesOf(row, [&](std::int64_t source, std::int64_t index) {
      const std::int32_t weight = projection.weights[static_cast<std::size_t>(index)];
      if (!keepsWeight(weight, format, problem_->profile->weightTruncation)) return;
      std::vector<Index>& reached = targets[static_cast<std::size_t>(source)];
      if (reached.empty() || reached.back() != vertex) reached.push_back(vertex);
    });
  }
  const auto known = rates.find(projection.fromInput ? problem_->inputs[projection.source].name
                                                     : problem_->populations[projection.source].name);
  const std::int64_t first = projection.fromInput ? -1 : firstVertex_[projection.source];
  for (std::size_t source = 0; source < targets.size(); ++source) {
    if (targets[source].empty()) continue;
    parts.weights.push_back(known == rates.end() ? 1 : known->second[source]);
    // A source that is no vertex counts for nothing where one of its targets stands for it.
    parts.sources.push_back(first < 0 ? targets[source].front()
                                      : static_cast<Index>(first + static_cast<std::int64_t>(source)));
    parts.targets.insert(parts.targets.end(), targets[source].begin(), targets[source].end());
    parts.firstTarget.push_back(parts.targets.size());
  }
}

// Compartments that hold any mix of the models beside each other.
std::uint64_t NeuronGraph::mostNeurons() const {
  std::int64_t most = chip_->limit("neurons_per_core").value, states = 1;
  int longest = 0;
  for (std::size_t p = 0; p < firstVertex_.size(); ++p)
    if (firstVertex_[p] >= 0) states = std::max(states, std::ssize(problem_->populations[p].model->states));
  for (const ProjectionSpec& projection : problem_->projections)
    if (firstVertex_[projection.target] >= 0) longest = std::max(longest, projection.mostDelay());
  most = std::min(most, chip_->limit("state_words_per_core").value / states);
  most = std::min(most, chip_->limit("delay_slots_per_core").value / delaySlots(1, longest));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(most, 1));
}

// Of the widest synapses.
partition::SynapseMemory NeuronGraph::memory() const {
  std::uint64_t bits = 1;
  for (const ProjectionSpec& projection : problem_->projections)
    if (firstVertex_[projection.target] >= 0)
      bits = std::max<std::uint64_t>(bits, synapseBits(formatOf(projection, *chip_, ListKind::Sparse)));
  return partition::SynapseMemory::ofRecords(bits);
}

bool NeuronGraph::holdsTiles(const PlacedCore& core) const {
  return std::any_of(core.slices.begin(), core.slices.end(),
                     [&](const PlacedSlice& slice) { return firstVertex_[slice.population] < 0; });
}

partition::Limits NeuronGraph::limits(const Placement* inOrder) const {
  partition::Limits limits;
  limits.perCore.neurons = mostNeurons();
  // Where sources share axons, lists of different lengths may take some more: placing sees to that.
  limits.perCore.axons = static_cast<std::uint64_t>(chip_->sourcesPerCore());
  limits.perCore.words = static_cast<std::uint64_t>(chip_->limit("synapse_words_per_core").value);
  limits.cores = static_cast<std::uint64_t>(chip_->usableCores());
  limits.memory = memory();
  if (!inOrder) return limits;
  std::uint64_t stored = 0, told = 0, tiled = 0;
  const partition::Assignment assignment(graph_, limits, coresOf(*inOrder),
                                         static_cast<Index>(inOrder->cores.size()));
  for (std::size_t core = 0; core < inOrder->cores.size(); ++core) {
    if (holdsTiles(inOrder->cores[core])) {
      ++tiled;
      continue;
    }
    stored += static_cast<std::uint64_t>(inOrder->cores[core].use.synapseWords);
    told += assignment.use(static_cast<Index>(core)).words;
  }
  if (stored > 0)
    limits.perCore.words = static_cast<std::uint64_t>(
        static_cast<double>(limits.perCore.words) * static_cast<double>(told) / static_cast<double>(stored));
  limits.cores -= std::min(limits.cores, tiled);
  return limits;
}

std::vector<Index> NeuronGraph::coresOf(const Placement& placement) const {
  std::vector<Index> coreOf(graph_.vertices());
  for (std::size_t core = 0; core < placement.cores.size(); ++core)
    for (const PlacedSlice& slice : placement.cores[core].slices) {
      if (firstVertex_[slice.population] < 0 || slice.clone > 0) continue;
      for (std::int32_t i = 0; i < slice.size(); ++i)
        coreOf[static_cast<std::size_t>(firstVertex_[slice.population] + slice.neuron(i))] =
            static_cast<Index>(core);
    }
  return coreOf;
}

std::vector<WantedCore> NeuronGraph::wanted(std::span<const Index> coreOf, Index cores) const {
  std::vector<WantedCore> wanted(cores);
  for (std::size_t p = 0; p < firstVertex_.size(); ++p) {
    if (firstVertex_[p] < 0) continue;
    std::vector<std::vector<std::int32_t>> held(cores);
    for (std::int32_t neuron = 0; neuron < problem_->populations[p].size; ++neuron)
      held[coreOf[static_cast<std::size_t>(firstVertex_[p] + neuron)]].push_back(neuron);
    for (Index core = 0; core < cores; ++core)
      if (!held[core].empty())
        wanted[core].slices.push_back(
            sliceOf(static_cast<int>(p), std::span<const std::int32_t>(held[core])));
  }
  return wanted;
}

double NeuronGraph::connectivity(const Placement& placement) const {
  return partition::Assignment(graph_, limits(nullptr), coresOf(placement),
                               static_cast<Index>(placement.cores.size()))
      .connectivity();
}

std::int64_t NeuronGraph::coresUsed(const Placement& placement) const {
  return std::count_if(placement.cores.begin(), placement.cores.end(), [&](const PlacedCore& core) {
    return std::any_of(core.slices.begin(), core.slices.end(),
                       [&](const PlacedSlice& slice) { return firstVertex_[slice.population] >= 0; });
  });
}

}  // namespace rheo
