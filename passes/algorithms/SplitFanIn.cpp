// Which projections go through helpers is searched for, smallest first; whether loops leave a step is the
// lags' to say.
#include "algorithms/SplitFanIn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "algorithms/Crowded.h"
#include "algorithms/InputSums.h"
#include "algorithms/Lags.h"
#include "algorithms/LaterStart.h"
#include "algorithms/Problem.h"
#include "algorithms/RangeProof.h"
#include "chip/Program.h"

namespace rheo {
namespace {

// Beyond these the search for the smallest split ends: projections into one population, and attempts in all.
constexpr std::size_t kMostCandidates = 8;
constexpr int kMostAttempts = 10000;
constexpr const char* kWaysOut =
    "give the loop a delay of a step more, prune the inputs of this neuron, or choose a chip with more room "
    "in a core";

struct Crowded : CrowdedPopulation {
  std::vector<std::optional<PartialSums>> sums;   // [incoming]; empty where parts save nothing
  std::vector<std::vector<std::size_t>> choices;  // sets of `incoming` to put through helpers, best first
  bool cut = false;                               // more projections could be summed in parts than were tried
};

// One projection of one population, through helpers.
struct Move {
  const Crowded* crowded = nullptr;
  std::size_t incoming = 0;
};

class Splitter {
 public:
  Splitter(const FixedNet& net, const ChipSpec& chip, const Profile& profile)
      : before_(net), chip_(chip), profile_(profile) {
    result_.net = loosened_ = net;
  }

  Expected<SplitNet> run();

 private:
  FixedNet& net() { return result_.net; }
  FixedPopulation& population(int index) { return net().populations[static_cast<std::size_t>(index)]; }
  std::int64_t axons() const { return chip_.limit("input_axons_per_core").value; }
  std::int64_t words() const { return chip_.limit("synapse_words_per_core").value; }
  bool fits(const ListNeeds& needs) const { return fitsCore(needs, chip_); }
  int mostDelay() const { return std::min<int>(kMaxDelay, static_cast<int>(chip_.limit("max_delay").value)); }

  void shareDelays() { rheo::shareDelays(net()); }
  void partDelays();
  Status splitAll();
  std::vector<Crowded> crowded();
  Status prepare(Crowded& of);
  Expected<PartialSums> formed(std::size_t projection);
  bool enough(const Crowded& of, const std::vector<std::size_t>& chosen) const;
  Expected<std::vector<Move>> search(const std::vector<Crowded>& all);
  Status lagsWith(const std::vector<Move>& moves);
  void explain(Diagnostic& loop, const std::vector<Move>& moves, const std::vector<std::string>& populations);
  void apply(const Move& move, const std::vector<Move>& moves);
  bool keepsFirst(const Move& move, const std::vector<Move>& moves);
  std::int64_t coresFor(std::int64_t neurons, std::int64_t shared, std::int64_t each) const;
  std::int64_t payload(const Source& source);
  std::vector<std::string> names() const;
  Error refuse(int population, std::string message, std::string remedy) const;

