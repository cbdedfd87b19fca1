// Order, groups and fan-outs of a program's neurons.
#include "faults/CascadePlan.h"

#include <algorithm>
#include <map>

#include "faults/Response.h"

namespace rheo::faults {
namespace {

// Steps of all responses together; what it takes to find them should not show.
constexpr std::int64_t kMostEffort = 1 << 21;
// Fewer neighbours are not worth a fan-out of their own.
constexpr std::size_t kFewNeighbours = 8;
constexpr std::size_t kBits = 64;  // of a word of CascadePlan::reached_

}  // namespace

CascadePlan::CascadePlan(const FlatProgram& flat, const Readout& readout, std::int64_t steps,
                         std::int64_t mostSynapses)
    : flat_(flat), readout_(readout), steps_(steps) {
  findWays(mostSynapses);
  layOutGroups();
  firstFanOut_.push_back(0);
  for (std::int32_t cell = 0; cell < std::ssize(flat.cells()); ++cell) {
    if (follows(cell)) addFanOuts(cell);
    firstFanOut_.push_back(fanOuts_.size());
  }
}

bool CascadePlan::reaches(std::size_t from, std::size_t to) const {
  return (reached_[from][to / kBits] >> (to % kBits) & 1) != 0;
}

bool CascadePlan::hears(std::int32_t source, std::int32_t cell) const {
  const std::int32_t from = source - flat_.channels();
  if (from < 0 || from == cell) return from == cell;
  const auto populationOf = [&](std::int32_t number) {
    return static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(number)].population);
  };
  return reaches(populationOf(cell), populationOf(from));
}

void CascadePlan::findWays(std::int64_t mostSynapses) {
  const auto& populations = flat_.program().populations;
  const std::size_t count = populations.size();
  const CurrentOverflow rule = flat_.program().profile->currentOverflow;
  std::vector<bool> simple(count);
  for (std::size_t p = 0; p < count; ++p)
    simple[p] = vector::scenarioFunction(*populations[p].model, rule) != nullptr;
  // A cell of which a state and spikes are shown would need both kinds of figures.
  for (std::int32_t c = 0; c < std::ssize(flat_.cells()); ++c)
    for (const Tap& tap : readout_.taps(c))
      if (tap.state >= 0 && flat_.cells()[static_cast<std::size_t>(c)].model->spiking)
        simple[static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(c)].population)] = false;
  std::vector<std::int64_t> sent(count);  // synapses that its neurons reach
  reached_.assign(count, std::vector<std::uint64_t>((count + kBits - 1) / kBits));
  for (std::int32_t c = 0; c < std::ssize(flat_.cells()); ++c)
    for (const Route& route : flat_.routes(flat_.sourceOfCell(c)))
      flat_.forEachSynapse(route, [&](std::int32_t input, std::int32_t, std::int32_t, std::int32_t sum) {
        const auto from = static_cast<std::size_t>(flat_.cells()[static_cast<std::size_t>(c)].population);
        const auto target = static_cast<std::size_t>(flat_.cellOfInput(input));
        const auto to = static_cast<std::size_t>(flat_.cells()[target].population);
        reached_[from][to / kBits] |= std::uint64_t{1} << (to % kBits);
        ++sent[from];
        if (sum >= 0) simple[to] = false;
      });
  for (std::size_t via = 0; via < count; ++via)
    for (std::size_t from = 0; from < count; ++from)
      for (std::size_t k = 0; reaches(from, via) && k < reached_[via].size(); ++k)
        reached_[from][k] |= reached_[via][k];
  std::vector<std::int32_t> order;
  std::vector<std::int64_t> many(count);  // populations that each reaches
  for (std::size_t p = 0; p < count; ++p) {
    loops_.push_back(reaches(p, p));
    bool all = !reaches(p, p) && !populations[p].model->graded;
    for (std::size_t to = 0; to < count; ++to) {
      if (!reaches(p, to)) continue;
      ++many[p];
      if (!simple[to] || reaches(to, to)) all = false;
    }
    follows_.push_back(all);
    order.push_back(static_cast<std::int32_t>(p));
  }
  leaveOutTheLargest(sent, mostSynapses);
  // What reaches more comes first; populations in loops are followed by none and may lie anywhere.
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return many[static_cast<std::size_t>(a)] > many[static_cast<std::size_t>(b)];
  });
  rank_.resize(count);
  for (std::size_t k = 0; k < count; ++k)
    rank_[static_cast<std::size_t>(order[k])] = static_cast<std::int32_t>(k);
}

// Fan-outs hold every synapse of a source by itself: where that is too much, populations that send most are
// left to the general simulation, and with them whatever leads there.
void CascadePlan::leaveOutTheLargest(const std::vector<std::int64_t>& sent, std::int64_t most) {
  std::int64_t all = 0;
  for (std::size_t p = 0; p < sent.size(); ++p) all += follows_[p] ? sent[p] : 0;
  while (all > most) {
    std::size_t largest = sent.size();
    for (std::size_t p = 0; p < sent.size(); ++p)
      if (follows_[p] && (largest == sent.size() || sent[p] > sent[largest])) largest = p;
    for (std::size_t p = 0; p < sent.size(); ++p) {
      if (!follows_[p] || (p != largest && !reaches(p, largest))) continue;
      follows_[p] = false;
      all -= sent[p];
    }
  }
}

