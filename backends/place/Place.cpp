// Greedy placement: populations in order, the rest of a population into the first core that holds all of
// it, else into a fresh one. Where that takes too many cores, gaps are filled too.
#include "place/Place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "chip/Layout.h"
#include "place/Kernels.h"

namespace rheo {
namespace {

constexpr std::array kCoreLimits{
    // A neuron of several ports takes the room of as many compartments.
    CoreLimit{&CoreUse::inputs, "neurons_per_core", "R0417", "compartments", "choose another chip"},
    CoreLimit{
        &CoreUse::inputAxons, "input_axons_per_core", "R0412", "input axons",
        "prune its inputs or spread them over several smaller layers; or choose a chip with more axons"},
    CoreLimit{&CoreUse::synapseWords, "synapse_words_per_core", "R0413", "synapse words",
              "use fewer weight bits or prune; or choose a chip with more synapse memory"},
    CoreLimit{&CoreUse::outputRoutes, "output_axons_per_core", "R0414", "output routes",
              "make its targets smaller or sparser, so that they lie on fewer cores"},
    CoreLimit{&CoreUse::profiles, "profiles_per_core", "R0415", "neuron profiles",
              "share parameters among neurons"},
    CoreLimit{&CoreUse::constants, "constants_per_core", "R0415", "constants",
              "share parameters among neurons"},
    CoreLimit{&CoreUse::formats, "formats_per_core", "R0416", "synapse formats",
              "merge projections that enter the same population"},
};

// How the lists of one projection are stored in a slice.
struct ListChoice {
  int projection = 0;
  int slice = 0;
  ListKind kind = ListKind::Sparse;  // the only kind, unless `mixed`
  bool mixed = false;                // every list takes the shorter of sparse and dense
};

// Whether a projection's targets are laid out as this map says.
bool sameMap(const ProjectionSpec& projection, const Convolution& map) {
  const std::optional<Convolution>& own = projection.wiring.convolution();
  return own && own->channelsOut == map.channelsOut && own->rows.outputs == map.rows.outputs &&
         own->columns.outputs == map.columns.outputs;
}

struct OpenCore {
  PlacedCore core;
  std::vector<ListChoice> lists;
  std::set<int> profiles, constants;
};

// How far a population can be put into a core.
struct Trial {
  std::int32_t rows = 0;
  CoreUse use;                    // of the whole core, with those rows
  CoreUse refused;                // with one row more
  std::vector<ListChoice> lists;  // of the new slice
  std::set<int> profiles, constants;
};

std::int64_t listWords(std::int64_t count, const SynapseFormat& format) {
  return static_cast<std::int64_t>(wordsOfRecords(static_cast<std::uint64_t>(count), synapseBits(format)));
}

// Running cost of the lists of one projection while neurons are added.
class ListCost {
 public:
  ListCost(const PlacementProblem& problem, const ChipSpec& chip, int index)
      : index_(index),
        projection_(problem.projections[index]),
        truncation_(problem.profile->weightTruncation),
        ports_(problem.populations[projection_.target].model->portCount()),
        sparseFormat_(formatOf(projection_, chip, ListKind::Sparse)),
        denseFormat_(formatOf(projection_, chip, ListKind::Dense)),
        counts_(static_cast<std::size_t>(problem.sourceSize(projection_))) {}

  void addNeuron(std::int32_t neuron) {
    for (std::int64_t port = 0; port < ports_; ++port) addTarget(neuron * ports_ + port);
    if (onlySparse()) return;
    const std::int64_t dense = listWords(targets_, denseFormat_);
    bool anyDense = false, anySparse = false;
    mixed_ = 0;
    for (const std::int32_t count : counts_) {
      if (count == 0) continue;
      const std::int64_t sparse = listWords(count, sparseFormat_);
      mixed_ += std::min(sparse, dense);
      (dense < sparse ? anyDense : anySparse) = true;
    }
    dense_ = dense * axons_;
    bothKinds_ = anyDense && anySparse;
  }

