// Greedy placement: populations in order, the rest of a population into the first core that holds all of
// it, else into a fresh one. Where that takes too many cores, gaps are filled too. What is wanted somewhere
// is placed before.
#include "place/Place.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "chip/LimitRules.h"
#include "place/ListCost.h"
#include "place/Placer.h"

namespace rheo {
namespace {

constexpr std::array kCoreLimits{
    // A neuron of several ports takes the room of as many compartments.
    CoreLimit{&CoreUse::inputs, "neurons_per_core", "R0426", "compartments", "choose another chip"},
    CoreLimit{
        &CoreUse::inputAxons, "input_axons_per_core", "R0412", "input axons",
        "prune its inputs or spread them over several smaller layers; or choose a chip with more axons"},
    CoreLimit{&CoreUse::synapseWords, "synapse_words_per_core", "R0413", "synapse words",
              "use fewer weight bits or prune; or choose a chip with more synapse memory"},
    CoreLimit{&CoreUse::outputRoutes, "output_axons_per_core", "R0414", "output routes",
              "make its targets smaller or sparser, so that they lie on fewer cores"},
    CoreLimit{&CoreUse::profiles, "profiles_per_core", "R0415", "neuron profiles",
              "share parameters among neurons"},
    CoreLimit{&CoreUse::constants, "constants_per_core", "R0427", "constants",
              "share parameters among neurons"},
    CoreLimit{&CoreUse::stateWords, "state_words_per_core", "R0423", "words of state",
              "choose a neuron model with fewer states, or another chip"},
    CoreLimit{&CoreUse::delaySlots, "delay_slots_per_core", "R0424", "delay slots",
              "shorten the longest delay into these neurons"},
    CoreLimit{
        &CoreUse::formats, "formats_per_core", "R0416", "synapse formats",
        "give the rows of a projection one exponent and at most the bits that a synapse stores, or merge "
        "projections that enter the same population"},
};

}  // namespace

std::span<const CoreLimit> coreLimits() { return kCoreLimits; }

Placer::Placer(const PlacementProblem& problem, const ChipSpec& chip, std::span<const WantedCore> wanted,
               bool clones)
    : problem_(problem), chip_(chip), wanted_(wanted), clones_(clones), usableCores_(chip.usableCores()) {
  for (const CoreLimit& limit : kCoreLimits) limits_.push_back(chip.limit(limit.name).value);
  incoming_.resize(problem.populations.size());
  for (std::size_t i = 0; i < problem.projections.size(); ++i)
    incoming_[problem.projections[i].target].push_back(static_cast<int>(i));
  routes_ = noneOfEach();
  findProfiles();
}

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

std::vector<ListCost> Placer::listsInto(int population) const {
  std::vector<ListCost> lists;
  for (const int projection : incoming_[population]) lists.emplace_back(problem_, chip_, projection);
  return lists;
}

// What they take beside what is used already, and how they are stored then: in few words, as far as there are
// axons, which lists of different lengths do not share. SPEC I5
std::vector<ListChoice> Placer::addLists(const std::vector<ListCost>& lists, CoreUse& use) const {
  for (const ListCost& cost : lists) {
    use.wait(cost.mostDelay());
    use.inputAxons += cost.axons();
    use.synapseWords += cost.singleWords();
    use.formats += cost.axons() > 0 ? 1 : 0;
  }
  const std::int64_t formatLimit = chip_.limit("formats_per_core").value;
  const std::int64_t axonLimit = chip_.limit("input_axons_per_core").value;
  std::vector<ListChoice> choices;
  for (const ListCost& cost : lists) {
    if (cost.axons() == 0) continue;
    ListChoice choice{cost.projection(), 0, cost.kind(), false};
    if (const std::int64_t saved = cost.axonsSavedByDense(); saved > 0 && use.inputAxons > axonLimit) {
      choice.kind = ListKind::Dense;
      use.inputAxons -= saved;
      use.synapseWords += cost.words(ListKind::Dense) - cost.words(ListKind::Sparse);
    } else if (const std::int64_t more = cost.mixedAxons() - cost.axons();
               cost.savedByBoth() > 0 && use.formats < formatLimit &&
               (more <= 0 || use.inputAxons + more <= axonLimit)) {
      choice.mixed = true;
      use.inputAxons += more;
      use.synapseWords -= cost.savedByBoth();
      ++use.formats;
    }
    choices.push_back(choice);
  }
  return choices;
}

Placer::Whole Placer::wholeOf(int population, std::span<const std::int32_t> rows) const {
  Whole whole{listsInto(population)};
  for (const std::int32_t neuron : rows) {
    whole.routes += expectedRoutes(population, neuron);
  }
  for (ListCost& cost : whole.lists) cost.addNeurons(rows);
  return whole;
}

// False where a core has no room for all rows, which a trial would find out row by row.
bool Placer::mayTake(const OpenCore& open, int population, std::int64_t rows, const Whole& whole) const {
  CoreUse use = open.core.use;
  use.takeNeurons(rows, *problem_.populations[population].model);
  use.outputRoutes += whole.routes;
  addLists(whole.lists, use);
  return fits(use);
}

// What tryRows gives where all of them fit; of no rows where they do not.
Trial Placer::tryWhole(const OpenCore& open, int population, std::span<const std::int32_t> rows,
                       const Whole& whole) const {
  Trial trial;
  trial.use = open.core.use;
  trial.profiles = open.profiles;
  trial.constants = open.constants;
  for (const std::int32_t neuron : rows) takeNeuron(population, neuron, trial);
  trial.lists = addLists(whole.lists, trial.use);
  if (fits(trial.use)) trial.rows = static_cast<std::int32_t>(std::ssize(rows));
  return trial;
}

Trial Placer::tryRows(const OpenCore& open, int population, std::span<const std::int32_t> rows) const {
  Trial trial;
  trial.use = trial.refused = open.core.use;
  trial.profiles = open.profiles;
  trial.constants = open.constants;
  std::vector<ListCost> costs = listsInto(population);
  Trial neurons = trial;  // without their lists
  for (const std::int32_t neuron : rows) {
    takeNeuron(population, neuron, neurons);
    CoreUse use = neurons.use;
    for (ListCost& cost : costs) cost.addNeuron(neuron);
    std::vector<ListChoice> lists = addLists(costs, use);
    trial.refused = use;
    if (!fits(use)) break;
    ++trial.rows;
    trial.use = use;
    trial.lists = std::move(lists);
    trial.profiles = neurons.profiles;
    trial.constants = neurons.constants;
  }
  return trial;
}

// What one neuron more takes, its lists left out.
void Placer::takeNeuron(int population, std::int32_t neuron, Trial& trial) const {
  const models::ModelTable& model = *problem_.populations[population].model;
  trial.use.takeNeurons(1, model);
  trial.use.outputRoutes += expectedRoutes(population, neuron);
  trial.profiles.insert(profileOf_[population][neuron]);
  trial.use.profiles = static_cast<std::int64_t>(trial.profiles.size());
  const int block = constantsOf_[population][neuron];
  if (trial.constants.insert(block).second)
    trial.use.constants += constantsOfBlock_[static_cast<std::size_t>(block)];
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

void Placer::placePopulation(int population) {
  if (const Convolution* map = featureMapOf(problem_, population)) return placeTiles(population, *map);
  std::vector<std::int32_t> neurons;
  for (std::int32_t neuron = 0; neuron < problem_.populations[population].size; ++neuron)
    if (!taken_[population][neuron]) neurons.push_back(neuron);
  placeRows(population, neurons, 0);
}

void Placer::placeRows(int population, std::span<const std::int32_t> rest, std::int32_t clone) {
  const auto firstOf = [&](std::size_t rows) {
    PlacedSlice slice = sliceOf(population, rest.first(rows));
    slice.clone = clone;
    return slice;
  };
  while (!rest.empty()) {
    bool placed = false;
    std::optional<Whole> whole;
    for (OpenCore& open : cores_) {
      if (!mayFill(open)) continue;
      const bool last = fill_ && (open.kept || &open == &cores_.back());
      const std::int64_t inputs =
          open.core.use.inputs + problem_.populations[population].model->inputsOf(std::ssize(rest));
      if (!last && inputs > chip_.limit("neurons_per_core").value) continue;
      if (!last && !whole) whole = wholeOf(population, rest);
      if (!last && !mayTake(open, population, std::ssize(rest), *whole)) continue;
      Trial trial = last ? tryRows(open, population, rest) : tryWhole(open, population, rest, *whole);
      if (trial.rows < std::ssize(rest) && (!last || trial.rows == 0)) continue;
      const auto rows = static_cast<std::size_t>(trial.rows);
      commit(open, firstOf(rows), std::move(trial));
      rest = rest.subspan(rows);
      placed = true;
      break;
    }
    if (placed) continue;
    OpenCore fresh;
    Trial trial = whole ? tryWhole(fresh, population, rest, *whole) : Trial();
    if (trial.rows == 0) trial = tryRows(fresh, population, rest);
    if (trial.rows == 0) {
      noteRefused(population, rest.front(), trial.refused);
      rest = rest.subspan(1);
      continue;
    }
    const auto rows = static_cast<std::size_t>(trial.rows);
    commit(fresh, firstOf(rows), std::move(trial));
    cores_.push_back(std::move(fresh));
    rest = rest.subspan(rows);
  }
}

void Placer::placeAll(bool fill) {
  fill_ = fill;
  cores_.clear();
  violations_.clear();
  openWanted();
  for (std::size_t i = 0; i < problem_.populations.size(); ++i) placePopulation(static_cast<int>(i));
  if (clones_) placeClones();
}

// [population][neuron]
std::vector<std::vector<std::int64_t>> Placer::noneOfEach() const {
  std::vector<std::vector<std::int64_t>> counts;
  for (const PopulationSpec& population : problem_.populations) counts.emplace_back(population.size, 0);
  return counts;
}

// [population][neuron]: one route for each list that the neuron's spikes reach.
std::vector<std::vector<std::int64_t>> Placer::countRoutes() const {
  std::vector<std::vector<std::int64_t>> counts = noneOfEach();
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
  const auto counts = countRoutes(), holders = countHolders();
  const std::int64_t limit = chip_.limit("output_axons_per_core").value;
  bool fit = true;
  for (OpenCore& open : cores_) {
    open.core.use.outputRoutes = 0;
    for (const PlacedSlice& slice : open.core.slices)
      for (std::int32_t i = 0; i < slice.size(); ++i)
        open.core.use.outputRoutes += dealt(counts[slice.population][slice.neuron(i)],
                                            holders[slice.population][slice.neuron(i)], slice.clone);
    fit &= open.core.use.outputRoutes <= limit;
  }
  for (std::size_t p = 0; p < counts.size(); ++p)
    for (std::size_t i = 0; i < counts[p].size(); ++i) routes_[p][i] = std::max(routes_[p][i], counts[p][i]);
  return fit;
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
      if (here == kind) core.axons.push_back({group, static_cast<std::int32_t>(source), 0});
    }
    if (!core.axons.empty() && core.axons.back().group == group)
      core.groups.push_back({choice.projection, choice.slice, kind, number});
  }
}

