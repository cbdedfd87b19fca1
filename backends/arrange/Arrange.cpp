// Simulated annealing of an arrangement, and the descent that ends it.
#include "arrange/Arrange.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace rheo {
namespace {

// Targets looked at in all: about a second. The number of moves follows from it, so that time never
// decides.
constexpr double kWork = 3e8;
constexpr double kMostMovesPerCore = 4000;
constexpr double kCooling = 1e-3;  // the last temperature, of the first
// Slots that are tried for each core, the nearest along the curve: a core far from all others is never good.
constexpr std::size_t kSlotsPerCore = 2, kMoreSlots = 16;

// Targets that a move of one core looks at.
double workOfMove(std::span<const Flow> flows, std::int32_t cores) {
  double looked = 0;
  for (const Flow& flow : flows) {
    const auto targets = static_cast<double>(flow.targets.size());
    looked += (targets + 1) * (targets + 4);
  }
  return 1 + 2 * looked / cores;
}

class Annealer {
 public:
  Annealer(std::span<const Flow> flows, const Grid& grid, std::vector<std::int32_t> slots, std::uint64_t seed)
      : flows_(flows), straight_(grid), slots_(std::move(slots)), random_(seed) {}

  std::vector<std::int32_t> run(std::vector<std::int32_t> ids);

 private:
  void start(std::vector<std::int32_t> ids);
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  double chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  double tryMove(std::size_t core, std::size_t slot);
  void accept();
  void undo();
  void exchange();
  double firstTemperature();
  void descend();

  std::span<const Flow> flows_;
  StraightCost straight_;
  std::vector<std::int32_t> slots_;
  std::mt19937_64 random_;
  std::vector<std::int32_t> ids_;
  std::vector<std::size_t> slotOf_;                  // [core]
  std::vector<std::int32_t> coreAt_;                 // [slot], or -1
  std::vector<std::vector<std::int32_t>> touching_;  // [core]: flows
  std::vector<double> cost_;                         // [flow]
  double work_ = 0;                                  // targets of all flows that a move looks at, on average
  // The move under trial.
  std::size_t movedCore_ = 0, movedSlot_ = 0, oldSlot_ = 0;
  std::vector<std::int32_t> changed_;  // flows
  std::vector<double> newCost_;
  std::vector<std::uint64_t> stamp_;  // [flow]
  std::uint64_t trial_ = 0;
};

void Annealer::start(std::vector<std::int32_t> ids) {
  ids_ = std::move(ids);
  coreAt_.assign(slots_.size(), -1);
  slotOf_.resize(ids_.size());
  for (std::size_t slot = 0; slot < slots_.size(); ++slot)
    if (const auto at = std::find(ids_.begin(), ids_.end(), slots_[slot]); at != ids_.end()) {
      coreAt_[slot] = static_cast<std::int32_t>(at - ids_.begin());
      slotOf_[static_cast<std::size_t>(coreAt_[slot])] = slot;
    }
  touching_.assign(ids_.size(), {});
  stamp_.assign(flows_.size(), 0);
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    const auto number = static_cast<std::int32_t>(f);
    touching_[static_cast<std::size_t>(flows_[f].source)].push_back(number);
    for (const std::int32_t target : flows_[f].targets)
      touching_[static_cast<std::size_t>(target)].push_back(number);
    cost_.push_back(straight_.of(flows_[f], ids_));
  }
  work_ = workOfMove(flows_, static_cast<std::int32_t>(ids_.size()));
}

void Annealer::exchange() {
  const std::int32_t other = coreAt_[movedSlot_];
  coreAt_[oldSlot_] = other;
  coreAt_[movedSlot_] = static_cast<std::int32_t>(movedCore_);
  slotOf_[movedCore_] = movedSlot_;
  ids_[movedCore_] = slots_[movedSlot_];
  if (other >= 0) {
    slotOf_[static_cast<std::size_t>(other)] = oldSlot_;
    ids_[static_cast<std::size_t>(other)] = slots_[oldSlot_];
  }
}

// The core goes to the slot, whoever is there to its old one. Returns what the cost grows by.
double Annealer::tryMove(std::size_t core, std::size_t slot) {
  const std::int32_t other = coreAt_[slot];
  movedCore_ = core, movedSlot_ = slot, oldSlot_ = slotOf_[core];
  exchange();
  changed_.clear();
  newCost_.clear();
  ++trial_;
  double grown = 0;
  const auto look = [&](std::size_t touched) {
    for (const std::int32_t flow : touching_[touched]) {
      const auto f = static_cast<std::size_t>(flow);
      if (stamp_[f] == trial_) continue;
      stamp_[f] = trial_;
      changed_.push_back(flow);
      newCost_.push_back(straight_.of(flows_[f], ids_));
      grown += newCost_.back() - cost_[f];
    }
  };
  look(core);
  if (other >= 0) look(static_cast<std::size_t>(other));
  return grown;
}

