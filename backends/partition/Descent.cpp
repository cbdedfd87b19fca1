// Candidates are found on any number of threads against a standing assignment; each is looked at again
// before it moves.
#include "partition/Descent.h"

#include <algorithm>
#include <tuple>

#include "partition/Fit.h"
#include "partition/Offers.h"

namespace rheo::partition {
namespace {

// Gains below this, in units of the mean edge weight, may be rounding.
constexpr double kLeastGain = 1e-4;

// A vertex that would lose more than this by leaving, in the same unit, is no partner of an exchange.
constexpr double kMostLoss = 8;
constexpr std::size_t kWishes = 3;     // per vertex: its best cores
constexpr std::size_t kPartners = 16;  // per pair of cores: the best on either side

struct Wish {
  Index from, to;
  double gain;
  Index vertex;
};

class Exchange {
 public:
  Exchange(Assignment& assignment, Workers& workers) : assignment_(assignment), workers_(workers) {}

  bool round() {
    bool gained = false;
    const std::vector<Wish> wishes = collect();
    for (auto first = wishes.begin(); first != wishes.end();) {
      const auto last = endOfPair(first, wishes.end());
      if (first->from < first->to) {
        const Wish back{first->to, first->from, 0, 0};
        const auto other = std::partition_point(last, wishes.end(), [&](const Wish& wish) {
          return std::tie(wish.from, wish.to) < std::tie(back.from, back.to);
        });
        if (other != wishes.end() && other->from == back.from && other->to == back.to)
          gained |= match({first, last}, {other, endOfPair(other, wishes.end())});
      }
      first = last;
    }
    return gained;
  }

 private:
  using Position = std::vector<Wish>::const_iterator;

  static Position endOfPair(Position first, Position end) {
    return std::find_if(first, end,
                        [&](const Wish& w) { return w.from != first->from || w.to != first->to; });
  }

  // What every vertex wishes most, room or not, by pair of cores and then best first.
  std::vector<Wish> collect() {
    std::vector<std::vector<Wish>> found(assignment_.graph().vertices());
    std::vector<Offers> scratch(workers_.count());
    workers_.run(found.size(), [&](std::size_t from, std::size_t to, int worker) {
      for (std::size_t v = from; v < to; ++v) wish(scratch[worker], static_cast<Index>(v), found[v]);
    });
    std::vector<Wish> wishes;
    for (const auto& list : found) wishes.insert(wishes.end(), list.begin(), list.end());
    std::sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) {
      return std::tuple(a.from, a.to, -a.gain, a.vertex) < std::tuple(b.from, b.to, -b.gain, b.vertex);
    });
    return wishes;
  }

  void wish(Offers& offers, Index vertex, std::vector<Wish>& list) const {
    offers.gather(assignment_, vertex);
    for (Index core : offers.cores())
      if (core != offers.home() && offers.gain(core) > -kMostLoss)
        list.push_back({offers.home(), core, offers.gain(core), vertex});
    std::sort(list.begin(), list.end(), [](const Wish& a, const Wish& b) {
      return std::tuple(-a.gain, a.to) < std::tuple(-b.gain, b.to);
    });
    if (list.size() > kWishes) list.resize(kWishes);
  }

  bool match(std::span<const Wish> there, std::span<const Wish> back) {
    bool gained = false;
    for (const Wish& wish : there.first(std::min(there.size(), kPartners)))
      for (const Wish& partner : back.first(std::min(back.size(), kPartners))) {
        if (wish.gain + partner.gain < kLeastGain) break;
        gained |= swap(wish, partner);
      }
    return gained;
  }

  bool swap(const Wish& wish, const Wish& partner) {
    if (assignment_.coreOf(wish.vertex) != wish.from || assignment_.coreOf(partner.vertex) != partner.from)
      return false;
    offers_.gather(assignment_, wish.vertex);
    const double first = offers_.gain(wish.to);
    assignment_.move(wish.vertex, wish.to);
    offers_.gather(assignment_, partner.vertex);
    const double second = offers_.gain(partner.to);
    assignment_.move(partner.vertex, partner.to);
    const CoreUse& limit = assignment_.limits().perCore;
    if (first + second >= kLeastGain && assignment_.use(wish.from).within(limit) &&
        assignment_.use(wish.to).within(limit))
      return true;
    assignment_.move(partner.vertex, partner.from);
    assignment_.move(wish.vertex, wish.from);
    return false;
  }

  Assignment& assignment_;
  Workers& workers_;
  Offers offers_;
};

}  // namespace

void descend(Assignment& assignment, int mostSweeps, Workers& workers) {
  const Index vertices = assignment.graph().vertices();
  const std::size_t batch = std::clamp<std::size_t>(vertices / 16, 1, 4096);
  std::vector<Offers> scratch(workers.count());
  std::vector<char> promising(batch);
  bool gained = true;
  for (int sweep = 0; gained && sweep < mostSweeps; ++sweep) {
    gained = false;
    for (std::size_t begin = 0; begin < vertices && !workers.cancelled(); begin += batch) {
      const std::size_t count = std::min<std::size_t>(batch, vertices - begin);
      const auto gain = [&](Offers& offers, std::size_t i) {
        offers.gather(assignment, static_cast<Index>(begin + i));
        const auto best = bestFittingOffer(assignment, offers);
        return best && best->gain >= kLeastGain ? best : std::nullopt;
      };
      workers.run(count, [&](std::size_t from, std::size_t to, int worker) {
        for (std::size_t i = from; i < to; ++i) promising[i] = gain(scratch[worker], i).has_value();
      });
      for (std::size_t i = 0; i < count; ++i) {
        if (!promising[i]) continue;
        const auto offer = gain(scratch[0], i);
        if (!offer) continue;
        assignment.move(static_cast<Index>(begin + i), offer->core);
        gained = true;
      }
    }
  }
}

void exchange(Assignment& assignment, int mostRounds, Workers& workers) {
  Exchange exchanges(assignment, workers);
  for (int round = 0; round < mostRounds && !workers.cancelled(); ++round)
    if (!exchanges.round()) return;
}

}  // namespace rheo::partition
