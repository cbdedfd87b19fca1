// SPEC P2 and the recurrent part of P1: which neurons can fire at all, found upwards from none.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "algorithms/RangeProof.h"
#include "algorithms/Registers.h"
#include "fixed/Arithmetic.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

// Smallest and largest sum that a projection can bring to each of its targets in one step.
class ProjectionInput {
 public:
  ProjectionInput(const FixedProjection& projection, const Profile& profile)
      : projection_(&projection),
        perWeight_(profile.weightExponent == WeightExponent::PerWeight),
        apart_(projection.flooredApart()),
        sums_(static_cast<std::size_t>(projection.weights.wiring.targets())) {}

  // From now on, `source` may send payloads within `now` and no longer only within `before` (0 among
  // both).
  void widen(std::int64_t source, Interval before, Interval now) {
    const std::int64_t least = now.lo - before.lo, most = now.hi - before.hi;
    projection_->weights.wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      std::int64_t weight = projection_->weights.value(index);
      if (weight == 0) return;
      if (perWeight_) weight = shift(weight);  // SPEC W6
      Interval& sum = sums_[static_cast<std::size_t>(target)];
      // `least` is never positive, `most` never negative.
      sum.lo += std::min(weight * least, weight * most);
      sum.hi += std::max(weight * least, weight * most);
    });
  }

  // SPEC W5: flooring is monotone, so the ends may be shifted. SPEC W7: the parts add.
  Interval of(std::int64_t target) const {
    const Interval whole = sums_[static_cast<std::size_t>(target)], sum = wrapped32(whole);
    if (perWeight_) return sum;
    if (apart_ > 0 && sum != whole)  // each part may have wrapped
      return {(apart_ + 1) * shift(kLeast32), (apart_ + 1) * shift(kMost32)};
    return {shift(sum.lo) - apart_, shift(sum.hi)};
  }

 private:
  std::int64_t shift(std::int64_t x) const { return fixed::shiftExactly(x, projection_->exponent); }

  const FixedProjection* projection_;
  bool perWeight_;
  std::int64_t apart_;
  std::vector<Interval> sums_;
};

// Payloads that grow round a loop would grow for ever: after so many times they may be anything.
constexpr int kPatience = 8;

// All that a neuron's range follows from within a population: its parameters, and what its ports receive.
using NeuronKey = std::pair<std::vector<std::int32_t>, std::vector<Interval>>;
struct KeyOrder {
  bool operator()(const NeuronKey& a, const NeuronKey& b) const {
    if (a.first != b.first) return a.first < b.first;
    return std::lexicographical_compare(
        a.second.begin(), a.second.end(), b.second.begin(), b.second.end(),
        [](const Interval& x, const Interval& y) { return std::pair(x.lo, x.hi) < std::pair(y.lo, y.hi); });
  }
};
using KnownRanges = std::map<NeuronKey, NeuronRange, KeyOrder>;

NeuronKey keyOf(const std::vector<std::vector<std::int32_t>>& columns, std::int64_t neuron,
                std::vector<Interval> input) {
  std::vector<std::int32_t> parameters;
  for (const std::vector<std::int32_t>& column : columns)
    parameters.push_back(column[static_cast<std::size_t>(neuron)]);
  return {std::move(parameters), std::move(input)};
}

class NetProof {
 public:
  NetProof(const FixedNet& net, const Profile& profile, int threads)
      : net_(net),
        profile_(profile),
        threads_(threads),
        into_(net.populations.size()),
        outOf_(net.populations.size()) {
    for (std::size_t p = 0; p < net.projections.size(); ++p) {
      const FixedProjection& projection = net.projections[p];
      inputs_.emplace_back(projection, profile);
      into_[static_cast<std::size_t>(projection.target)].push_back(p);
      if (!projection.source.input) outOf_[static_cast<std::size_t>(projection.source.index)].push_back(p);
    }
    for (const FixedPopulation& population : net.populations) {
      PopulationRange range;
      range.name = population.name;
      range.neurons.resize(static_cast<std::size_t>(population.size));
      ranges_.push_back(std::move(range));
      stale_.emplace_back(static_cast<std::size_t>(population.size), true);
      sent_.emplace_back(static_cast<std::size_t>(population.size));
      grown_.emplace_back(static_cast<std::size_t>(population.size), 0);
      const auto graded = [&](std::size_t p) {
        const Source& source = net.projections[p].source;
        return !source.input && net.populations[static_cast<std::size_t>(source.index)].model->graded;
      };
      const std::vector<std::size_t>& into = into_[ranges_.size() - 1];
      takesPayloads_.push_back(population.model->graded && std::any_of(into.begin(), into.end(), graded));
    }
  }

