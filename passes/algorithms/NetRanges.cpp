// SPEC P2 and the recurrent part of P1: which neurons can fire at all, found upwards from none.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "algorithms/RangeProof.h"
#include "algorithms/Registers.h"
#include "algorithms/WeightLoops.h"
#include "fixed/Arithmetic.h"
#include "support/Hash.h"
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

  // As `widen` from {0, 0}, of all sources at once.
  void widenAll(Interval payloads) {
    const Wiring& wiring = projection_->weights.wiring;
    for (std::int64_t target = 0; target < wiring.targets(); ++target) {
      const auto [down, up] = sumsOf(target);
      Interval& sum = sums_[static_cast<std::size_t>(target)];
      sum.lo += up * payloads.lo + down * payloads.hi;
      sum.hi += up * payloads.hi + down * payloads.lo;
    }
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
  SignedSums sumsOf(std::int64_t target) const {
    const Connections<std::int32_t>& weights = projection_->weights;
    if (!perWeight_) return signedSums(weights, target);
    SignedSums sums;  // SPEC W6
    weights.wiring.sourcesOf(
        target, [&](std::int64_t, std::int64_t index) { sums.add(shift(weights.value(index))); });
    return sums;
  }
  std::int64_t shift(std::int64_t x) const { return fixed::shiftExactly(x, projection_->exponent); }

  const FixedProjection* projection_;
  bool perWeight_;
  std::int64_t apart_;
  std::vector<Interval> sums_;
};

// Payloads that grow round a loop would grow for ever: after so many times they may be anything.
constexpr int kPatience = 8;

constexpr Interval kSpikes{0, 1};

// Sums of more weights than these hardly ever are the same twice.
constexpr std::int64_t kFewSources = 16;

// A neuron's range follows from its parameters and from what its ports receive. Neurons that share a kernel's
// weights, or have few, mostly share both: `alike`. Of others nothing is worth remembering.
class KnownRanges {
 public:
  KnownRanges(const FixedPopulation& population, const Profile& profile, bool alike)
      : model_(*population.model), profile_(profile), alike_(alike), columns_(stepParametersOf(population)) {}

  // input: as NeuronRange::input has it.
  NeuronRange of(std::int64_t neuron, const FewIntervals& input) {
    const Parameters own = parametersOf(neuron);
    const std::span<const std::int32_t> parameters(own.data(), columns_.size());
    if (!alike_) return proveNeuron(model_, parameters, input, profile_);
    const std::uint64_t hash = hashOf(std::as_bytes(std::span(input.data(), input.size())),
                                      hashOf(std::as_bytes(std::span(own)), 0));
    const auto [first, last] = known_.equal_range(hash);
    for (auto entry = first; entry != last; ++entry)
      if (entry->second.input == input && parametersOf(entry->second.neuron) == own) return entry->second;
    return known_.emplace(hash, Entry{proveNeuron(model_, parameters, input, profile_), neuron})->second;
  }

  // The fewest of those that are not proven; -1 where all are.
  std::int64_t safeSteps(const std::vector<NeuronRange>& neurons) const {
    std::map<Parameters, std::vector<FewIntervals>> inputs;
    for (std::size_t n = 0; n < neurons.size(); ++n)
      if (!neurons[n].proven())
        inputs[parametersOf(static_cast<std::int64_t>(n))].push_back(neurons[n].input);
    std::int64_t fewest = -1;
    for (auto& [own, received] : inputs) {
      const std::int64_t steps =
          rheo::safeSteps(model_, std::span(own.data(), columns_.size()), received, profile_);
      fewest = fewest < 0 ? steps : std::min(fewest, steps);
    }
    return fewest;
  }

 private:
  using Parameters = std::array<std::int32_t, models::kMaxParameters>;
  struct Entry : NeuronRange {
    std::int64_t neuron;  // one that has it
  };

  Parameters parametersOf(std::int64_t neuron) const {
    Parameters parameters{};
    for (std::size_t p = 0; p < columns_.size(); ++p)
      parameters[p] = columns_[p][static_cast<std::size_t>(neuron)];
    return parameters;
  }

