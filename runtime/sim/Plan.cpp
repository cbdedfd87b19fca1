// Flattening a program across its cores.
#include "sim/Plan.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

// Below this share of synapses that exist, a list of them is faster than a dense row.
constexpr double kDenseShare = 0.03;
// Matrices this small stay in the first-level cache: always dense.
constexpr std::size_t kAlwaysDense = 16 * 1024;  // elements

struct Entry {
  std::uint32_t source;
  std::uint32_t target;
  std::int32_t weight;
};

// A list of a kernel in terms of the neurons it reaches, the first of them 0.
struct SharedList {
  std::vector<std::uint32_t> target;
  std::vector<std::int32_t> weight;
};
struct SharedEntry {
  std::uint32_t source;
  vector::SharedUse use;  // `list` counts over all lists of the gatherer
};

// Synapses with equal keys add up before any shift. Exponents that are not negative are linear, so their
// groups need not be told apart; others are told apart by name and by their place in the core.
struct SumKey {
  std::int32_t population;
  std::int32_t exponent;
  std::string group;
  std::int32_t ordinal;
  std::int32_t delay;
  std::int32_t source;
  bool shared;
  auto tie() const { return std::tie(population, exponent, group, ordinal, delay, source, shared); }
  bool operator<(const SumKey& other) const { return tie() < other.tie(); }
  bool sameSum(const SumKey& o) const {
    return std::tie(population, exponent, group, ordinal, delay) ==
           std::tie(o.population, o.exponent, o.group, o.ordinal, o.delay);
  }
};
struct Gathered {
  std::vector<Entry> entries;
  std::vector<SharedEntry> shared;  // of a key that says so
};
using Matrices = std::map<SumKey, Gathered>;

struct Place {
  std::int32_t population;
  std::int32_t target;
};

// Where every input of a core lies.
std::vector<Place> placesOf(const Plan& plan, const Core& core) {
  std::vector<Place> places(static_cast<std::size_t>(core.inputs), Place{-1, 0});
  for (const CompartmentSlice& slice : core.slices)
    plan.populations[static_cast<std::size_t>(slice.population)].forEachInput(
        slice, [&](std::int32_t input, std::int32_t target) {
          places[static_cast<std::size_t>(input)] = {slice.population, target};
        });
  return places;
}

// How many groups of equal name and exponent come before, for each group of a core.
std::vector<std::int32_t> ordinalsOf(const Core& core) {
  std::vector<std::int32_t> ordinals;
  std::map<std::pair<std::string, std::int32_t>, std::int32_t> seen;
  for (const SynapseGroup& group : core.groups) ordinals.push_back(seen[{group.name, group.exponent}]++);
  return ordinals;
}

class Gatherer {
 public:
  explicit Gatherer(const Plan& plan) : plan_(plan), program_(*plan.program) {
    for (const Core& core : program_.cores) {
      places_.push_back(placesOf(plan, core));
      ordinals_.push_back(ordinalsOf(core));
    }
  }

  Matrices gather() {
    for (std::size_t k = 0; k < program_.inputs.size(); ++k) {
      const InputInfo& input = program_.inputs[k];
      for (std::int32_t channel = 0; channel < input.size; ++channel)
        follow(input.routes, input.routeStart, channel, static_cast<std::int32_t>(k), channel);
    }
    const std::int32_t inputs = static_cast<std::int32_t>(program_.inputs.size());
    for (const Core& core : program_.cores)
      for (const CompartmentSlice& slice : core.slices)
        for (std::int32_t i = 0; i < slice.count; ++i)
          follow(core.routes, core.routeStart, slice.firstCompartment + i, inputs + slice.population,
                 plan_.populations[static_cast<std::size_t>(slice.population)].place(slice.firstNeuron + i));
    return std::move(matrices_);
  }
  const std::vector<SharedList>& lists() const { return lists_; }