  int index() const { return index_; }
  std::int64_t axons() const { return axons_; }
  std::int64_t singleWords() const { return onlySparse() ? sparse_ : std::min(sparse_, dense_); }
  ListKind kind() const { return !onlySparse() && dense_ < sparse_ ? ListKind::Dense : ListKind::Sparse; }
  // Words that a second format saves, each list taking the shorter encoding.
  std::int64_t savedByBoth() const { return bothKinds_ ? singleWords() - mixed_ : 0; }

 private:
  void addTarget(std::int64_t target) {
    ++targets_;
    projection_.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      const std::int32_t weight = projection_.weights[static_cast<std::size_t>(index)];
      if (!keepsWeight(weight, sparseFormat_, truncation_)) return;
      std::int32_t& count = counts_[static_cast<std::size_t>(source)];
      axons_ += count == 0;
      sparse_ -= listWords(count, sparseFormat_);
      sparse_ += listWords(++count, sparseFormat_);
    });
  }
  // Where a source reaches few targets by construction, or synapses wait for different times.
  bool onlySparse() const { return projection_.wiring.convolution() || projection_.mostSynapseDelay() > 0; }

  int index_;
  const ProjectionSpec& projection_;
  WeightTruncation truncation_;
  std::int64_t ports_;
  SynapseFormat sparseFormat_, denseFormat_;
  std::vector<std::int32_t> counts_;
  std::int32_t targets_ = 0;
  std::int64_t axons_ = 0, sparse_ = 0, dense_ = 0, mixed_ = 0;
  bool bothKinds_ = false;
};

// The largest count up to `most` for which fits() holds; it holds for every smaller one then.
template <class Fits>
std::int64_t mostThatFits(std::int64_t most, Fits fits) {
  std::int64_t known = 0;
  for (std::int64_t tried = most; known < most; tried = known + (most - known + 1) / 2) {
    if (fits(tried))
      known = tried;
    else
      most = tried - 1;
  }
  return known;
}

class Placer {
 public:
  Placer(const PlacementProblem& problem, const ChipSpec& chip) : problem_(problem), chip_(chip) {
    for (std::size_t i = 0; i < kCoreLimits.size(); ++i) limits_[i] = chip.limit(kCoreLimits[i].name).value;
    incoming_.resize(problem.populations.size());
    for (std::size_t i = 0; i < problem.projections.size(); ++i)
      incoming_[problem.projections[i].target].push_back(static_cast<int>(i));
    for (const PopulationSpec& population : problem.populations) routes_.emplace_back(population.size, 0);
    findProfiles();
  }

  Expected<Placement> run();

 private:
  // The worst of the neurons of one population that fit no core.
  struct Violation {
    std::size_t limit;
    int population;
    std::int32_t neuron;
    std::int64_t value;
    std::int64_t neurons;
  };

  void findProfiles();
  bool fits(const CoreUse& use) const;
  Trial tryRows(const OpenCore& open, int population, std::int32_t first, std::int32_t count) const;
  Trial tryTile(const OpenCore& open, int population, const Convolution& map, const Tile& tile) const;
  void takeNeuron(int population, std::int32_t neuron, Trial& trial) const;
  void commit(OpenCore& open, PlacedSlice slice, Trial trial);
  void placePopulation(int population, bool fill);
  void placeTiles(int population, const Convolution& map);
  std::int64_t channelsOfBlock(int population, const Convolution& map, std::int64_t first);
  void placeBlock(int population, const Convolution& map, const Range& channels);
  void placeRow(int population, const Convolution& map, const Tile& part);
  void placeTile(int population, const Convolution& map, const Tile& tile);
  void noteRefused(int population, std::int32_t neuron, const CoreUse& use);
  void placeAll(bool fill);
  void note(std::size_t limit, int population, std::int32_t neuron, std::int64_t value);
  std::vector<std::vector<std::int64_t>> countRoutes() const;
  bool routesFit();
  std::vector<Diagnostic> diagnostics() const;
  void resolveLists(const ListChoice& choice, PlacedCore& core) const;

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  std::array<std::int64_t, kCoreLimits.size()> limits_{};
  std::vector<std::vector<int>> incoming_;         // projections into each population
  std::vector<std::vector<int>> profileOf_;        // [population][neuron]
  std::vector<std::vector<int>> constantsOf_;      // [population][neuron]: a block of constants
  std::vector<std::int64_t> constantsOfBlock_;     // how many each block holds
  std::vector<std::vector<std::int64_t>> routes_;  // [population][neuron]: expected routes
  std::vector<OpenCore> cores_;
  std::vector<Violation> violations_;
};

