// Greedy moves from where limits are exceeded to where there is room.
#include "partition/Repair.h"

#include <algorithm>
#include <optional>

#include "partition/Fit.h"
#include "partition/Offers.h"

namespace rheo::partition {
namespace {

std::vector<std::vector<Index>> membersByCore(const Assignment& assignment) {
  std::vector<std::vector<Index>> members(assignment.cores());
  for (Index vertex = 0; vertex < assignment.graph().vertices(); ++vertex)
    members[assignment.coreOf(vertex)].push_back(vertex);
  return members;
}

class Repairer {
 public:
  explicit Repairer(Assignment& assignment) : assignment_(assignment) {}

  void run() {
    const auto members = membersByCore(assignment_);
    for (Index core = 0; core < members.size(); ++core) relieve(core, members[core]);
  }

 private:
  struct Candidate {
    Index vertex;
    double loss;  // of connectivity, for what it frees
  };

  // The core with the fewest neurons takes what shares no edge with any core that has room.
  Index emptiest() const {
    Index best = 0;
    for (Index core = 1; core < assignment_.cores(); ++core)
      if (assignment_.use(core).neurons < assignment_.use(best).neurons) best = core;
    return best;
  }

  std::optional<Offer> bestOffer(Index vertex, Index spare) {
    offers_.gather(assignment_, vertex);
    std::optional<Offer> best = bestFittingOffer(assignment_, offers_);
    if (best || spare == offers_.home() || !fits(assignment_, offers_, spare)) return best;
    return Offer{spare, offers_.gain(spare)};
  }

  // How much of the core's excess leaves with the vertex that was looked at last, as a share of the limits.
  double relief(const CoreUse& use) const {
    const CoreUse& limit = assignment_.limits().perCore;
    const auto share = [](std::uint64_t freed, std::uint64_t used, std::uint64_t most) {
      return used > most ? static_cast<double>(std::min(freed, used - most)) / static_cast<double>(most + 1)
                         : 0;
    };
    return share(offers_.freed().neurons, use.neurons, limit.neurons) +
           share(offers_.freed().axons, use.axons, limit.axons) +
           share(offers_.freed().words, use.words, limit.words);
  }

  void relieve(Index core, std::vector<Index> members) {
    std::size_t moved = 0;
    while (!assignment_.use(core).within(assignment_.limits().perCore)) {
      const Index spare = emptiest();
      const std::vector<Candidate> candidates = rank(core, members, spare);
      // Few at a time: each move changes what the others would gain.
      const std::size_t before = moved, most = moved + 1 + moved / 4;
      for (const Candidate& candidate : candidates) {
        if (moved == most || assignment_.use(core).within(assignment_.limits().perCore)) break;
        if (const auto offer = bestOffer(candidate.vertex, spare)) {
          assignment_.move(candidate.vertex, offer->core);
          ++moved;
        }
      }
      if (moved == before) assignment_.openCore();
      std::erase_if(members, [&](Index vertex) { return assignment_.coreOf(vertex) != core; });
    }
  }

  std::vector<Candidate> rank(Index core, const std::vector<Index>& members, Index spare) {
    constexpr double kNoRelief = 1e-6;  // such vertices come last, yet they come
    std::vector<Candidate> candidates;
    for (Index vertex : members)
      if (const auto offer = bestOffer(vertex, spare)) {
        const double freed = std::max(relief(assignment_.use(core)), kNoRelief);
        candidates.push_back({vertex, offer->gain > 0 ? -offer->gain * freed : -offer->gain / freed});
      }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.loss < b.loss; });
    return candidates;
  }

  Assignment& assignment_;
  Offers offers_;
};

}  // namespace

void repair(Assignment& assignment) { Repairer(assignment).run(); }

bool dissolve(Assignment& assignment, Index core, bool mayRise) {
  std::vector<Index> moved;
  const auto undo = [&] {
    for (Index vertex : moved) assignment.move(vertex, core);
    return false;
  };
  Offers offers;
  double gain = 0;
  for (Index vertex = 0; vertex < assignment.graph().vertices(); ++vertex) {
    if (assignment.coreOf(vertex) != core) continue;
    offers.gather(assignment, vertex);
    const auto offer = bestFittingOffer(assignment, offers);
    if (!offer) return undo();
    assignment.move(vertex, offer->core);
    moved.push_back(vertex);
    gain += offer->gain;
  }
  return gain >= 0 || mayRise || undo();
}

}  // namespace rheo::partition