  std::vector<PopulationRange> run() {
    for (std::size_t p = 0; p < net_.projections.size(); ++p) {
      const FixedProjection& projection = net_.projections[p];
      if (!projection.source.input) continue;
      const InputPort& port = net_.inputs[static_cast<std::size_t>(projection.source.index)];
      for (std::int64_t channel = 0; channel < port.size; ++channel)
        inputs_[p].widen(channel, {0, 0}, payloadsOf(port));
    }
    guess();
    bool changed = true;
    while (changed) {
      changed = false;
      for (std::size_t i = 0; i < net_.populations.size(); ++i) changed |= update(static_cast<int>(i));
    }
    for (std::size_t i = 0; i < ranges_.size(); ++i) summarize(net_.populations[i], ranges_[i]);
    return std::move(ranges_);
  }

 private:
  // Proves the neurons whose input grew; true where one that could not fire before now may.
  bool update(int index) {
    const FixedPopulation& population = net_.populations[static_cast<std::size_t>(index)];
    if (std::find(stale_[index].begin(), stale_[index].end(), true) == stale_[index].end()) return false;
    bool changed = false;
    const std::vector<std::vector<std::int32_t>> columns = stepParametersOf(population);
    // Neurons that share a kernel's weights mostly share their parameters and bounds too.
    KnownRanges& known = known_[static_cast<std::size_t>(index)];
    for (std::int64_t n = 0; n < population.size; ++n) {
      const auto at = static_cast<std::size_t>(n);
      if (!stale_[index][at]) continue;
      stale_[index][at] = false;
      NeuronRange& neuron = ranges_[index].neurons[at];
      const Interval sent = sent_[index][at];
      const auto [entry, isNew] = known.try_emplace(keyOf(columns, n, inputOf(index, n)));
      if (isNew)
        entry->second = proveNeuron(*population.model, entry->first.first, entry->first.second, profile_);
      neuron = entry->second;
      const Interval now = hull(sent, neuron.payload);
      if (!population.model->spiking || now == sent) continue;
      changed = true;
      sent_[index][at] =
          takesPayloads_[index] && ++grown_[index][at] > kPatience ? Interval{kLeast32, kMost32} : now;
      spread(index, n, sent, sent_[index][at]);
    }
    return changed;
  }

  // Of each port of a neuron; `of(k)` is what the k-th projection into the population brings.
  template <class Of>
  std::vector<Interval> inputOf(int population, std::int64_t neuron, Of of) const {
    const models::ModelTable& model = *net_.populations[static_cast<std::size_t>(population)].model;
    std::vector<Interval> sums(model.ports.size());
    for (std::size_t k = 0; k < into_[static_cast<std::size_t>(population)].size(); ++k)
      for (std::size_t port = 0; port < sums.size(); ++port) {
        const Interval part = of(k).of(model.inputsOf(neuron) + static_cast<std::int64_t>(port));
        sums[port] = {sums[port].lo + part.lo, sums[port].hi + part.hi};
      }
    return sums;
  }
  std::vector<Interval> inputOf(int population, std::int64_t neuron) const {
    return inputOf(population, neuron, [&](std::size_t k) -> const ProjectionInput& {
      return inputs_[into_[static_cast<std::size_t>(population)][k]];
    });
  }

  static Interval payloadsOf(const InputPort& port) {
    return {std::min(0, port.minPayload), std::max(0, port.maxPayload)};
  }

  // What is found of neurons if every source may spike, which is how it mostly ends: several populations at a
  // time, since none waits for another. Looked up again by what a neuron really receives.
  void guess() {
    constexpr std::int64_t kNeuronsPerThread = 2048;
    std::int64_t neurons = 0;
    for (const FixedPopulation& population : net_.populations) neurons += population.size;
    const int threads = threadsWorth(neurons, kNeuronsPerThread, threads_);
    known_.resize(net_.populations.size());
    if (threads > 1) inParallel(threads, known_.size(), [&](std::size_t i) { guess(static_cast<int>(i)); });
  }