void CascadePlan::layOutGroups() {
  const CurrentOverflow rule = flat_.program().profile->currentOverflow;
  groupOf_.resize(flat_.cells().size());
  for (std::int32_t c = 0; c < std::ssize(flat_.cells()); ++c) {
    const Cell& cell = flat_.cells()[static_cast<std::size_t>(c)];
    const bool goesOn = c > 0 &&
                        flat_.cells()[static_cast<std::size_t>(c - 1)].population == cell.population &&
                        flat_.cells()[static_cast<std::size_t>(c - 1)].core == cell.core;
    if (!goesOn) {
      CellGroup& group = groups_.emplace_back();
      group.population = cell.population, group.rank = rank_[static_cast<std::size_t>(cell.population)];
      group.firstCell = c, group.firstInput = cell.firstInput;
      group.function = vector::scenarioFunction(*cell.model, rule);
    }
    ++groups_.back().count;
  }
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const CellGroup& a, const CellGroup& b) { return a.rank < b.rank; });
  std::int64_t effort = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    CellGroup& group = groups_[g];
    group.width = vector::padded(group.count);
    std::fill_n(groupOf_.begin() + group.firstCell, group.count, static_cast<std::int32_t>(g));
    findHeadroom(group, effort);
  }
}

// Of each neuron what responseOf() says of its parameters; of equal ones once.
void CascadePlan::findHeadroom(CellGroup& group, std::int64_t& effort) const {
  const Cell* cells = &flat_.cells()[static_cast<std::size_t>(group.firstCell)];
  const models::ModelTable& model = *cells[0].model;
  group.watch = vector::watchFunction(model, flat_.program().profile->currentOverflow);
  if (group.function == nullptr || group.watch == nullptr || steps_ <= 0) {
    group.watch = nullptr;
    return;
  }
  const auto width = static_cast<std::size_t>(group.width);
  const auto window = static_cast<std::size_t>(std::min(steps_, Response::kWindow));
  group.parameters.resize(model.fixedParameters.size() * width);
  group.gain.resize(window * width);
  group.tail.resize(width), group.slack.resize(width), group.least.resize(width);
  group.clears = true;
  std::map<std::array<std::int32_t, models::kMaxParameters>, Response> known;
  for (std::size_t n = 0; n < static_cast<std::size_t>(group.count); ++n) {
    const auto [entry, isNew] = known.try_emplace(cells[n].parameters);
    if (isNew && (effort += steps_) <= kMostEffort)
      entry->second = responseOf(model, cells[n].parameters.data(), steps_);
    const Response& response = entry->second;
    group.clears = group.clears && response.clears;
    for (std::size_t p = 0; p < model.fixedParameters.size(); ++p)
      group.parameters[p * width + n] = cells[n].parameters[p];
    group.least[n] = response.bounded && response.wrapSlack < kFarFromWrapping
                         ? response.wrapGain / (kFarFromWrapping - response.wrapSlack)
                         : vector::kAnything;
    if (!response.bounded) continue;
    group.slack[n] = response.slack, group.tail[n] = response.tail;
    for (std::size_t t = 0; t < window; ++t) group.gain[t * width + n] = response.gain[t];
  }
}

// The synapses of all routes of a cell, in runs of neighbours where they lie so.
void CascadePlan::addFanOuts(std::int32_t cell) {
  struct One {
    std::int32_t group, target, delay, weight;
  };
  std::vector<One> all;
  for (const Route& route : flat_.routes(flat_.sourceOfCell(cell)))
    flat_.forEachSynapse(
        route, [&](std::int32_t input, std::int32_t delay, std::int32_t weight, std::int32_t) {
          const std::int32_t target = flat_.cellOfInput(input);
          const std::int32_t group = groupOf_[static_cast<std::size_t>(target)];
          all.push_back({group, target - groups_[static_cast<std::size_t>(group)].firstCell, delay, weight});
        });
  std::vector<One> others;
  for (std::size_t first = 0, end; first < all.size(); first = end) {
    for (end = first + 1; end < all.size() && all[end].group == all[first].group &&
                          all[end].delay == all[first].delay && all[end].target == all[end - 1].target + 1;)
      ++end;
    const One& one = all[first];
    if (end - first < kFewNeighbours) {
      for (std::size_t k = first; k < end; ++k)
        if (all[k].weight != 0) others.push_back(all[k]);
      continue;
    }
    fanOuts_.push_back(
        {one.group, static_cast<std::int32_t>(end - first), one.target, one.delay, weights_.size()});
    for (std::size_t k = first; k < end; ++k) weights_.push_back(all[k].weight);
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const One& a, const One& b) { return a.group < b.group; });
  for (std::size_t k = 0; k < others.size(); ++k) {
    if (k == 0 || others[k].group != others[k - 1].group)
      fanOuts_.push_back({others[k].group, 0, -1, 0, weights_.size(), targets_.size()});
    ++fanOuts_.back().count;
    weights_.push_back(others[k].weight);
    targets_.push_back({others[k].target, others[k].delay});
  }
}

std::int32_t CascadePlan::localCell(const Effect& effect) const {
  if (!effect.messages.empty() || effect.whole || !effect.undefined.empty() ||
      effect.input.what != InputEdit::What::None || effect.loss.rate > 0 ||
      effect.device.what != Manner::None)
    return -1;
  std::int32_t cell = -1;
  bool one = true;
  const auto meet = [&](std::int32_t number) {
    one = one && (cell < 0 || cell == number);
    cell = number;
  };
  for (const SynapseEdit& edit : effect.synapses) {
    const std::int32_t target = flat_.cellOfInput(edit.input);
    one = one && edit.sum < 0 && !hears(edit.source, target);
    meet(target);
  }
  for (const ParameterEdit& edit : effect.parameters) meet(edit.cell);
  for (const StateEdit& edit : effect.states) meet(edit.cell);
  for (const SendEdit& edit : effect.sends) meet(edit.cell);
  return one && cell >= 0 && follows(cell) ? cell : -1;
}

}  // namespace rheo::faults
