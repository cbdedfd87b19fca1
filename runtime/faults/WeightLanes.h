// The quick way for the most numerous faults: one changed weight between a source of spikes and a neuron. All
// changes of a neuron's input weights run side by side, a lane each; only where the neuron's train differs
// does anything spread, and what spreads depends on the train alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "faults/Cascade.h"
#include "faults/Differential.h"
#include "sim/vector/AlignedVector.h"
#include "sim/vector/Trains.h"

namespace rheo::faults {

class WeightLanes {
 public:
  WeightLanes(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan);

  // Takes the fault with this number if it is of that kind, false if not.
  bool add(const Effect& effect, std::uint32_t number);
  void finish();  // after the last add()
  std::size_t size() const { return size_; }

  // What a thread needs of its own.
  struct Room;

  // Visits the faults that do something to this sample: visit(number, outcome). Both simulations have the
  // intact run loaded.
  template <class Visit>
  void run(const Baseline& run, Differential& differential, Cascade& cascade, Room& room, Visit visit) const;

  struct Change {
    std::int32_t source, delay, change;
    std::uint32_t number;
  };
  struct Target {
    std::int32_t cell = 0;
    // What it sends differently is followed in lanes; or by the general simulation, of its train or, where
    // that may come back to it, of the fault.
    enum class Way : std::uint8_t { Lanes, Train, Fault } way = Way::Lanes;
    vector::TrainFunction function = nullptr;
    std::vector<Change> changes;  // sorted by source and delay
  };

 private:
  const FlatProgram& flat_;
  const Readout& readout_;
  const CascadePlan& plan_;
  std::size_t size_ = 0;
  std::vector<Target> targets_;
  std::vector<std::int32_t> targetOf_;  // [cells]; -1: none yet
  std::vector<bool> binary_;            // [sources]: sends 0 or 1
};

// Trains that were met, of one cell and sample, each with a number of the caller's.
class TrainMemo {
 public:
  explicit TrainMemo(std::size_t words) : words_(words), slots_(kSlots) {}
  void clear() { ++epoch_, keys_.clear(), numbers_.clear(); }
  // The number of a train, or where to write that of a new one, `isNew`.
  std::int32_t& find(const std::uint32_t* train, bool& isNew);

 private:
  static constexpr std::size_t kSlots = 1024;
  struct Slot {
    std::uint64_t epoch = 0;
    std::uint32_t entry = 0;
  };
  void grow();
  std::size_t hash(const std::uint32_t* train) const;

  std::size_t words_;
  std::uint64_t epoch_ = 1;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::int32_t> numbers_;
};

struct WeightLanes::Room {
  static constexpr std::int64_t kLanes = 256;
  explicit Room(std::int64_t steps)
      : words(vector::trainWords(steps)),
        input(static_cast<std::size_t>(steps)),
        when(static_cast<std::size_t>(words * kLanes)),
        sent(when.size()),
        moved(static_cast<std::size_t>(words)),
        memo(static_cast<std::size_t>(words)) {}
  std::int64_t words;
  std::vector<std::int32_t> input;
  vector::AlignedVector<std::int32_t> change = vector::AlignedVector<std::int32_t>(kLanes);
  vector::AlignedVector<std::uint32_t> when, sent;
  std::vector<std::uint32_t> moved;
  std::uint32_t lane[kLanes] = {};                             // index into Target::changes
  std::vector<std::pair<std::uint32_t, std::int32_t>> events;  // fault, ticket of the cascade
  std::vector<Outcome> outcomes;                               // of trains that the general simulation ran
  TrainMemo memo;
};

// A train `by` steps later, up to the last of all steps; returns whether anything is left of it.
bool moveLater(const std::uint32_t* train, std::int64_t words, std::int64_t by, std::int64_t steps,
               std::uint32_t* out);

template <class Visit>
void WeightLanes::run(const Baseline& run, Differential& differential, Cascade& cascade, Room& room,
                      Visit visit) const {
  const std::int64_t steps = run.steps(), words = room.words;
  room.events.clear(), room.outcomes.clear();
  Effect one;
  one.synapses.resize(1);
  std::vector<std::uint32_t> train(static_cast<std::size_t>(words));
  for (const Target& target : targets_) {
    const Cell& cell = flat_.cells()[static_cast<std::size_t>(target.cell)];
    for (std::int64_t t = 0; t < steps; ++t)
      room.input[static_cast<std::size_t>(t)] = run.arriving(t, cell.firstInput);
    const std::uint32_t* intact = run.train(flat_.sourceOfCell(target.cell)).data();
    room.memo.clear();
    std::int64_t lanes = 0;
    const auto flush = [&] {
      if (lanes == 0) return;
      const std::int64_t padded = (lanes + 15) / 16 * 16;
      for (std::int64_t k = lanes; k < padded; ++k) room.change[static_cast<std::size_t>(k)] = 0;
      target.function({steps, padded, Room::kLanes, room.input.data(), room.change.data(), room.when.data(),
                       cell.parameters.data(), room.sent.data()});
      for (std::int64_t k = 0; k < lanes; ++k) {
        bool same = true;
        for (std::int64_t w = 0; w < words; ++w) {
          train[static_cast<std::size_t>(w)] = room.sent[static_cast<std::size_t>(w * Room::kLanes + k)];
          same = same && train[static_cast<std::size_t>(w)] == intact[w];
        }
        if (same) continue;
        const Change& change = target.changes[room.lane[k]];
        if (target.way == Target::Way::Fault) {
          one.synapses[0] = {change.source, cell.firstInput, change.delay, -1, change.change};
          visit(change.number, differential.run(one));
          continue;
        }
        bool isNew = false;
        std::int32_t& known = room.memo.find(train.data(), isNew);
        if (target.way == Target::Way::Lanes) {
          if (isNew) known = cascade.addTrain(target.cell, train);
          room.events.emplace_back(change.number, known);
          continue;
        }
        if (isNew) {
          known = static_cast<std::int32_t>(room.outcomes.size());
          room.outcomes.push_back(differential.runTrain(target.cell, train));
        }
        visit(change.number, room.outcomes[static_cast<std::size_t>(known)]);
      }
      lanes = 0;
    };
    std::int32_t source = -1, delay = -1;
    bool any = false;
    std::vector<std::uint32_t>& moved = room.moved;
    for (std::size_t k = 0; k < target.changes.size(); ++k) {
      const Change& change = target.changes[k];
      if (change.source != source || change.delay != delay) {
        source = change.source, delay = change.delay;
        any = moveLater(run.train(source).data(), words, 1 + delay, steps, moved.data());
      }
      if (!any) continue;
      room.change[static_cast<std::size_t>(lanes)] = change.change;
      for (std::int64_t w = 0; w < words; ++w)
        room.when[static_cast<std::size_t>(w * Room::kLanes + lanes)] = moved[static_cast<std::size_t>(w)];
      room.lane[lanes++] = static_cast<std::uint32_t>(k);
      if (lanes == Room::kLanes) flush();
    }
    flush();
  }
  cascade.finish();
  for (const auto& [number, ticket] : room.events) visit(number, cascade.outcome(ticket));
}

}  // namespace rheo::faults