 private:
  void follow(const std::vector<Route>& routes, const std::vector<std::uint64_t>& start, std::int32_t at,
              std::int32_t source, std::int32_t neuron) {
    if (start.empty()) return;
    for (std::uint64_t r = start[static_cast<std::size_t>(at)]; r < start[static_cast<std::size_t>(at) + 1];
         ++r) {
      const std::size_t c = static_cast<std::size_t>(routes[r].core);
      const Core& core = program_.cores[c];
      const Axon& axon = core.axons[static_cast<std::size_t>(routes[r].axon)];
      const SynapseGroup& group = core.groups[static_cast<std::size_t>(axon.group)];
      const std::int32_t ordinal = ordinals_[c][static_cast<std::size_t>(axon.group)];
      if (axon.shared) {
        followShared(c, axon, ordinal, source, neuron);
        continue;
      }
      for (std::uint64_t k = axon.firstSynapse; k < axon.firstSynapse + axon.synapseCount; ++k) {
        const Synapse& synapse = core.synapses[k];
        const Place place = places_[c][static_cast<std::size_t>(synapse.input)];
        if (place.population < 0 || synapse.weight == 0) continue;
        const SumKey key = keyOf(place.population, group, ordinal, synapse.delay, source, false);
        add(key,
            {static_cast<std::uint32_t>(neuron), static_cast<std::uint32_t>(place.target), synapse.weight});
      }
    }
  }

  static SumKey keyOf(std::int32_t population, const SynapseGroup& group, std::int32_t ordinal,
                      std::int32_t delay, std::int32_t source, bool shared) {
    SumKey key{population, group.exponent, {}, 0, delay, source, shared};
    if (group.exponent < 0) key.group = group.name, key.ordinal = ordinal;
    return key;
  }

  // The lists of a kernel lie within one population and have one delay. SPEC I10
  void followShared(std::size_t c, const Axon& axon, std::int32_t ordinal, std::int32_t source,
                    std::int32_t neuron) {
    if (axon.synapseCount == 0) return;
    const Core& core = program_.cores[c];
    const Synapse& first = core.synapses[axon.firstSynapse];
    const Place place = places_[c][static_cast<std::size_t>(axon.base + first.input)];
    const SumKey key = keyOf(place.population, core.groups[static_cast<std::size_t>(axon.group)], ordinal,
                             first.delay, source, true);
    matrices_[key].shared.push_back({static_cast<std::uint32_t>(neuron),
                                     {sharedList(c, axon, place), static_cast<std::uint32_t>(place.target)}});
  }

  // One of the lists known already, or a new one.
  std::uint32_t sharedList(std::size_t c, const Axon& axon, const Place& first) {
    const Core& core = program_.cores[c];
    std::vector<std::uint32_t>& known = listsOf_[{c, axon.firstSynapse}];
    const auto targetOf = [&](std::uint64_t k) {
      const std::size_t input =
          static_cast<std::size_t>(axon.base + core.synapses[axon.firstSynapse + k].input);
      return static_cast<std::uint32_t>(places_[c][input].target - first.target);
    };
    for (const std::uint32_t candidate : known) {
      const std::vector<std::uint32_t>& targets = lists_[candidate].target;
      std::uint64_t k = 0;
      while (k < targets.size() && targets[k] == targetOf(k)) ++k;
      if (k == targets.size()) return candidate;
    }
    SharedList list;
    for (std::uint64_t k = 0; k < axon.synapseCount; ++k) {
      list.target.push_back(targetOf(k));
      list.weight.push_back(core.synapses[axon.firstSynapse + k].weight);
    }
    known.push_back(static_cast<std::uint32_t>(lists_.size()));
    lists_.push_back(std::move(list));
    return known.back();
  }

  // Synapses come in long runs with one key, so the last one is remembered.
  void add(const SumKey& key, Entry entry) {
    if (entries_ == nullptr || key.tie() != lastKey_.tie()) {
      lastKey_ = key;
      entries_ = &matrices_[key].entries;
    }
    entries_->push_back(entry);
  }