  const models::ModelTable& model_;
  const Profile& profile_;
  bool alike_;
  std::vector<std::vector<std::int32_t>> columns_;
  std::unordered_multimap<std::uint64_t, Entry> known_;
};

class NetProof {
 public:
  NetProof(const FixedNet& net, const Profile& profile, int threads)
      : net_(net),
        profile_(profile),
        threads_(threads),
        into_(net.populations.size()),
        outOf_(net.populations.size()),
        brings_(net.projections.size(), Brings::Nothing),
        guess_(net.populations.size(), Guess::None),
        guessed_(net.populations.size()),
        seen_(net.populations.size(), false) {
    for (std::size_t p = 0; p < net.projections.size(); ++p) {
      const FixedProjection& projection = net.projections[p];
      inputs_.emplace_back(projection, profile);
      into_[static_cast<std::size_t>(projection.target)].push_back(p);
      if (!projection.source.input) outOf_[static_cast<std::size_t>(projection.source.index)].push_back(p);
    }
    for (const FixedPopulation& population : net.populations) {
      neurons_ += population.size;
      PopulationRange range;
      range.name = population.name;
      ranges_.push_back(std::move(range));
      const std::vector<std::size_t>& into = into_[ranges_.size() - 1];
      const bool alike = std::all_of(into.begin(), into.end(), [&](std::size_t p) {
        const Wiring& wiring = net.projections[p].weights.wiring;
        return wiring.convolution() || wiring.mostSources() <= kFewSources;
      });
      known_.emplace_back(population, profile, alike);
      stale_.emplace_back(static_cast<std::size_t>(population.size), true);
      sent_.emplace_back(static_cast<std::size_t>(population.size));
      grown_.emplace_back(static_cast<std::size_t>(population.size), 0);
      const auto graded = [&](std::size_t p) {
        const Source& source = net.projections[p].source;
        return !source.input && net.populations[static_cast<std::size_t>(source.index)].model->graded;
      };
      takesPayloads_.push_back(population.model->graded && std::any_of(into.begin(), into.end(), graded));
    }
  }

  std::vector<PopulationRange> run() {
    for (std::size_t p = 0; p < net_.projections.size(); ++p)
      if (net_.projections[p].source.input) brings_[p] = Brings::All;
    bool changed = true;
    while (changed) {
      changed = false;
      for (std::size_t i = 0; i < net_.populations.size(); ++i) {
        if (guess_[i] == Guess::None && mayBeGuessed(i)) guessFrom(i);
        changed |= update(static_cast<int>(i));
        seen_[i] = true;
      }
    }
    inParallel(threadsWorth(neurons_, kNeuronsPerThread, threads_), ranges_.size(), [&](std::size_t i) {
      ranges_[i].safeSteps = known_[i].safeSteps(ranges_[i].neurons);
      summarize(net_.populations[i], ranges_[i]);
    });
    return std::move(ranges_);
  }

 private:
  // Proves the neurons whose input grew; true where one that could not fire before now may.
  bool update(int index) {
    const auto at = static_cast<std::size_t>(index);
    std::vector<bool>& stale = stale_[at];
    if (std::find(stale.begin(), stale.end(), true) == stale.end()) return false;
    const bool asGuessed =
        guess_[at] == Guess::Made && std::all_of(into_[at].begin(), into_[at].end(),
                                                 [&](std::size_t p) { return brings_[p] == Brings::All; });
    if (asGuessed) ranges_[at].neurons = std::exchange(guessed_[at], {});
    ranges_[at].neurons.resize(stale.size());
    if (asGuessed && allFire(index)) {
      stale.assign(stale.size(), false);
      return tellOfAll(index);
    }
    for (std::size_t k = 0; k < into_[at].size() && !asGuessed; ++k) count(into_[at][k]);
    bool changed = false;
    for (std::int64_t n = 0; n < net_.populations[at].size; ++n) {
      const auto neuron = static_cast<std::size_t>(n);
      if (!stale[neuron]) continue;
      stale[neuron] = false;
      if (!asGuessed) ranges_[at].neurons[neuron] = rangeOf(index, n);
      changed |= tell(index, n);
    }
    return changed;
  }

