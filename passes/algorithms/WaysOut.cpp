// Remedies that are tried before they are offered.
#include "algorithms/WaysOut.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "algorithms/Problem.h"
#include "algorithms/RelayFanIn.h"
#include "algorithms/SplitFanIn.h"
#include "place/Place.h"
#include "support/Text.h"

namespace rheo {
namespace {

bool areAll(const std::vector<Diagnostic>& all, const std::set<std::string>& codes) {
  return std::all_of(all.begin(), all.end(), [&](const Diagnostic& d) { return codes.contains(d.code); });
}

// A fan-in that fits no core may be split: offered where that has been tried and all of it fits.
void offerSplit(const FixedNet& net, const ChipSpec& chip, const Profile& profile, bool clones,
                std::vector<Diagnostic>& all) {
  if (!chip.extends("partial_sums") || !areAll(all, {"R0412", "R0413"})) return;
  const Expected<SplitNet> split = splitFanIn(net, chip, profile);
  if (!split || split->sums.empty() || !place(problemOf(split->net, profile), chip, {}, clones)) return;
  const std::string price =
      fmt::format("adds {} (graded spikes)",
                  counted(split->sums.size(), "partial-sum population", "partial-sum populations"));
  const auto steps = static_cast<std::size_t>(split->steps);
  const std::string effect =
      steps == 0 ? "; the output is unchanged"
                 : fmt::format(" and {}; the output is unchanged but {} later",
                               counted(steps, "time step", "time steps"), counted(steps, "step", "steps"));
  for (Diagnostic& diagnostic : all)
    diagnostic.remedy = fmt::format("run with --split-fan-in: {}{}; or {}", price, effect, diagnostic.remedy);
}

// What rounds comes last, and only where nothing exact could be offered.
void offerRelays(const FixedNet& net, const ChipSpec& chip, const Profile& profile, bool clones,
                 std::vector<Diagnostic>& all) {
  if (chip.extends("partial_sums") || !areAll(all, {"R0412", "R0413"})) return;
  const Expected<RelayedNet> relayed = relayFanIn(net, chip, profile);
  if (!relayed || relayed->sums.empty() || !place(problemOf(relayed->net, profile), chip, {}, clones)) return;
  std::int64_t relays = 0;
  for (const RelayedSum& sum : relayed->sums) relays += sum.neurons;
  for (Diagnostic& diagnostic : all)
    diagnostic.remedy += fmt::format(
        "; or run with --relay-fan-in, which rounds: {} send the sums in quanta, {} later, and spikes "
        "change (`rheobase explain R0346`)",
        counted(static_cast<std::size_t>(relays), "relay", "relays"),
        counted(static_cast<std::size_t>(relayed->steps), "step", "steps"));
}

// Routes that fit no core may be shared by clones: offered where that has been tried and all of it fits.
void offerClones(const PlacementProblem& problem, const ChipSpec& chip, std::vector<Diagnostic>& all) {
  if (!areAll(all, {"R0414"})) return;
  const Expected<Placement> cloned = place(problem, chip, {}, true);
  if (!cloned) {
    for (Diagnostic& diagnostic : all)
      diagnostic.remedy +=
          fmt::format("; --clone-fan-out does not help: {}", cloned.error().diagnostics.front().message);
    return;
  }
  std::size_t clones = 0;
  for (const auto& [key, neurons] : clonesOf(*cloned)) clones += neurons.size();
  for (Diagnostic& diagnostic : all)
    diagnostic.remedy = fmt::format(
        "run with --clone-fan-out: adds {}, {} in all; the output is unchanged, and no step "
        "later; or {}",
        counted(clones, "neuron that clones another", "neurons that clone others"),
        counted(cloned->cores.size(), "core", "cores"), diagnostic.remedy);
}

}  // namespace

void offerWaysOut(const FixedNet& net, const ChipSpec& chip, const Profile& profile, bool clones,
                  std::vector<Diagnostic>& all) {
  offerSplit(net, chip, profile, clones, all);
  offerRelays(net, chip, profile, clones, all);
  if (!clones) offerClones(problemOf(net, profile), chip, all);
}

}  // namespace rheo