  const Plan& plan_;
  const Program& program_;
  std::vector<std::vector<Place>> places_;
  std::vector<std::vector<std::int32_t>> ordinals_;
  Matrices matrices_;
  std::vector<SharedList> lists_;
  std::map<std::pair<std::size_t, std::uint64_t>, std::vector<std::uint32_t>>
      listsOf_;  // by core and synapse
  SumKey lastKey_{};
  std::vector<Entry>* entries_ = nullptr;
};

// Sorts, and adds up synapses between the same two neurons.
void mergeDuplicates(std::vector<Entry>& entries) {
  const auto before = [](const Entry& a, const Entry& b) {
    return std::tie(a.source, a.target) < std::tie(b.source, b.target);
  };
  // Cores are met in the order of their neurons, so that there is seldom anything to do.
  if (!std::is_sorted(entries.begin(), entries.end(), before))
    std::sort(entries.begin(), entries.end(), before);
  std::size_t kept = 0;
  for (const Entry& entry : entries) {
    if (kept != 0 && entries[kept - 1].source == entry.source && entries[kept - 1].target == entry.target)
      entries[kept - 1].weight += entry.weight;
    else
      entries[kept++] = entry;
  }
  entries.resize(kept);
}

void fillSparse(PlanProjection& projection, const std::vector<Entry>& entries, std::int32_t sources) {
  projection.storage = WeightStorage::Sparse;
  projection.rowStart.assign(static_cast<std::size_t>(sources) + 1, 0);
  for (const Entry& entry : entries) {
    ++projection.rowStart[entry.source + 1];
    projection.target.push_back(entry.target);
    projection.weight.push_back(fixed::shiftLeft(entry.weight, projection.shift));
  }
  projection.shift = 0;
  for (std::size_t k = 1; k < projection.rowStart.size(); ++k)
    projection.rowStart[k] += projection.rowStart[k - 1];
}

// Covers a list by tiles that land on multiples of kPadding wherever its base has the same remainder.
void addTiles(PlanProjection& projection, const SharedList& list, std::int32_t remainder, int shift) {
  std::map<std::int32_t, std::int32_t> weights;  // by target
  for (std::size_t k = 0; k < list.target.size(); ++k)
    weights[static_cast<std::int32_t>(list.target[k])] += list.weight[k];
  for (const auto& [target, weight] : weights) {
    if (projection.tileOffset.size() == projection.tileStart.back() ||
        target >= projection.tileOffset.back() + vector::kPadding) {
      projection.tileOffset.push_back(target - ((remainder + target) & (vector::kPadding - 1)));
      projection.tileWeights.resize(projection.tileWeights.size() + vector::kPadding);
    }
    const std::size_t tile = projection.tileOffset.size() - 1;  // the last one, as targets ascend
    projection.tileWeights[tile * vector::kPadding +
                           static_cast<std::size_t>(target - projection.tileOffset.back())] =
        fixed::shiftLeft(weight, shift);
  }
  projection.tileStart.push_back(projection.tileOffset.size());
}

// Only the lists that this projection uses, in the order of their first use.
PlanProjection makeShared(const SumKey& key, std::vector<SharedEntry>& entries,
                          const std::vector<SharedList>& lists, std::int32_t sources, int shift) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const SharedEntry& a, const SharedEntry& b) { return a.source < b.source; });
  PlanProjection projection;
  projection.source = key.source;
  projection.delay = key.delay;
  projection.storage = WeightStorage::Shared;
  projection.tileStart = {0};
  projection.useStart.assign(static_cast<std::size_t>(sources) + 1, 0);
  std::map<std::pair<std::uint32_t, std::int32_t>, std::uint32_t> numbers;
  for (const SharedEntry& entry : entries) {
    const auto remainder = static_cast<std::int32_t>(entry.use.base % vector::kPadding);
    const auto [number, isNew] =
        numbers.try_emplace({entry.use.list, remainder}, static_cast<std::uint32_t>(numbers.size()));
    if (isNew) addTiles(projection, lists[entry.use.list], remainder, shift);
    projection.uses.push_back({number->second, entry.use.base});
    ++projection.useStart[entry.source + 1];
  }
  for (std::size_t k = 1; k < projection.useStart.size(); ++k)
    projection.useStart[k] += projection.useStart[k - 1];
  return projection;
}