void Placer::findProfiles() {
  std::map<std::vector<std::int64_t>, int> ids, blocks;
  for (const PopulationSpec& population : problem_.populations) {
    auto& out = profileOf_.emplace_back();
    auto& constants = constantsOf_.emplace_back();
    for (std::int32_t neuron = 0; neuron < population.size; ++neuron) {
      std::vector<std::int64_t> key;
      for (const FieldSpec& field : chip_.layout("profile")->fields)
        key.push_back(registerValue(population, field.name, neuron));
      out.push_back(ids.emplace(std::move(key), static_cast<int>(ids.size())).first->second);
      std::vector<std::int64_t> block = constantsOf(population, neuron);
      const auto count = static_cast<std::int64_t>(block.size());
      const auto [entry, isNew] = blocks.emplace(std::move(block), static_cast<int>(blocks.size()));
      if (isNew) constantsOfBlock_.push_back(count);
      constants.push_back(entry->second);
    }
  }
}

bool Placer::fits(const CoreUse& use) const {
  for (std::size_t i = 0; i < kCoreLimits.size(); ++i)
    if (use.*kCoreLimits[i].use > limits_[i]) return false;
  return true;
}

Trial Placer::tryRows(const OpenCore& open, int population, std::int32_t first, std::int32_t count) const {
  Trial trial;
  trial.use = trial.refused = open.core.use;
  trial.profiles = open.profiles;
  trial.constants = open.constants;
  std::vector<ListCost> costs;
  for (const int projection : incoming_[population]) costs.emplace_back(problem_, chip_, projection);
  const std::int64_t formatLimit = chip_.limit("formats_per_core").value;
  Trial neurons = trial;  // without their lists
  for (std::int32_t row = 0; row < count; ++row) {
    takeNeuron(population, first + row, neurons);
    CoreUse use = neurons.use;
    for (ListCost& cost : costs) {
      cost.addNeuron(first + row);
      use.inputAxons += cost.axons();
      use.synapseWords += cost.singleWords();
      use.formats += cost.axons() > 0 ? 1 : 0;
    }
    std::vector<ListChoice> lists;
    for (const ListCost& cost : costs) {
      if (cost.axons() == 0) continue;
      const bool mixed = cost.savedByBoth() > 0 && use.formats < formatLimit;
      lists.push_back({cost.index(), 0, cost.kind(), mixed});
      if (!mixed) continue;
      use.synapseWords -= cost.savedByBoth();
      ++use.formats;
    }
    trial.refused = use;
    if (!fits(use)) break;
    trial.rows = row + 1;
    trial.use = use;
    trial.lists = std::move(lists);
    trial.profiles = neurons.profiles;
    trial.constants = neurons.constants;
  }
  return trial;
}

// What one neuron more takes, its lists left out.
void Placer::takeNeuron(int population, std::int32_t neuron, Trial& trial) const {
  ++trial.use.neurons;
  trial.use.inputs += problem_.populations[population].model->portCount();
  trial.use.outputRoutes += routes_[population][neuron];
  trial.profiles.insert(profileOf_[population][neuron]);
  trial.use.profiles = static_cast<std::int64_t>(trial.profiles.size());
  const int block = constantsOf_[population][neuron];
  if (trial.constants.insert(block).second)
    trial.use.constants += constantsOfBlock_[static_cast<std::size_t>(block)];
}