  const FixedNet& before_;
  const ChipSpec& chip_;
  const Profile& profile_;
  FixedNet loosened_;  // what is split: `before_`, with delays where lags may use them
  SplitNet result_;
  std::map<int, std::int64_t> helperPayload_;  // population -> largest |payload|
  std::set<int> keepers_;                      // populations that keep a part themselves
  std::optional<std::vector<PopulationRange>>
      payloads_;  // of graded populations, proven when first asked for
};

Error Splitter::refuse(int index, std::string message, std::string remedy) const {
  Diagnostic diagnostic;
  diagnostic.code = "R0433";
  diagnostic.where = result_.net.populations[static_cast<std::size_t>(index)].name;
  diagnostic.message = std::move(message);
  diagnostic.limitSource = "SPEC E4";
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

// A projection for each delay, where a crowded population has several: SPEC W7 sums them apart, and each may
// find its step by itself.
void Splitter::partDelays() {
  std::set<int> targets;
  for (const Crowded& of : crowded()) targets.insert(of.population);
  const std::size_t count = net().projections.size();
  for (std::size_t j = 0; j < count; ++j) {
    const FixedProjection whole = net().projections[j];
    if (!targets.contains(whole.target) || whole.weights.delays.empty()) continue;
    for (const std::int32_t delay : delayClasses(whole.weights)) {
      FixedProjection part = whole;
      for (std::size_t i = 0; i < part.weights.values.size(); ++i)
        if (whole.weights.delays[i] != delay) part.weights.values[i] = 0;
      part.weights.delays.clear();
      part.delaySteps += delay;
      if (delay == 0) {
        net().projections[j] = std::move(part);
      } else {
        part.name = freeName(net(), fmt::format("{}.delay{}", whole.name, delay));
        net().projections.push_back(std::move(part));
      }
    }
  }
}

std::vector<std::string> Splitter::names() const {
  std::vector<std::string> names;
  for (const FixedPopulation& population : result_.net.populations) names.push_back(population.name);
  return names;
}

// Populations that some neuron keeps off every core.
std::vector<Crowded> Splitter::crowded() {
  std::vector<Crowded> found;
  for (CrowdedPopulation& of : findCrowded(net(), chip_, profile_)) found.push_back({std::move(of), {}, {}});
  return found;
}

// The largest payload of a source, as far as it is known.
std::int64_t Splitter::payload(const Source& source) {
  if (source.input) return net().inputs[static_cast<std::size_t>(source.index)].largestPayload();
  if (!population(source.index).model->graded) return 1;
  if (const auto known = helperPayload_.find(source.index); known != helperPayload_.end())
    return known->second;
  if (!payloads_) payloads_ = proveRanges(before_, profile_);
  std::int64_t most = 0;
  for (const NeuronRange& neuron : (*payloads_)[static_cast<std::size_t>(source.index)].neurons)
    most = std::max({most, std::abs(neuron.payload.lo), std::abs(neuron.payload.hi)});
  return most;
}

// The parts of a projection, whose sums the payload of a message holds. SPEC E4
Expected<PartialSums> Splitter::formed(std::size_t j) {
  const FixedProjection& projection = net().projections[j];
  const Source& source = projection.source;
  const auto most = static_cast<std::int32_t>(std::min<std::int64_t>(payload(source), INT32_MAX));
  const std::int64_t size = projection.weights.wiring.sources();
  const bool bounded = source.input || !population(source.index).model->graded;
  Expected<PartialSums> sums =
      formParts(projection, {projection.name, size, {size}, -most, most}, bounded, chip_, profile_);
  if (!sums) return sums;
  const std::int64_t largest = largestSum(*sums) * most;
  const std::int64_t bits = chip_.limit("graded_payload_bits").value;
  if (largest < std::int64_t{1} << (bits - 1)) return sums;
  Error error =
      refuse(projection.target,
             fmt::format("'{}' cannot be summed in parts: a part could reach {}, a payload of '{}' holds {}",
                         projection.name, largest, chip_.name, (std::int64_t{1} << (bits - 1)) - 1),
             "bound what its sources send, use smaller weights, or choose a chip with wider payloads");
  error.diagnostics[0].value = static_cast<double>(largest);
  error.diagnostics[0].limit = static_cast<double>((std::int64_t{1} << (bits - 1)) - 1);
  return error;
}

bool Splitter::enough(const Crowded& of, const std::vector<std::size_t>& chosen) const {
  const FixedPopulation& owner = result_.net.populations[static_cast<std::size_t>(of.population)];
  const auto ports = static_cast<std::int64_t>(owner.model->portCount());
  ListNeeds parts;
  for (const std::size_t i : chosen) {
    const std::int64_t count = std::ssize(of.sums[i]->parts);
    parts.axons += axonsFor(count, chip_.atomsPerAxon()) * ports;
    parts.words += count * ports;
  }
  for (std::size_t n = 0; n < static_cast<std::size_t>(owner.size); ++n) {
    ListNeeds all = parts;
    for (std::size_t i = 0; i < of.incoming.size(); ++i) {
      if (std::find(chosen.begin(), chosen.end(), i) != chosen.end()) continue;
      all.axons += of.needs[i][n].axons;
      all.words += of.needs[i][n].words;
    }
    if (!fits(all)) return false;
  }
  return true;
}

// The parts of every projection, and the least sets of projections that make the population fit; all of them
// where none does, to be split once more.
Status Splitter::prepare(Crowded& of) {
  const auto ports = static_cast<std::int64_t>(population(of.population).model->portCount());
  std::vector<std::size_t> candidates;
  std::optional<Error> refused;
  for (std::size_t i = 0; i < of.incoming.size(); ++i) {
    of.sums.emplace_back();
    std::int64_t most = 0;
    for (const ListNeeds& needs : of.needs[i]) most = std::max({most, needs.axons, needs.words});
    if (most <= ports) continue;
    Expected<PartialSums> sums = formed(of.incoming[i]);
    if (!sums) {
      refused = sums.error();
    } else if (static_cast<std::int64_t>(sums->parts.size()) * ports < most) {
      of.sums[i] = *std::move(sums);
      candidates.push_back(i);
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](std::size_t a, std::size_t b) {
    return of.sums[a]->into.wiring.sources() > of.sums[b]->into.wiring.sources();
  });
  const std::vector<std::size_t> all = candidates;
  of.cut = candidates.size() > kMostCandidates;
  if (of.cut) candidates.resize(kMostCandidates);
  for (std::uint32_t mask = 1; mask < 1U << candidates.size(); ++mask) {
    std::vector<std::size_t> chosen;
    for (std::size_t c = 0; c < candidates.size(); ++c)
      if ((mask >> c & 1U) != 0) chosen.push_back(candidates[c]);
    // A subset has a smaller number.
    const bool least = std::none_of(of.choices.begin(), of.choices.end(), [&](const auto& smaller) {
      return std::all_of(smaller.begin(), smaller.end(), [&](std::size_t i) {
        return std::find(chosen.begin(), chosen.end(), i) != chosen.end();
      });
    });
    if (least && enough(of, chosen)) of.choices.push_back(std::move(chosen));
  }
  std::stable_sort(of.choices.begin(), of.choices.end(), [&](const auto& a, const auto& b) {
    const auto helpers = [&](const auto& chosen) {
      std::int64_t count = 0;
      for (const std::size_t i : chosen) count += of.sums[i]->helpers();
      return count;
    };
    return helpers(a) < helpers(b);
  });
  if (of.choices.empty() && !all.empty()) of.choices.push_back(all);
  if (!of.choices.empty()) return ok();
  if (refused) return *std::move(refused);
  const std::string& name = population(of.population).name;
  return refuse(
      of.population,
      fmt::format(
          "neuron {} of '{}' needs {} input axons in one core, '{}' has {}, and no projection into it "
          "takes fewer in parts",
          of.neuron, name, of.most.axons, chip_.name, axons()),
      "prune its inputs, or choose a chip with more axons");
}

// Whether loops have a step for each of the helpers. SPEC T2, T5
Status Splitter::lagsWith(const std::vector<Move>& moves) {
  std::vector<std::string> populations = names();
  std::vector<LagEdge> edges = lagEdges(net());
  for (const Move& move : moves) {
    const auto helper = static_cast<int>(populations.size());
    const std::string owner = populations[static_cast<std::size_t>(move.crowded->population)];
    populations.push_back(freeName(net(), owner + ".part", populations));
    const std::size_t moved = move.crowded->incoming[move.incoming];
    edges.push_back({helper, move.crowded->population, 0, populations.back() + "->" + owner});
    edges[moved].target = helper;
  }
  if (Expected<LagSolution> solved = solveLags(populations, edges, mostDelay()); !solved) {
    Error error = std::move(solved).error();
    explain(error.diagnostics[0], moves, populations);
    return error;
  }
  return ok();
}

// Says of a loop without a step for the helpers why it has to have one.
void Splitter::explain(Diagnostic& loop, const std::vector<Move>& moves,
                       const std::vector<std::string>& populations) {
  if (loop.code != "R0750") return;
  for (std::size_t m = 0; m < moves.size(); ++m) {
    const Crowded& of = *moves[m].crowded;
    const std::string& owner = population(of.population).name;
    const std::string& helper = populations[net().populations.size() + m];
    if ((" -> " + loop.where).find(" -> " + helper + " -> " + owner) == std::string::npos) continue;
    loop.message += fmt::format(
        "; '{}' sums '{}' in parts, which takes one of the hops (SPEC E4): neuron {} of '{}' needs {} input "
        "axons and {} "
        "synapse words in one core, '{}' has {} and {}",
        helper, net().projections[of.incoming[moves[m].incoming]].name, of.neuron, owner, of.most.axons,
        of.most.words, chip_.name, axons(), words());
  }
  loop.remedy = fmt::format("no exact split exists: {}", kWaysOut);
}

// A search that ended early has proven nothing.
Error unproven(Error error) {
  for (Diagnostic& diagnostic : error.diagnostics)
    if (diagnostic.code == "R0750")
      diagnostic.remedy = fmt::format(
          "no exact split was found among {} projections into a population and in {} attempts: {}",
          kMostCandidates, kMostAttempts, kWaysOut);
  return error;
}

// A choice for each population, so that the loops have a step for every helper.
Expected<std::vector<Move>> Splitter::search(const std::vector<Crowded>& all) {
  std::vector<std::vector<std::vector<Move>>> possible;  // [crowded][choice]
  for (const Crowded& of : all) {
    auto& open = possible.emplace_back();
    std::optional<Error> first;
    for (const std::vector<std::size_t>& choice : of.choices) {
      std::vector<Move> moves;
      for (const std::size_t i : choice) moves.push_back({&of, i});
      if (Status solved = lagsWith(moves); solved)
        open.push_back(std::move(moves));
      else if (!first)
        first = solved.error();
    }
    if (open.empty()) return of.cut ? unproven(*std::move(first)) : *std::move(first);
  }
  std::vector<Move> taken;
  std::optional<Error> first;
  int attempts = 0;
  const auto choose = [&](const auto& self, std::size_t depth) -> bool {
    if (depth == possible.size()) return true;
    for (const std::vector<Move>& moves : possible[depth]) {
      if (++attempts > kMostAttempts) return false;
      const std::size_t before = taken.size();
      taken.insert(taken.end(), moves.begin(), moves.end());
      if (Status solved = lagsWith(taken); !solved) {
        if (!first) first = solved.error();
      } else if (self(self, depth + 1)) {
        return true;
      }
      taken.resize(before);
    }
    return false;
  };
  if (choose(choose, 0)) return taken;
  const bool cut = std::any_of(all.begin(), all.end(), [](const Crowded& of) { return of.cut; });
  return cut || attempts > kMostAttempts ? unproven(*std::move(first)) : *std::move(first);
}

// Cores for so many neurons, which share some axons and take each some of their own.
std::int64_t Splitter::coresFor(std::int64_t neurons, std::int64_t shared, std::int64_t each) const {
  const std::int64_t room = std::max<std::int64_t>(1, (axons() - shared) / std::max<std::int64_t>(1, each));
  const std::int64_t inCore = std::min(room, chip_.limit("neurons_per_core").value);
  return (neurons + inCore - 1) / inCore;
}

// Whether the owner had better keep the sources of the first part: that saves its helpers, and takes room at
// the owner.
bool Splitter::keepsFirst(const Move& move, const std::vector<Move>& moves) {
  const Crowded& of = *move.crowded;
  const PartialSums& sums = *of.sums[move.incoming];
  const FixedProjection& projection = net().projections[of.incoming[move.incoming]];
  const Wiring& wiring = projection.weights.wiring;
  const auto parts = static_cast<std::int64_t>(sums.parts.size());
  if (sums.channels || wiring.convolution() || parts < 2 || !shiftsAlike(projection, profile_)) return false;
  const FixedPopulation& owner = population(of.population);
  const auto ports = static_cast<std::int64_t>(owner.model->portCount());
  if (keepers_.contains(of.population)) return false;
  std::int64_t shared = 0,
               each = 0;  // axons from others: of those without helpers, and of a neuron's other parts
  for (std::size_t i = 0; i < of.incoming.size(); ++i) {
    const bool moved = std::any_of(moves.begin(), moves.end(), [&](const Move& other) {
      return other.crowded == &of && other.incoming == i;
    });
    if (i == move.incoming) continue;
    std::int64_t most = 0;
    for (const ListNeeds& needs : of.needs[i]) most = std::max({most, needs.axons, needs.words});
    (moved ? each : shared) += moved ? static_cast<std::int64_t>(of.sums[i]->parts.size()) * ports : most;
  }
  const std::int64_t kept = sums.parts.front().count, all = shared + kept + each + (parts - 1) * ports;
  if (!fits({all, all})) return false;
  const std::int64_t rows = wiring.targets(), perCore = chip_.limit("neurons_per_core").value;
  const auto helperCores = [&](std::int64_t count) { return (count * rows + perCore - 1) / perCore; };
  return coresFor(owner.size, shared + kept, each + (parts - 1) * ports) + helperCores(parts - 1) <=
         coresFor(owner.size, shared, each + parts * ports) + helperCores(parts);
}

// Puts a projection through helpers.
void Splitter::apply(const Move& move, const std::vector<Move>& moves) {
  const Crowded& of = *move.crowded;
  PartialSums sums = *of.sums[move.incoming];
  const std::size_t index = of.incoming[move.incoming];
  const bool keeps = keepsFirst(move, moves);
  const std::string helperCalled = freeName(net(), population(of.population).name + ".part");
  FixedProjection into = net().projections[index];
  FixedProjection sum;
  const Part first = sums.parts.front();
  if (keeps) {
    dropFirst(sums);
    keepers_.insert(of.population);
  }
  helperPayload_[static_cast<int>(net().populations.size())] = largestSum(sums) * payload(into.source);

  FixedPopulation helper;
  helper.name = helperCalled;
  helper.model = models::findModel("graded_vec");  // SPEC N27
  helper.size = sums.helpers();
  helper.shape = {helper.size};
  if (const std::optional<Convolution>& map = into.weights.wiring.convolution(); map && sums.channels)
    helper.shape = {helper.size / map->positionsOut(), map->rows.outputs, map->columns.outputs};
  helper.hidden = true;
  helper.registers = {{"threshold", {0}}};

  sum.name = freeName(net(), helperCalled + "->" + population(of.population).name);
  sum.source = {false, static_cast<int>(net().populations.size())};
  sum.target = of.population;
  sum.weightBits = sums.sumBits;
  sum.signMode = SignMode::Excitatory;
  sum.exponent = sums.sumExponent;
  sum.weights = std::move(sums.sum);

  result_.sums.push_back({population(of.population).name, into.name, helperCalled, helper.size, sums.parts,
                          sums.channels, keeps});
  into.target = sum.source.index;
  into.exponent = sums.intoExponent;
  into.weights = std::move(sums.into);
  if (keeps) {
    Connections<std::int32_t>& direct = net().projections[index].weights;
    for (std::int64_t target = 0; target < direct.wiring.targets(); ++target)
      direct.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t i) {
        if (source < first.first || source >= first.first + first.count)
          direct.values[static_cast<std::size_t>(i)] = 0;
      });
    into.name = freeName(net(), into.name + ".part");
    net().projections.push_back(std::move(into));
  } else {
    net().projections[index] = std::move(into);
  }
  net().populations.push_back(std::move(helper));
  net().projections.push_back(std::move(sum));
}

// Until everything fits: what was split may have to be split once more.
Status Splitter::splitAll() {
  for (;;) {
    std::vector<Crowded> all = crowded();
    if (all.empty()) return ok();
    for (Crowded& of : all)
      if (Status prepared = prepare(of); !prepared) return prepared;
    Expected<std::vector<Move>> moves = search(all);
    if (!moves) return moves.error();
    for (const Move& move : *moves) apply(move, *moves);
  }
}

Expected<SplitNet> Splitter::run() {
  if (crowded().empty()) return std::move(result_);
  if (Status sums = checkInputSums(before_); !sums) return sums.error();  // SPEC W8, E4
  if (!chip_.extends("partial_sums")) {
    const int population = crowded().front().population;
    Error error =
        refuse(population,
               fmt::format("'{}' needs the extension 'partial_sums' to split its fan-in, which '{}' lacks",
                           result_.net.populations[static_cast<std::size_t>(population)].name, chip_.name),
               "choose a chip that lists it (loihi2), or prune its inputs");
    error.diagnostics[0].code = "R0411";
    return error;
  }
  // Where loops have no step, delays that synapses bear themselves may give one: those of all, then those of
  // some.
  Expected<LagSolution> before = solveLags(before_, mostDelay());
  Status split = splitAll();
  for (void (Splitter::*loosen)() : {&Splitter::shareDelays, &Splitter::partDelays}) {
    if (split || split.error().diagnostics[0].code != "R0750") break;
    result_ = {loosened_, {}, 0};
    helperPayload_.clear();
    keepers_.clear();
    (this->*loosen)();
    loosened_ = net();
    if (!before) before = solveLags(net(), mostDelay());
    split = splitAll();
  }
  if (!split) return split.error();
  if (!before) return std::move(before).error();
  if (Status assigned = assignLags(net(), mostDelay()); !assigned) return assigned.error();
  Expected<LagSolution> after = solveLags(net(), mostDelay());
  if (Status shifted = shiftStart(net(), *before, *after, profile_); !shifted) return shifted.error();
  result_.steps = after->largest - before->largest;
  return std::move(result_);
}

}  // namespace

Expected<SplitNet> splitFanIn(const FixedNet& net, const ChipSpec& chip, const Profile& profile) {
  return Splitter(net, chip, profile).run();
}

}  // namespace rheo