template <class Weight>
void fillDense(vector::AlignedVector<Weight>& weights, std::size_t stride, const std::vector<Entry>& entries,
               std::int32_t sources, int dropped) {
  weights.assign(static_cast<std::size_t>(sources) * stride, 0);
  for (const Entry& entry : entries)
    weights[entry.source * stride + entry.target] = static_cast<Weight>(entry.weight >> dropped);
}

// `shift` is the exponent where it is not negative, otherwise 0.
PlanProjection makeProjection(const SumKey& key, std::vector<Entry>& entries, std::int32_t sources,
                              std::int32_t targets, int shift) {
  mergeDuplicates(entries);
  PlanProjection projection;
  projection.source = key.source;
  projection.delay = key.delay;
  projection.shift = shift;
  projection.stride = static_cast<std::size_t>(targets);
  std::uint32_t bits = 0;
  std::int64_t largest = 0;
  std::vector<std::int64_t> columns(static_cast<std::size_t>(targets));
  for (const Entry& entry : entries) {
    const std::int64_t magnitude = std::abs(std::int64_t{entry.weight});
    bits |= static_cast<std::uint32_t>(magnitude);
    largest = std::max(largest, magnitude);
    columns[entry.target] += magnitude;
  }
  // Low bits that no weight uses (SPEC W3: mixed 8-bit weights are even) are not stored.
  const int dropped = bits == 0 ? 0 : std::countr_zero(bits);
  largest >>= dropped;
  const std::size_t cells = static_cast<std::size_t>(sources) * projection.stride;
  const bool dense = cells <= kAlwaysDense ||
                     static_cast<double>(entries.size()) >= kDenseShare * static_cast<double>(cells);
  constexpr std::int64_t kLargest16 = std::numeric_limits<std::int16_t>::max();
  if (!dense || largest > kLargest16) {
    fillSparse(projection, entries, sources);
    return projection;
  }
  projection.shift += dropped;
  const std::int64_t column =
      columns.empty() ? 0 : *std::max_element(columns.begin(), columns.end()) >> dropped;
  projection.rowsPerFlush = column <= kLargest16 ? static_cast<std::size_t>(std::max(sources, 1))
                                                 : static_cast<std::size_t>(kLargest16 / largest);
  if (largest <= std::numeric_limits<std::int8_t>::max()) {
    projection.storage = WeightStorage::Dense8;
    fillDense(projection.weights8, projection.stride, entries, sources, dropped);
  } else {
    projection.storage = WeightStorage::Dense16;
    fillDense(projection.weights16, projection.stride, entries, sources, dropped);
  }
  return projection;
}

// Which populations a kernel reaches.
std::vector<bool> reachedByKernels(const Program& program) {
  std::vector<bool> reached(program.populations.size());
  for (const Core& core : program.cores)
    for (const Axon& axon : core.axons) {
      if (!axon.shared || axon.synapseCount == 0) continue;
      const std::int32_t input = axon.base + core.synapses[axon.firstSynapse].input;
      for (const CompartmentSlice& slice : core.slices) {
        const auto ports = static_cast<std::int32_t>(
            program.populations[static_cast<std::size_t>(slice.population)].model->portCount());
        if (input >= slice.firstInput && input < slice.firstInput + slice.count * ports)
          reached[static_cast<std::size_t>(slice.population)] = true;
      }
    }
  return reached;
}

