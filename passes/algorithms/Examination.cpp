// One rule after the other, over the graph of the projections that have a weight and over what is proven of
// neurons.
#include "algorithms/Examination.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "algorithms/WeightLoops.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

class Examiner {
 public:
  Examiner(const FixedNet& net, const std::vector<PopulationRange>& ranges)
      : net_(net), ranges_(ranges), columns_(net.projections.size()) {
    for (const FixedProjection& projection : net.projections)
      weighted_.push_back(std::any_of(projection.weights.values.begin(), projection.weights.values.end(),
                                      [](std::int32_t weight) { return weight != 0; }));
  }

  // Populations, inputs and projections, several at a time; what is found of each stands in this order.
  std::vector<Diagnostic> run() {
    findReached();
    findRead();
    const int threads = threadsWorth(weightCount(), kWeightsPerThread);
    inParallel(threads, columns_.size(),
               [&](std::size_t p) { columns_[p] = columnsOf(net_.projections[p]); });
    const std::size_t populations = net_.populations.size(), ports = populations + net_.inputs.size();
    std::vector<Findings> each(ports + net_.projections.size());
    inParallel(threads, each.size(), [&](std::size_t i) {
      if (i < populations)
        population(i, each[i]);
      else if (i < ports)
        input(i - populations, each[i]);
      else
        duplicates(i - ports, each[i]);
    });
    Findings all;
    for (Findings& some : each) std::move(some.begin(), some.end(), std::back_inserter(all));
    return all;
  }

 private:
  using Findings = std::vector<Diagnostic>;

  // Of each source of a projection: the bits that its weights have, and a number that is the same for sources
  // with the same synapses, and hardly ever for others.
  struct Columns {
    std::vector<std::int32_t> bits;
    std::vector<std::uint64_t> sums;

    Columns() = default;
    explicit Columns(std::size_t sources) : bits(sources), sums(sources) {}
    void add(std::span<const std::int32_t> weights, std::uint64_t factor) {
      addToColumns(weights, factor, bits.data(), sums.data());
    }
  };

  std::int64_t weightCount() const {
    std::int64_t count = 0;
    for (const FixedProjection& projection : net_.projections) count += std::ssize(projection.weights.values);
    return count;
  }