Expected<Placement> Placer::run() {
  // Routes settle in two or three rounds; each only expects more of them. Clones have sources, whose routes
  // they add to.
  const int rounds = clones_ ? 40 : 8;
  bool fill = false, routesSettled = false;
  const auto tooLarge = [&] { return static_cast<std::int64_t>(cores_.size()) > usableCores_; };
  std::vector<Diagnostic> endless;
  for (int round = 0; round < rounds && !routesSettled && !(clones_ && tooLarge()); ++round) {
    placeAll(fill);
    if (!fill && tooLarge()) placeAll(fill = true);
    routesSettled = routesFit();
    if (clones_ && !routesSettled && round == 0) endless = endlessClones();
    if (!endless.empty()) return Error{ErrorKind::Compile, std::move(endless)};
  }
  std::vector<Diagnostic> found = diagnostics();
  if (!routesSettled && found.empty()) found = crowdedRoutes();
  if (!found.empty()) return Error{ErrorKind::Compile, std::move(found)};
  Placement placement;
  const std::vector<std::int32_t> ids = giveIds();
  const auto holders = countHolders();
  for (OpenCore& open : cores_) {
    open.core.id = ids[placement.cores.size()];
    for (const ListChoice& choice : open.lists) resolveLists(choice, open.core);
    placement.cores.push_back(std::move(open.core));
  }
  if (clones_) dealRoutes(holders, placement);
  return placement;
}