// The channels of one place side by side: so are then the targets of a kernel's spike.
std::vector<std::int32_t> channelsLast(const PopulationInfo& info) {
  if (info.shape.size() < 2 || info.shape[0] <= 1) return {};
  const auto channels = static_cast<std::int32_t>(info.shape[0]);
  const std::int32_t positions = info.size / channels;
  std::vector<std::int32_t> places;
  for (std::int32_t channel = 0; channel < channels; ++channel)
    for (std::int32_t position = 0; position < positions; ++position)
      places.push_back(position * channels + channel);
  return places;
}

void addParameters(Plan& plan) {
  const Program& program = *plan.program;
  const std::vector<bool> reached = reachedByKernels(program);
  for (const PopulationInfo& info : program.populations) {
    PlanPopulation& population = plan.populations.emplace_back();
    if (reached[plan.populations.size() - 1]) population.places = channelsLast(info);
    population.model = info.model;
    population.size = info.size;
    population.width = vector::padded(info.size);
    population.ports = static_cast<std::int32_t>(info.model->portCount());
    population.parameters.resize(info.model->fixedParameters.size());
    for (PlanParameter& parameter : population.parameters)
      parameter.values.assign(static_cast<std::size_t>(population.width), 0);
  }
  for (const Core& core : program.cores)
    for (const CompartmentSlice& slice : core.slices) {
      PlanPopulation& population = plan.populations[static_cast<std::size_t>(slice.population)];
      for (std::size_t p = 0; p < population.parameters.size(); ++p)
        for (std::int32_t i = 0; i < slice.count; ++i)
          population.parameters[p].values[static_cast<std::size_t>(population.place(slice.firstNeuron + i))] =
              core.parameters[p][static_cast<std::size_t>(slice.firstCompartment + i)];
    }
  for (PlanPopulation& population : plan.populations)
    for (PlanParameter& parameter : population.parameters) {
      const auto end = parameter.values.begin() + population.size;
      const std::int32_t first = population.size == 0 ? 0 : parameter.values.front();
      parameter.constant =
          std::all_of(parameter.values.begin(), end, [&](std::int32_t v) { return v == first; });
      if (parameter.constant) parameter.values.assign(vector::kPadding, first);
    }
}

// SPEC N18: sums of their payloads may wrap before they are shifted.
bool sendsPayloads(const Program& program, std::size_t source) {
  return source >= program.inputs.size() && program.populations[source - program.inputs.size()].model->graded;
}

}  // namespace

Plan makePlan(std::shared_ptr<const Program> program) {
  Plan plan;
  plan.program = std::move(program);
  addParameters(plan);
  const Program& p = *plan.program;
  Gatherer gatherer(plan);
  Matrices matrices = gatherer.gather();
  const SumKey* last = nullptr;
  for (auto& [key, gathered] : matrices) {
    PlanPopulation& population = plan.populations[static_cast<std::size_t>(key.population)];
    const std::size_t source = static_cast<std::size_t>(key.source);
    const std::int32_t sources =
        source < p.inputs.size() ? p.inputs[source].size : p.populations[source - p.inputs.size()].size;
    const int shift = std::max(key.exponent, 0);
    PlanProjection projection =
        key.shared ? makeShared(key, gathered.shared, gatherer.lists(), sources, shift)
                   : makeProjection(key, gathered.entries, sources, population.targets(), shift);
    gathered = {};
    if (key.exponent >= 0) {
      population.linear.push_back(std::move(projection));
    } else if (projection.shift >= -key.exponent && !sendsPayloads(p, source)) {
      projection.shift +=
          key.exponent;  // nothing to floor: every weight is a multiple, and no sum wraps (W8)
      population.linear.push_back(std::move(projection));
    } else {
      if (last == nullptr || !last->sameSum(key)) population.shifted.push_back({-key.exponent, {}});
      population.shifted.back().projections.push_back(std::move(projection));
      last = &key;
    }
  }
  return plan;
}

}  // namespace rheo