// All of a tile or nothing: `rows` is its size or 0.
Trial Placer::tryTile(const OpenCore& open, int population, const Convolution& map, const Tile& tile) const {
  Trial trial;
  trial.use = open.core.use;
  trial.profiles = open.profiles;
  trial.constants = open.constants;
  const PlacedSlice slice = sliceOf(tile, map, population);
  const std::int64_t inputs = problem_.populations[population].model->inputsOf(slice.size());
  const bool roomy = open.core.use.inputs + inputs <= chip_.limit("neurons_per_core").value;
  if (roomy || slice.size() == 1) {
    for (std::int32_t i = 0; i < slice.size(); ++i) takeNeuron(population, slice.neuron(i), trial);
    for (const int index : incoming_[population]) {
      const ProjectionSpec& projection = problem_.projections[index];
      ListChoice choice{index, 0, ListKind::Kernel, false};
      KernelCost cost;
      if (sameMap(projection, map) && kernelsFit(projection, chip_, tile)) {
        cost = kernelCost(projection, chip_, tile);
      } else {
        ListCost lists(problem_, chip_, index);
        for (std::int32_t i = 0; i < slice.size(); ++i) lists.addNeuron(slice.neuron(i));
        cost = {lists.axons(), lists.singleWords()};
        choice.kind = lists.kind();
      }
      if (cost.axons == 0) continue;
      trial.use.inputAxons += cost.axons;
      trial.use.synapseWords += cost.words;
      ++trial.use.formats;
      trial.lists.push_back(choice);
    }
    trial.rows = fits(trial.use) ? slice.size() : 0;
  }
  trial.refused = trial.use;
  return trial;
}

void Placer::commit(OpenCore& open, PlacedSlice slice, Trial trial) {
  const auto number = static_cast<int>(open.core.slices.size());
  open.core.append(slice, *problem_.populations[slice.population].model);
  for (ListChoice& choice : trial.lists) {
    choice.slice = number;
    open.lists.push_back(choice);
  }
  open.core.use = trial.use;
  open.profiles = std::move(trial.profiles);
  open.constants = std::move(trial.constants);
}

void Placer::note(std::size_t limit, int population, std::int32_t neuron, std::int64_t value) {
  for (Violation& violation : violations_) {
    if (violation.limit != limit || violation.population != population) continue;
    ++violation.neurons;
    if (value > violation.value) violation.value = value, violation.neuron = neuron;
    return;
  }
  violations_.push_back({limit, population, neuron, value, 1});
}

// A neuron that fits no core is noted, and left out to find what else is wrong.
void Placer::noteRefused(int population, std::int32_t neuron, const CoreUse& use) {
  for (std::size_t i = 0; i < kCoreLimits.size(); ++i)
    if (use.*kCoreLimits[i].use > limits_[i]) note(i, population, neuron, use.*kCoreLimits[i].use);
}

// A feature map whole, where a core holds it; else in blocks of channels.
void Placer::placeTiles(int population, const Convolution& map) {
  const Tile whole{{0, map.channelsOut}, {0, map.rows.outputs}, {0, map.columns.outputs}};
  for (OpenCore& open : cores_)
    if (Trial trial = tryTile(open, population, map, whole); trial.rows > 0)
      return commit(open, sliceOf(whole, map, population), std::move(trial));
  for (Range block; block.first < map.channelsOut; block.first = block.end()) {
    block.count = channelsOfBlock(population, map, block.first);
    placeBlock(population, map, block);
  }
}

// Channels from the first on that take few cores together: as many as one position allows share the sources
// of that position, half of them leave room for more positions.
std::int64_t Placer::channelsOfBlock(int population, const Convolution& map, std::int64_t first) {
  // At the edge of a padded map fewer sources reach a position, in the middle most do.
  const Range middleRow{map.rows.outputs / 2, 1}, middleColumn{map.columns.outputs / 2, 1};
  const std::int64_t most = mostThatFits(map.channelsOut - first, [&](std::int64_t count) {
    return tryTile({}, population, map, {{first, count}, {0, 1}, {0, 1}}).rows > 0 &&
           tryTile({}, population, map, {{first, count}, middleRow, middleColumn}).rows > 0;
  });
  std::int64_t best = std::max<std::int64_t>(1, most);
  double coresOfBest = std::numeric_limits<double>::infinity();
  for (std::int64_t count = best; count > 0; count /= 2) {
    const std::size_t before = cores_.size();
    const std::vector<Violation> violations = violations_;
    placeBlock(population, map, {first, count});
    const double cores = static_cast<double>(cores_.size() - before) / static_cast<double>(count);
    cores_.erase(cores_.begin() + static_cast<std::ptrdiff_t>(before), cores_.end());
    violations_ = violations;
    if (cores >= coresOfBest) break;
    best = count;
    coresOfBest = cores;
  }
  return best;
}