  NeuronRange rangeOf(int index, std::int64_t neuron) {
    const auto at = static_cast<std::size_t>(index);
    const FewIntervals input = inputOf(index, neuron);
    if (!guessed_[at].empty() && guessed_[at][static_cast<std::size_t>(neuron)].input == input)
      return guessed_[at][static_cast<std::size_t>(neuron)];
    return known_[at].of(neuron, input);
  }

  // SPEC P2: what a neuron may send, where its targets do not know that yet.
  bool tell(int index, std::int64_t neuron) {
    const auto at = static_cast<std::size_t>(neuron);
    Interval& sent = sent_[index][at];
    const Interval before = sent, now = hull(sent, ranges_[index].neurons[at].payload);
    if (!net_.populations[static_cast<std::size_t>(index)].model->spiking || now == before) return false;
    sent = takesPayloads_[index] && ++grown_[index][at] > kPatience ? Interval{kLeast32, kMost32} : now;
    spread(index, neuron, before, sent);
    return true;
  }

  // Every neuron sends spikes and nothing else, and no target counts one of them yet.
  bool allFire(int index) const {
    const auto at = static_cast<std::size_t>(index);
    const std::vector<NeuronRange>& neurons = ranges_[at].neurons;
    return !net_.populations[at].model->graded &&
           std::all_of(neurons.begin(), neurons.end(),
                       [](const NeuronRange& n) { return n.payload == kSpikes; }) &&
           std::all_of(outOf_[at].begin(), outOf_[at].end(),
                       [&](std::size_t p) { return brings_[p] == Brings::Nothing; });
  }
  // As `tell` of each of its neurons; sums are counted where somebody asks for them.
  bool tellOfAll(int index) {
    for (const std::size_t p : outOf_[static_cast<std::size_t>(index)]) {
      brings_[p] = Brings::All;
      std::vector<bool>& targets = stale_[static_cast<std::size_t>(net_.projections[p].target)];
      targets.assign(targets.size(), true);
    }
    std::fill(sent_[index].begin(), sent_[index].end(), kSpikes);
    return true;
  }

  // What all sources of a projection bring becomes part of its sums.
  void count(std::size_t projection) {
    if (brings_[projection] != Brings::All) return;
    inputs_[projection].widenAll(allOf(projection));
    brings_[projection] = Brings::Counted;
  }

  // Of any source that is no neuron with payloads.
  Interval allOf(std::size_t projection) const {
    const Source& source = net_.projections[projection].source;
    return source.input ? payloadsOf(net_.inputs[static_cast<std::size_t>(source.index)]) : kSpikes;
  }

  // Of each port of a neuron, as NeuronRange::input has it; `of(k)` is what the k-th projection into the
  // population brings.
  template <class Of>
  FewIntervals inputOf(int population, std::int64_t neuron, Of of) const {
    const models::ModelTable& model = *net_.populations[static_cast<std::size_t>(population)].model;
    FewIntervals sums(model.ports.size());
    for (std::size_t k = 0; k < into_[static_cast<std::size_t>(population)].size(); ++k)
      for (std::size_t port = 0; port < sums.size(); ++port) {
        const Interval part = of(k).of(model.inputsOf(neuron) + static_cast<std::int64_t>(port));
        sums[port] = {sums[port].lo + part.lo, sums[port].hi + part.hi};
      }
    for (Interval& sum : sums) sum = wrapped32(sum);
    return sums;
  }
  FewIntervals inputOf(int population, std::int64_t neuron) const {
    return inputOf(population, neuron, [&](std::size_t k) -> const ProjectionInput& {
      return inputs_[into_[static_cast<std::size_t>(population)][k]];
    });
  }

