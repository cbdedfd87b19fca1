// Sorting weight faults by the neuron they reach, and remembering what a train did.
#include "faults/WeightLanes.h"

#include <algorithm>
#include <tuple>

namespace rheo::faults {

WeightLanes::WeightLanes(const FlatProgram& flat, const Readout& readout, const CascadePlan& plan)
    : flat_(flat), readout_(readout), plan_(plan), targetOf_(flat.cells().size(), -1) {
  for (const InputInfo& input : flat.program().inputs)
    binary_.insert(binary_.end(), static_cast<std::size_t>(input.size),
                   input.encoding == image::Encoding::Binary);
  for (const Cell& cell : flat.cells()) binary_.push_back(cell.model->spiking && !cell.model->graded);
}

bool WeightLanes::add(const Effect& effect, std::uint32_t number) {
  const bool single = effect.synapses.size() == 1 && effect.synapses[0].sum < 0 &&
                      effect.parameters.empty() && effect.states.empty() && effect.sends.empty() &&
                      effect.messages.empty() && !effect.whole && effect.undefined.empty() &&
                      effect.input.what == InputEdit::What::None && effect.loss.rate == 0 &&
                      effect.device.what == Manner::None;
  if (!single) return false;
  const SynapseEdit& edit = effect.synapses[0];
  const std::int32_t number32 = flat_.cellOfInput(edit.input);
  const Cell& cell = flat_.cells()[static_cast<std::size_t>(number32)];
  const vector::TrainFunction function =
      vector::trainFunction(*cell.model, flat_.program().profile->currentOverflow);
  const auto& taps = readout_.taps(number32);
  const bool shown = std::any_of(taps.begin(), taps.end(), [](const Tap& tap) { return tap.state >= 0; });
  if (function == nullptr || shown || !binary_[static_cast<std::size_t>(edit.source)]) return false;
  // A kernel's weights of 0 are no synapses: one that becomes another number may close a loop.
  if (!plan_.loops(cell.population) && plan_.hears(edit.source, number32)) return false;
  std::int32_t& index = targetOf_[static_cast<std::size_t>(number32)];
  if (index < 0) {
    index = static_cast<std::int32_t>(targets_.size());
    const auto way = plan_.follows(number32)        ? Target::Way::Lanes
                     : plan_.loops(cell.population) ? Target::Way::Fault
                                                    : Target::Way::Train;
    targets_.push_back({number32, way, function, {}});
  }
  targets_[static_cast<std::size_t>(index)].changes.push_back({edit.source, edit.delay, edit.weight, number});
  ++size_;
  return true;
}

void WeightLanes::finish() {
  for (Target& target : targets_)
    std::sort(target.changes.begin(), target.changes.end(), [](const Change& a, const Change& b) {
      return std::tie(a.source, a.delay, a.number) < std::tie(b.source, b.delay, b.number);
    });
}

bool moveLater(const std::uint32_t* train, std::int64_t words, std::int64_t by, std::int64_t steps,
               std::uint32_t* out) {
  const std::int64_t whole = by / 32, bits = by % 32;
  std::uint32_t any = 0;
  for (std::int64_t w = 0; w < words; ++w) {
    std::uint32_t value = 0;
    if (w >= whole) value = train[w - whole] << bits;
    if (bits > 0 && w > whole) value |= train[w - whole - 1] >> (32 - bits);
    const std::int64_t left = steps - w * 32;  // bits that are steps
    if (left < 32) value &= (std::uint32_t{1} << left) - 1;
    out[w] = value;
    any |= value;
  }
  return any != 0;
}

std::size_t TrainMemo::hash(const std::uint32_t* train) const {
  std::uint64_t value = 0x9E3779B97F4A7C15u;
  for (std::size_t w = 0; w < words_; ++w) value = (value ^ train[w]) * 0xFF51AFD7ED558CCDu;
  return static_cast<std::size_t>(value ^ value >> 32);
}

std::int32_t& TrainMemo::find(const std::uint32_t* train, bool& isNew) {
  if (numbers_.size() * 2 >= slots_.size()) grow();
  for (std::size_t at = hash(train);; ++at) {
    Slot& slot = slots_[at & (slots_.size() - 1)];
    isNew = slot.epoch != epoch_;
    if (isNew) {
      slot = {epoch_, static_cast<std::uint32_t>(numbers_.size())};
      keys_.insert(keys_.end(), train, train + words_);
      return numbers_.emplace_back();
    }
    if (std::equal(train, train + words_, keys_.begin() + static_cast<std::ptrdiff_t>(slot.entry * words_)))
      return numbers_[slot.entry];
  }
}

void TrainMemo::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (std::uint32_t entry = 0; entry < numbers_.size(); ++entry)
    for (std::size_t at = hash(&keys_[entry * words_]);; ++at) {
      Slot& slot = larger[at & (larger.size() - 1)];
      if (slot.epoch == epoch_) continue;
      slot = {epoch_, entry};
      break;
    }
  slots_ = std::move(larger);
}

}  // namespace rheo::faults