  void guess(int index) {
    const FixedPopulation& population = net_.populations[static_cast<std::size_t>(index)];
    std::vector<ProjectionInput> inputs;
    for (const std::size_t p : into_[static_cast<std::size_t>(index)]) {
      const FixedProjection& projection = net_.projections[p];
      const auto source = static_cast<std::size_t>(projection.source.index);
      if (!projection.source.input && net_.populations[source].model->graded) return;
      const Interval payloads = projection.source.input ? payloadsOf(net_.inputs[source]) : Interval{0, 1};
      ProjectionInput& input = inputs.emplace_back(projection, profile_);
      for (std::int64_t from = 0; from < projection.weights.wiring.sources(); ++from)
        input.widen(from, {0, 0}, payloads);
    }
    const std::vector<std::vector<std::int32_t>> columns = stepParametersOf(population);
    for (std::int64_t n = 0; n < population.size; ++n) {
      NeuronKey key = keyOf(
          columns, n, inputOf(index, n, [&](std::size_t k) -> const ProjectionInput& { return inputs[k]; }));
      const auto [entry, isNew] = known_[static_cast<std::size_t>(index)].try_emplace(std::move(key));
      if (isNew)
        entry->second = proveNeuron(*population.model, entry->first.first, entry->first.second, profile_);
    }
  }

  // SPEC P2: only now do the outgoing weights of this neuron count, for these payloads.
  void spread(int population, std::int64_t neuron, Interval before, Interval now) {
    for (const std::size_t p : outOf_[static_cast<std::size_t>(population)]) {
      const FixedProjection& projection = net_.projections[p];
      inputs_[p].widen(neuron, before, now);
      const std::int64_t ports =
          net_.populations[static_cast<std::size_t>(projection.target)].model->portCount();
      projection.weights.wiring.targetsOf(neuron, [&](std::int64_t target, std::int64_t index) {
        if (projection.weights.value(index) != 0)
          stale_[projection.target][static_cast<std::size_t>(target / ports)] = true;
      });
    }
  }

  // What one kind of overflow can do to a population, in words; empty where it cannot happen.
  static std::string describe(const char* what, std::int64_t neurons, std::int64_t size, int bits,
                              std::int64_t safeSteps) {
    if (neurons == 0) return {};
    std::string text = fmt::format("{} of {} of {} neurons may {}", what, neurons, size,
                                   what == std::string_view("current") ? "wrap" : "saturate");
    if (bits > 0) text += fmt::format(", {} bits missing", bits);
    return text + fmt::format(", not in the first {} steps", safeSteps);
  }

  static void summarize(const FixedPopulation& population, PopulationRange& range) {
    int wraps = 0, saturates = 0, currentBits = 0, potentialBits = 0;
    for (const NeuronRange& neuron : range.neurons) {
      if (range.states.empty()) range.states = neuron.states;
      for (std::size_t s = 0; s < neuron.states.size(); ++s)
        range.states[s] = hull(range.states[s], neuron.states[s]);
      range.silent += population.model->spiking && !neuron.mayFire;
      wraps += neuron.mayWrap;
      saturates += neuron.maySaturate;
      range.bitsMissing = std::max(range.bitsMissing, neuron.bitsMissing);
      currentBits = std::max(currentBits, neuron.currentBitsMissing);
      potentialBits = std::max(potentialBits, neuron.potentialBitsMissing);
      if (neuron.safeSteps >= 0)
        range.safeSteps =
            range.safeSteps < 0 ? neuron.safeSteps : std::min(range.safeSteps, neuron.safeSteps);
    }
    range.proven = wraps == 0 && saturates == 0;
    const std::string current = describe("current", wraps, population.size, currentBits, range.safeSteps);
    const std::string potential =
        describe("potential", saturates, population.size, potentialBits, range.safeSteps);
    range.note = current + (current.empty() || potential.empty() ? "" : "; ") + potential;
    // A current that is a state of its own stands for itself; otherwise its wrap shows in the potential.
    range.stateNotes.assign(population.model->states.size(), range.note);
    if (population.model->states.size() > 1) range.stateNotes.front() = current;
  }

  const FixedNet& net_;
  const Profile& profile_;
  int threads_;
  std::vector<std::vector<std::size_t>> into_,
      outOf_;  // [population]: its projections, inputs' not among outOf_
  std::vector<ProjectionInput> inputs_;
  std::vector<PopulationRange> ranges_;
  std::vector<KnownRanges> known_;  // [population]: what is known of its neurons
  std::vector<std::vector<bool>> stale_;
  std::vector<std::vector<Interval>> sent_;  // what each neuron may send, as far as its targets know
  std::vector<std::vector<int>> grown_;      // how often that grew
  std::vector<bool> takesPayloads_;  // [population]: sends payloads that may grow with those it receives
};

}  // namespace

std::vector<PopulationRange> proveRanges(const FixedNet& net, const Profile& profile, int threads) {
  return NetProof(net, profile, threads).run();
}

}  // namespace rheo