void Placer::placeBlock(int population, const Convolution& map, const Range& channels) {
  const Range columns{0, map.columns.outputs};
  for (std::int64_t row = 0; row < map.rows.outputs;) {
    const std::int64_t rows = mostThatFits(map.rows.outputs - row, [&](std::int64_t count) {
      return tryTile({}, population, map, {channels, {row, count}, columns}).rows > 0;
    });
    if (rows > 0)
      placeTile(population, map, {channels, {row, rows}, columns});
    else
      placeRow(population, map, {channels, {row, 1}, columns});
    row += std::max<std::int64_t>(1, rows);
  }
}

// Part of a row that no core holds whole, in pieces; a position that takes too much, by half its channels.
void Placer::placeRow(int population, const Convolution& map, const Tile& part) {
  for (std::int64_t column = part.columns.first; column < part.columns.end();) {
    const std::int64_t columns = mostThatFits(part.columns.end() - column, [&](std::int64_t count) {
      return tryTile({}, population, map, {part.channels, part.rows, {column, count}}).rows > 0;
    });
    const Tile tile{part.channels, part.rows, {column, std::max<std::int64_t>(1, columns)}};
    if (columns > 0) {
      placeTile(population, map, tile);
    } else if (const std::int64_t half = part.channels.count / 2; half > 0) {
      const Range rest{part.channels.first + half, part.channels.count - half};
      placeRow(population, map, {{part.channels.first, half}, part.rows, tile.columns});
      placeRow(population, map, {rest, part.rows, tile.columns});
    } else {
      noteRefused(population, sliceOf(tile, map, population).firstNeuron,
                  tryTile({}, population, map, tile).refused);
    }
    column += tile.columns.count;
  }
}

void Placer::placeTile(int population, const Convolution& map, const Tile& tile) {
  OpenCore fresh;
  Trial trial = tryTile(fresh, population, map, tile);
  commit(fresh, sliceOf(tile, map, population), std::move(trial));
  cores_.push_back(std::move(fresh));
}

void Placer::placePopulation(int population, bool fill) {
  if (const Convolution* map = featureMapOf(problem_, population)) return placeTiles(population, *map);
  const std::int32_t size = problem_.populations[population].size;
  for (std::int32_t next = 0; next < size;) {
    const std::int32_t rest = size - next;
    bool placed = false;
    for (OpenCore& open : cores_) {
      const bool last = fill && &open == &cores_.back();
      const std::int64_t inputs =
          open.core.use.inputs + problem_.populations[population].model->inputsOf(rest);
      if (!last && inputs > chip_.limit("neurons_per_core").value) continue;
      Trial trial = tryRows(open, population, next, rest);
      if (trial.rows < rest && (!last || trial.rows == 0)) continue;
      const std::int32_t rows = trial.rows;
      commit(open, {population, next, rows}, std::move(trial));
      next += rows;
      placed = true;
      break;
    }
    if (placed) continue;
    OpenCore fresh;
    Trial trial = tryRows(fresh, population, next, rest);
    if (trial.rows == 0) {
      noteRefused(population, next++, trial.refused);
      continue;
    }
    const std::int32_t rows = trial.rows;
    commit(fresh, {population, next, rows}, std::move(trial));
    cores_.push_back(std::move(fresh));
    next += rows;
  }
}

void Placer::placeAll(bool fill) {
  cores_.clear();
  violations_.clear();
  for (std::size_t i = 0; i < problem_.populations.size(); ++i) placePopulation(static_cast<int>(i), fill);
}

// [population][neuron]: one route for each list that the neuron's spikes reach.
std::vector<std::vector<std::int64_t>> Placer::countRoutes() const {
  std::vector<std::vector<std::int64_t>> counts;
  for (const PopulationSpec& population : problem_.populations) counts.emplace_back(population.size, 0);
  for (const OpenCore& open : cores_)
    for (const ListChoice& placed : open.lists) {
      const ProjectionSpec& projection = problem_.projections[placed.projection];
      if (projection.fromInput) continue;
      const PlacedSlice& slice = open.core.slices[placed.slice];
      const std::vector<std::int64_t> synapses =
          countSynapses(projection, chip_, problem_.profile->weightTruncation, slice);
      for (std::size_t source = 0; source < synapses.size(); ++source)
        counts[projection.source][source] += synapses[source] > 0;
    }
  return counts;
}

