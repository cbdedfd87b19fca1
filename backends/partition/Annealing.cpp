// Batches of vertices look at a standing assignment, on any number of threads, and then move one by one.
#include "partition/Annealing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "partition/Fit.h"
#include "partition/Offers.h"
#include "partition/Random.h"

namespace rheo::partition {
namespace {

// What is this many temperatures worse than the best is never drawn (e^-20).
constexpr double kHopeless = 20;

constexpr double kRefused = -1e30;

// A vertex whose best move is hopeless n times over rests for n sweeps, at most so many.
constexpr double kLongestRest = 4;

// Excess of less than one part in so many of what is used is left to the repair.
constexpr std::uint64_t kNotable = 1000;

// What one unit beyond a limit costs, in units of the mean edge weight.
struct Prices {
  double neurons = 0.5, axons = 0.2, words = 0.2;

  double of(const CoreUse& use, const CoreUse& limit) const {
    return neurons * over(use.neurons, limit.neurons) + axons * over(use.axons, limit.axons) +
           words * over(use.words, limit.words);
  }

  // Rise while there is notable excess, fall slowly while there is little.
  void adapt(const CoreUse& excess, const CoreUse& used) {
    adapt(neurons, excess.neurons, used.neurons);
    adapt(axons, excess.axons, used.axons);
    adapt(words, excess.words, used.words);
  }

 private:
  static double over(std::uint64_t used, std::uint64_t limit) {
    return used > limit ? static_cast<double>(used - limit) : 0;
  }
  static void adapt(double& price, std::uint64_t excess, std::uint64_t used) {
    price = std::clamp(price * (excess * kNotable > used ? 1.1 : 0.95), 1e-3, 1e6);
  }
};

// A core may exceed a limit by this share and one more: enough for two vertices to change places one after
// the other, too little for cores to grow together where their common axons cost nothing more.
constexpr std::uint64_t kSlack = 32;

CoreUse withSlack(const CoreUse& limit) {
  return {limit.neurons + limit.neurons / kSlack + 1, limit.axons + limit.axons / kSlack + 1,
          limit.words + limit.words / kSlack + 1};
}

class Annealer {
 public:
  Annealer(Assignment& assignment, const AnnealingPlan& plan, Workers& workers)
      : assignment_(assignment),
        plan_(plan),
        workers_(workers),
        most_(withSlack(assignment.limits().perCore)),
        scratch_(workers.count()),
        order_(assignment.graph().vertices()),
        restUntil_(assignment.graph().vertices(), 0),
        batch_(std::clamp<std::size_t>(order_.size() / 256, 1, 1024)) {
    std::iota(order_.begin(), order_.end(), Index{0});
  }

  void sweep(int number) {
    sweep_ = number;
    const double passed = plan_.sweeps > 1 ? double(number) / (plan_.sweeps - 1) : 1;
    temperature_ = plan_.hottest * std::pow(plan_.coldest / plan_.hottest, passed);
    Random(plan_.seed, Purpose::Order, number).shuffle(order_);
    awake_.clear();
    for (Index vertex : order_)
      if (restUntil_[vertex] <= number) awake_.push_back(vertex);
    chosen_.resize(batch_);
    for (std::size_t begin = 0; begin < awake_.size() && !workers_.cancelled(); begin += batch_) {
      const std::size_t count = std::min(batch_, awake_.size() - begin);
      workers_.run(count, [&](std::size_t from, std::size_t to, int worker) {
        for (std::size_t i = from; i < to; ++i) chosen_[i] = choose(scratch_[worker], awake_[begin + i]);
      });
      for (std::size_t i = 0; i < count; ++i) assignment_.move(awake_[begin + i], chosen_[i]);
    }
    CoreUse used;
    for (Index core = 0; core < assignment_.cores(); ++core) used = used + assignment_.use(core);
    prices_.adapt(assignment_.excess(), used);
  }

 private:
  struct Scratch {
    Offers offers;
    std::vector<double> gains;
  };

  // The core that `vertex` draws; its own may be among them.
  Index choose(Scratch& scratch, Index vertex) {
    Offers& offers = scratch.offers;
    offers.gather(assignment_, vertex);
    const double best = priceGains(scratch);
    if (best < -kHopeless * temperature_) {
      const double times = -best / (kHopeless * temperature_);
      restUntil_[vertex] = sweep_ + 1 + static_cast<int>(std::min(times, kLongestRest));
      return offers.home();
    }
    Random noise(plan_.seed, Purpose::Noise, sweep_, vertex);
    const auto gumbel = [&] { return -temperature_ * std::log(-std::log(noise.uniform())); };
    Index drawn = offers.home();
    double drawnGain = gumbel();
    const double threshold = std::max(best, 0.0) - kHopeless * temperature_;
    for (std::size_t i = 0; i < offers.cores().size(); ++i) {
      if (scratch.gains[i] < threshold || offers.cores()[i] == offers.home()) continue;
      const double gain = scratch.gains[i] + gumbel();
      if (gain <= drawnGain) continue;
      drawnGain = gain;
      drawn = offers.cores()[i];
    }
    return drawn;
  }

  // The gain on each core, prices included; returns the best of other cores.
  double priceGains(Scratch& scratch) const {
    const Offers& offers = scratch.offers;
    const CoreUse& limit = assignment_.limits().perCore;
    const CoreUse& homeUse = assignment_.use(offers.home());
    const double relief = prices_.of(homeUse, limit) - prices_.of(homeUse - offers.freed(), limit);
    double best = kRefused;
    scratch.gains.clear();
    for (Index core : offers.cores()) {
      const CoreUse &before = assignment_.use(core), after = before + offers.added(core);
      const double price = prices_.of(after, limit) - prices_.of(before, limit);
      scratch.gains.push_back(after.within(most_) ? offers.gain(core) + relief - price : kRefused);
      if (core != offers.home()) best = std::max(best, scratch.gains.back());
    }
    return best;
  }

  Assignment& assignment_;
  const AnnealingPlan& plan_;
  Workers& workers_;
  CoreUse most_;
  std::vector<Scratch> scratch_;  // by worker
  std::vector<Index> order_, awake_, chosen_;
  std::vector<int> restUntil_;  // by vertex: the first sweep in which it is looked at again
  std::size_t batch_;
  Prices prices_;
  double temperature_ = 0;
  int sweep_ = 0;
};

}  // namespace

void anneal(Assignment& assignment, const AnnealingPlan& plan, Workers& workers, const SweepReport& report) {
  Annealer annealer(assignment, plan, workers);
  for (int sweep = 0; sweep < plan.sweeps && !workers.cancelled(); ++sweep) {
    annealer.sweep(sweep);
    report(sweep + 1);
  }
}

}  // namespace rheo::partition