void Annealer::accept() {
  for (std::size_t i = 0; i < changed_.size(); ++i)
    cost_[static_cast<std::size_t>(changed_[i])] = newCost_[i];
}

void Annealer::undo() {
  std::swap(movedSlot_, oldSlot_);
  exchange();
}

// The mean of what random moves change.
double Annealer::firstTemperature() {
  constexpr int kSamples = 100;
  double sum = 0;
  for (int i = 0; i < kSamples; ++i) {
    sum += std::abs(tryMove(below(ids_.size()), below(slots_.size())));
    undo();
  }
  return sum / kSamples / 2;
}

void Annealer::descend() {
  for (bool better = true; better;) {
    better = false;
    for (std::size_t core = 0; core < ids_.size(); ++core) {
      double best = -1e-9;
      std::size_t bestSlot = slotOf_[core];
      for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        if (slot == slotOf_[core]) continue;
        if (const double grown = tryMove(core, slot); grown < best) best = grown, bestSlot = slot;
        undo();
      }
      if (bestSlot == slotOf_[core]) continue;
      tryMove(core, bestSlot);
      accept();
      better = true;
    }
  }
}

std::vector<std::int32_t> Annealer::run(std::vector<std::int32_t> ids) {
  start(std::move(ids));
  const auto cores = static_cast<double>(ids_.size());
  const auto moves = static_cast<std::int64_t>(std::min(kWork / work_, kMostMovesPerCore * cores));
  const double first = firstTemperature();
  std::vector<std::int32_t> best = ids_;
  double cost = 0, least = 0;
  for (std::int64_t move = 0; move < moves && first > 0; ++move) {
    const double temperature =
        first * std::pow(kCooling, static_cast<double>(move) / static_cast<double>(moves));
    const double grown = tryMove(below(ids_.size()), below(slots_.size()));
    if (grown > 0 && chance() >= std::exp(-grown / temperature)) {
      undo();
      continue;
    }
    accept();
    cost += grown;
    if (cost < least - 1e-9) least = cost, best = ids_;
  }
  if (ids_ != best) {
    cost_.clear();
    start(best);
  }
  if (work_ * cores * static_cast<double>(slots_.size()) < kWork) descend();
  return ids_;
}

// Where a move would look at too many flows, some of them stand for all: each is as likely to be kept as any
// other, and counts for those that are not.
std::vector<Flow> sampled(std::span<const Flow> flows, std::int32_t cores, std::uint64_t seed) {
  constexpr double kMostWork = 2e4;
  std::vector<Flow> kept(flows.begin(), flows.end());
  const double share = kMostWork / workOfMove(flows, cores);
  if (share >= 1) return kept;
  std::mt19937_64 random(seed);
  std::erase_if(kept, [&](const Flow&) { return static_cast<double>(random() >> 11) * 0x1p-53 >= share; });
  for (Flow& flow : kept) flow.rate /= share;
  return kept;
}

}  // namespace

std::vector<std::int32_t> arrange(std::span<const Flow> flows, std::int32_t cores, const Grid& grid,
                                  std::uint64_t seed) {
  StraightCost straight(grid);
  std::vector<std::int32_t> best = arrangeInOrder(cores, grid);
  if (flows.empty() || cores < 2) return best;
  double least = straight.of(flows, best);
  for (std::vector<std::int32_t> start : {arrangeAlongCurve(cores, grid), arrangeByModes(flows, cores, grid)})
    if (const double cost = straight.of(flows, start); cost < least) least = cost, best = std::move(start);
  const std::size_t wanted = static_cast<std::size_t>(cores) * kSlotsPerCore + kMoreSlots;
  std::vector<std::int32_t> slots =
      arrangeAlongCurve(static_cast<std::int32_t>(std::min(wanted, grid.usableCores().size())), grid);
  for (const std::int32_t id : best)
    if (std::find(slots.begin(), slots.end(), id) == slots.end()) slots.push_back(id);
  std::sort(slots.begin(), slots.end());
  const std::vector<Flow> some = sampled(flows, cores, seed);
  std::vector<std::int32_t> found = Annealer(some, grid, std::move(slots), seed).run(best);
  return straight.of(flows, found) < least ? found : best;
}

}  // namespace rheo