// Routes depend on where the targets lie, so they are known only afterwards: what a pass finds is what
// the next one expects.
bool Placer::routesFit() {
  const auto counts = countRoutes();
  const std::int64_t limit = chip_.limit("output_axons_per_core").value;
  bool fit = true;
  for (OpenCore& open : cores_) {
    open.core.use.outputRoutes = 0;
    for (const PlacedSlice& slice : open.core.slices)
      for (std::int32_t i = 0; i < slice.size(); ++i)
        open.core.use.outputRoutes += counts[slice.population][slice.neuron(i)];
    fit &= open.core.use.outputRoutes <= limit;
  }
  for (std::size_t p = 0; p < counts.size(); ++p)
    for (std::size_t i = 0; i < counts[p].size(); ++i) routes_[p][i] = std::max(routes_[p][i], counts[p][i]);
  return fit;
}

std::vector<Diagnostic> Placer::diagnostics() const {
  std::vector<Diagnostic> found;
  const auto add = [&](const char* code, const std::string& where, std::string message, std::int64_t value,
                       const char* limitName, const char* remedy) {
    const Limit& limit = chip_.limit(limitName);
    found.push_back({code, Severity::Error, std::move(message), "", where, static_cast<double>(value),
                     static_cast<double>(limit.value), limit.source + (limit.inferred ? " (inferred)" : ""),
                     remedy});
  };
  for (const Violation& violation : violations_) {
    const PopulationSpec& population = problem_.populations[violation.population];
    const CoreLimit& limit = kCoreLimits[violation.limit];
    const std::string others =
        violation.neurons > 1 ? fmt::format("; {} of its neurons need too many", violation.neurons) : "";
    add(limit.code, population.where.empty() ? population.name : population.where,
        fmt::format("neuron {} of '{}' needs {} {} in one core, '{}' has {}{}", violation.neuron,
                    population.name, violation.value, limit.what, chip_.name, limits_[violation.limit],
                    others),
        violation.value, limit.name, limit.remedy);
  }
  const auto cores = static_cast<std::int64_t>(cores_.size());
  if (cores > chip_.limit("cores").value) {
    std::vector<std::int64_t> held(problem_.populations.size());
    for (const OpenCore& open : cores_)
      for (const PlacedSlice& slice : open.core.slices) ++held[slice.population];
    const auto most = std::max_element(held.begin(), held.end()) - held.begin();
    const PopulationSpec& population = problem_.populations[most];
    add("R0417", population.where.empty() ? population.name : population.where,
        fmt::format("the network needs {} cores, '{}' has {}; '{}' alone lies on {}", cores, chip_.name,
                    chip_.limit("cores").value, population.name, held[most]),
        cores, "cores", "use fewer weight bits, prune, make this layer smaller, or choose a larger chip");
    return found;
  }
  // Neurons that fit no core were left out above; the chip has to hold them all the same.
  const std::int64_t room = chip_.limit("cores").value * chip_.limit("neurons_per_core").value;
  std::int64_t neurons = 0;
  const PopulationSpec* largest = nullptr;
  for (const PopulationSpec& population : problem_.populations) {
    neurons += population.inputs();
    if (!largest || population.size > largest->size) largest = &population;
  }
  if (neurons > room)
    add("R0417", largest->where.empty() ? largest->name : largest->where,
        fmt::format("the network has {} neurons, the {} cores of '{}' hold {}; '{}' alone has {}", neurons,
                    chip_.limit("cores").value, chip_.name, room, largest->name, largest->size),
        (neurons + chip_.limit("neurons_per_core").value - 1) / chip_.limit("neurons_per_core").value,
        "cores", "make this layer smaller, or choose a larger chip");
  return found;
}