void CoreUse::takeNeurons(std::int64_t count, const models::ModelTable& model) {
  neurons += count;
  inputs += model.inputsOf(count);
  stateWords += count * std::ssize(model.states);
  wait(longestDelay);
}

void CoreUse::wait(int delay) {
  longestDelay = std::max(longestDelay, delay);
  delaySlots = rheo::delaySlots(inputs, longestDelay);
}

void PlacedCore::append(PlacedSlice slice, const models::ModelTable& model) {
  slice.firstCompartment = static_cast<std::int32_t>(use.neurons);
  slice.firstInput = static_cast<std::int32_t>(use.inputs);
  slice.ports = static_cast<std::int32_t>(model.portCount());
  use.takeNeurons(slice.size(), model);
  slices.push_back(slice);
}

Expected<Placement> place(const PlacementProblem& problem, const ChipSpec& chip,
                          std::span<const WantedCore> wanted, bool clones) {
  auto checked = checkProblem(problem, chip);
  if (checked) return Placer(problem, chip, wanted, clones).run();
  if (checked.error().kind != ErrorKind::Compile) return checked.error();
  for (const ProjectionSpec& projection : problem.projections)
    if (projection.weightBits < 1 || projection.weightBits > 8) return checked.error();
  // Registers or formats are wrong: what else does not fit is part of the same answer.
  Error all = checked.error();
  if (auto placed = Placer(problem, chip, wanted, clones).run(); !placed)
    all.diagnostics.insert(all.diagnostics.end(), placed.error().diagnostics.begin(),
                           placed.error().diagnostics.end());
  return all;
}

}  // namespace rheo