  static void add(Findings& found, const char* code, Severity severity, const std::string& where,
                  std::int64_t value, const char* source, std::string message, const char* remedy) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.severity = severity;
    diagnostic.where = where;
    diagnostic.message = std::move(message);
    diagnostic.value = static_cast<double>(value);
    diagnostic.limit = 0;
    diagnostic.limitSource = source;
    diagnostic.remedy = remedy;
    found.push_back(std::move(diagnostic));
  }

  // Populations that something drives: an input, a bias, a program of its own.
  void findReached() {
    reached_.assign(net_.populations.size(), false);
    for (std::size_t i = 0; i < net_.populations.size(); ++i) {
      const FixedPopulation& population = net_.populations[i];
      const auto bias = population.registers.find("bias_mantissa");
      reached_[i] = population.hidden || population.model->microcode ||
                    (bias != population.registers.end() &&
                     std::any_of(bias->second.begin(), bias->second.end(), [](auto b) { return b != 0; }));
    }
    spread(reached_, [](const FixedProjection& projection, const std::vector<bool>& reached) {
      return projection.source.input || reached[static_cast<std::size_t>(projection.source.index)]
                 ? projection.target
                 : -1;
    });
  }

  // Populations whose spikes or potentials have a way to an output.
  void findRead() {
    read_.assign(net_.populations.size(), false);
    for (const OutputPort& port : net_.outputs)
      for (const int population : port.populations) read_[static_cast<std::size_t>(population)] = true;
    spread(read_, [](const FixedProjection& projection, const std::vector<bool>& read) {
      return !projection.source.input && read[static_cast<std::size_t>(projection.target)]
                 ? projection.source.index
                 : -1;
    });
  }

  // Marks what `next` says of each projection with a weight, until nothing is new.
  template <class Next>
  void spread(std::vector<bool>& marked, Next next) const {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t p = 0; p < net_.projections.size(); ++p) {
        const int population = weighted_[p] ? next(net_.projections[p], marked) : -1;
        if (population < 0 || marked[static_cast<std::size_t>(population)]) continue;
        marked[static_cast<std::size_t>(population)] = changed = true;
      }
    }
  }

  void population(std::size_t index, Findings& found) const {
    const FixedPopulation& population = net_.populations[index];
    if (population.hidden) return;
    const std::string& name = population.name;
    const PopulationRange& range = ranges_[index];
    if (!reached_[index])
      add(found, "R0342", Severity::Warning, name, population.size, "SPEC P2",
          fmt::format("no input and no bias reaches '{}': its {} neurons stay at rest", name,
                      population.size),
          "connect it, or leave it out; were its weights too small, they became 0");
    else if (range.silent > 0)
      add(found, "R0340", Severity::Warning, name, range.silent, "SPEC P2",
          fmt::format("{} of {} neurons of '{}' can never fire, whatever the input", range.silent,
                      population.size, name),
          "lower their thresholds, or leave them out");
    const auto always = std::count_if(range.neurons.begin(), range.neurons.end(),
                                      [](const NeuronRange& neuron) { return neuron.mustFire; });
    if (always > 0)
      add(found, "R0341", Severity::Warning, name, always, "SPEC P1",
          fmt::format("{} of {} neurons of '{}' fire in every step, whatever the input", always,
                      population.size, name),
          "raise their thresholds, or lower their biases");
    if (!read_[index])
      return add(found, "R0343", Severity::Warning, name, population.size, "SPEC F4",
                 fmt::format("nothing that '{}' does reaches an output", name),
                 "leave its neurons out, or read them");
    const bool isOutput = std::any_of(net_.outputs.begin(), net_.outputs.end(), [&](const OutputPort& port) {
      return std::count(port.populations.begin(), port.populations.end(), static_cast<int>(index)) > 0;
    });
    if (!isOutput) unusedSources({false, static_cast<int>(index)}, name, population.size, found);
  }

  void input(std::size_t index, Findings& found) const {
    const InputPort& port = net_.inputs[index];
    unusedSources({true, static_cast<int>(index)}, port.name, port.size, found);
  }

  // What is asked of the sources of a projection, of all their weights: each is read once.
  static Columns columnsOf(const FixedProjection& projection) {
    const Connections<std::int32_t>& weights = projection.weights;
    const Wiring& wiring = weights.wiring;
    Columns columns(static_cast<std::size_t>(wiring.sources()));
    const bool dense = !wiring.convolution() && !wiring.lists() && weights.delays.empty();
    for (std::int64_t target = 0; target < wiring.targets(); ++target) {
      const std::uint64_t factor = factorOf(target);
      if (dense) {
        columns.add(weights.row(target), factor);
        continue;
      }
      wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
        const std::int32_t weight = weights.value(index);
        if (weight == 0) return;
        columns.bits[static_cast<std::size_t>(source)] |= weight;
        std::uint64_t synapse = static_cast<std::uint64_t>(std::int64_t{weight});
        if (!weights.delays.empty())
          synapse += static_cast<std::uint64_t>(weights.delays[static_cast<std::size_t>(index)] + 1) << 32;
        columns.sums[static_cast<std::size_t>(source)] += factor * synapse;
      });
    }
    return columns;
  }

  // Any number of its own.
  static std::uint64_t factorOf(std::int64_t target) {
    std::uint64_t factor = (static_cast<std::uint64_t>(target) + 1) * 0x9E3779B97F4A7C15u;
    factor = (factor ^ (factor >> 32)) * 0xD6E8FEB86659FD93u;
    return factor ^ (factor >> 32);
  }

  // Sources none of whose weights is left.
  void unusedSources(const Source& source, const std::string& name, std::int64_t size,
                     Findings& found) const {
    std::vector<bool> used(static_cast<std::size_t>(size));
    for (std::size_t p = 0; p < net_.projections.size(); ++p) {
      const FixedProjection& projection = net_.projections[p];
      if (projection.source.input != source.input || projection.source.index != source.index) continue;
      for (std::size_t from = 0; from < used.size(); ++from)
        if (columns_[p].bits[from] != 0) used[from] = true;
    }
    if (const auto unused = std::count(used.begin(), used.end(), false); unused > 0)
      add(found, "R0344", Severity::Note, name, unused, "SPEC I5",
          fmt::format("{} of {} sources of '{}' have no weight that is not 0: they need no axon", unused,
                      size, name),
          "leave them out, if they are not kept for another reason");
  }

  // Sources whose spikes do the same everywhere in a projection.
  void duplicates(std::size_t index, Findings& found) const {
    const FixedProjection& projection = net_.projections[index];
    const Connections<std::int32_t>& weights = projection.weights;
    if (weights.wiring.convolution()) return;
    const std::int64_t sources = weights.wiring.sources();
    struct Synapse {
      std::int64_t target;
      std::int32_t weight, delay;
      bool operator==(const Synapse&) const = default;
    };
    const auto synapsesOf = [&](std::int64_t source) {
      std::vector<Synapse> all;
      weights.wiring.targetsOf(source, [&](std::int64_t target, std::int64_t k) {
        if (const std::int32_t weight = weights.value(k); weight != 0)
          all.push_back(
              {target, weight, weights.delays.empty() ? 0 : weights.delays[static_cast<std::size_t>(k)]});
      });
      return all;
    };
    // Those that may be alike stand together, the earliest first.
    std::vector<std::pair<std::uint64_t, std::int64_t>> order;
    for (std::size_t source = 0; source < columns_[index].bits.size(); ++source)
      if (columns_[index].bits[source] != 0)
        order.emplace_back(columns_[index].sums[source], static_cast<std::int64_t>(source));
    std::sort(order.begin(), order.end());
    std::int64_t repeated = 0, example = -1, like = -1;
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
      const std::int64_t source = order[i].second;
      if (order[i].first != order[first].first) first = i;
      if (first == i || synapsesOf(order[first].second) != synapsesOf(source)) continue;
      ++repeated;
      if (example < 0 || source < example) example = source, like = order[first].second;
    }
    if (repeated == 0) return;
    add(found, "R0345", Severity::Note, projection.name, repeated, "SPEC I5",
        fmt::format("{} of {} sources of '{}' have the weights of an earlier one ({} those of {}): each "
                    "needs an axon "
                    "of its own",
                    repeated, sources, projection.name, example, like),
        "merge sources that mean the same, during training");
  }

  const FixedNet& net_;
  const std::vector<PopulationRange>& ranges_;
  std::vector<bool> weighted_;  // of each projection: some weight is not 0
  std::vector<bool> reached_, read_;
  std::vector<Columns> columns_;  // of each projection
};

}  // namespace

std::vector<Diagnostic> examine(const FixedNet& net, const std::vector<PopulationRange>& ranges) {
  return Examiner(net, ranges).run();
}

}  // namespace rheo