// The axons and formats that a choice amounts to.
void Placer::resolveLists(const ListChoice& choice, PlacedCore& core) const {
  const ProjectionSpec& projection = problem_.projections[choice.projection];
  const PlacedSlice& slice = core.slices[choice.slice];
  const std::vector<std::int64_t> counts =
      countSynapses(projection, chip_, problem_.profile->weightTruncation, slice);
  const SynapseFormat sparse = formatOf(projection, chip_, ListKind::Sparse);
  const std::int64_t allDense = listWords(slice.inputs(), formatOf(projection, chip_, ListKind::Dense));
  const int number = core.groups.empty() ? 0 : core.groups.back().number + 1;
  for (const ListKind kind : {ListKind::Sparse, ListKind::Dense, ListKind::Kernel}) {
    const auto group = static_cast<int>(core.groups.size());
    for (std::size_t source = 0; source < counts.size(); ++source) {
      if (counts[source] == 0) continue;
      ListKind here = choice.kind;
      if (choice.mixed)
        here = listWords(counts[source], sparse) > allDense ? ListKind::Dense : ListKind::Sparse;
      if (here == kind) core.axons.push_back({group, static_cast<std::int32_t>(source)});
    }
    if (!core.axons.empty() && core.axons.back().group == group)
      core.groups.push_back({choice.projection, choice.slice, kind, number});
  }
}

Expected<Placement> Placer::run() {
  constexpr int kRounds = 8;  // routes settle in two or three; each round only expects more of them
  bool fill = false, routesSettled = false;
  for (int round = 0; round < kRounds && !routesSettled; ++round) {
    placeAll(fill);
    if (!fill && static_cast<std::int64_t>(cores_.size()) > chip_.limit("cores").value) placeAll(fill = true);
    routesSettled = routesFit();
  }
  std::vector<Diagnostic> found = diagnostics();
  if (!routesSettled && found.empty()) {
    for (const OpenCore& open : cores_) {
      if (open.core.use.outputRoutes <= chip_.limit("output_axons_per_core").value) continue;
      const PopulationSpec& population = problem_.populations[open.core.slices.front().population];
      const Limit& limit = chip_.limit("output_axons_per_core");
      found.push_back({"R0414", Severity::Error,
                       fmt::format("a core that holds neurons of '{}' needs {} output routes, '{}' has {}",
                                   population.name, open.core.use.outputRoutes, chip_.name, limit.value),
                       "", population.where.empty() ? population.name : population.where,
                       static_cast<double>(open.core.use.outputRoutes), static_cast<double>(limit.value),
                       limit.source, "make its targets smaller or sparser, so that they lie on fewer cores"});
    }
  }
  if (!found.empty()) return Error{ErrorKind::Compile, std::move(found)};
  Placement placement;
  for (OpenCore& open : cores_) {
    for (const ListChoice& choice : open.lists) resolveLists(choice, open.core);
    placement.cores.push_back(std::move(open.core));
  }
  return placement;
}

}  // namespace

std::span<const CoreLimit> coreLimits() { return kCoreLimits; }

void PlacedCore::append(PlacedSlice slice, const models::ModelTable& model) {
  slice.firstCompartment = static_cast<std::int32_t>(use.neurons);
  slice.firstInput = static_cast<std::int32_t>(use.inputs);
  slice.ports = static_cast<std::int32_t>(model.portCount());
  use.neurons += slice.size();
  use.inputs += slice.inputs();
  slices.push_back(slice);
}

Expected<Placement> place(const PlacementProblem& problem, const ChipSpec& chip) {
  auto checked = checkProblem(problem, chip);
  if (checked) return Placer(problem, chip).run();
  if (checked.error().kind != ErrorKind::Compile) return checked.error();
  for (const ProjectionSpec& projection : problem.projections)
    if (projection.weightBits < 1 || projection.weightBits > 8) return checked.error();
  // Registers or formats are wrong: what else does not fit is part of the same answer.
  Error all = checked.error();
  if (auto placed = Placer(problem, chip).run(); !placed)
    all.diagnostics.insert(all.diagnostics.end(), placed.error().diagnostics.begin(),
                           placed.error().diagnostics.end());
  return all;
}

}  // namespace rheo