  static Interval payloadsOf(const InputPort& port) {
    return {std::min(0, port.minPayload), std::max(0, port.maxPayload)};
  }

  // Nothing that was found so far says that a source of it stays silent.
  bool mayBeGuessed(std::size_t population) const {
    return std::all_of(into_[population].begin(), into_[population].end(), [&](std::size_t p) {
      return brings_[p] == Brings::All || !seen_[static_cast<std::size_t>(net_.projections[p].source.index)];
    });
  }

  // What is found of neurons if every source may spike, which is how it mostly ends: some populations at a
  // time, since none waits for another. Where it does not, looked up again by what a neuron really receives.
  void guessFrom(std::size_t first) {
    constexpr std::int64_t kProvenPerThread = 1024;
    const int most = threadsWorth(neurons_, kProvenPerThread, threads_);
    std::int64_t neurons = 0;
    std::vector<std::size_t> some;
    for (std::size_t i = first; i < net_.populations.size() && neurons < most * kProvenPerThread; ++i) {
      if (guess_[i] != Guess::None) continue;
      guess_[i] = Guess::Useless;
      some.push_back(i);
      neurons += net_.populations[i].size;
    }
    inParallel(most, some.size(), [&](std::size_t k) { guess(static_cast<int>(some[k])); });
  }

  void guess(int index) {
    const auto at = static_cast<std::size_t>(index);
    std::vector<ProjectionInput> inputs;
    for (const std::size_t p : into_[at]) {
      const Source& source = net_.projections[p].source;
      if (!source.input && net_.populations[static_cast<std::size_t>(source.index)].model->graded) return;
      inputs.emplace_back(net_.projections[p], profile_).widenAll(allOf(p));
    }
    guessed_[at].reserve(static_cast<std::size_t>(net_.populations[at].size));
    for (std::int64_t n = 0; n < net_.populations[at].size; ++n)
      guessed_[at].push_back(known_[at].of(
          n, inputOf(index, n, [&](std::size_t k) -> const ProjectionInput& { return inputs[k]; })));
    guess_[at] = Guess::Made;
  }

  // SPEC P2: only now do the outgoing weights of this neuron count, for these payloads.
  void spread(int population, std::int64_t neuron, Interval before, Interval now) {
    for (const std::size_t p : outOf_[static_cast<std::size_t>(population)]) {
      const FixedProjection& projection = net_.projections[p];
      count(p);
      brings_[p] = Brings::Counted;
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

  // What its neurons have in common, beside `safeSteps`.
  static void summarize(const FixedPopulation& population, PopulationRange& range) {
    int wraps = 0, saturates = 0, currentBits = 0, potentialBits = 0;
    for (const NeuronRange& neuron : range.neurons) {
      if (range.states.empty()) range.states.assign(neuron.states.begin(), neuron.states.end());
      for (std::size_t s = 0; s < neuron.states.size(); ++s)
        range.states[s] = hull(range.states[s], neuron.states[s]);
      range.silent += population.model->spiking && !neuron.mayFire;
      wraps += neuron.mayWrap;
      saturates += neuron.maySaturate;
      range.bitsMissing = std::max(range.bitsMissing, neuron.bitsMissing);
      currentBits = std::max(currentBits, neuron.currentBitsMissing);
      potentialBits = std::max(potentialBits, neuron.potentialBitsMissing);
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
  // What the targets of a projection have to count on: nothing, all of its sources in every step, or what
  // stands in its sums.
  enum class Brings : std::uint8_t { Nothing, All, Counted };

  std::vector<ProjectionInput> inputs_;
  std::vector<Brings> brings_;  // [projection]
  // Whether it was found out what a population's ranges are if every source may spike.
  enum class Guess : std::uint8_t { None, Useless, Made };
  std::vector<Guess> guess_;                       // [population]
  std::vector<std::vector<NeuronRange>> guessed_;  // [population][neuron]
  std::vector<bool> seen_;                         // [population]: some update looked at it
  std::int64_t neurons_ = 0;
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
