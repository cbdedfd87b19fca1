// A program laid out over all its cores, so that a fault, its effect and what spreads from it are numbers:
// every neuron is a cell, every sum that a cell receives an input, whatever sends messages a source.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "chip/Program.h"
#include "fixed/Arithmetic.h"
#include "sim/Engine.h"
#include "sim/ModelStep.h"

namespace rheo::faults {

struct Cell {
  std::int32_t core = 0;  // index into Program::cores
  std::int32_t population = 0, neuron = 0;
  std::int32_t firstInput = 0, ports = 1;
  const models::ModelTable* model = nullptr;
  StepFunction step = nullptr;
  std::array<std::int32_t, models::kMaxParameters> parameters{};
};

// Inputs of one core that keep a sum of their own, because it is shifted right before it arrives: one group
// with a negative exponent, one delay. SPEC W5, W7.
struct ShiftedSum {
  std::int32_t core = 0;
  int shift = 0;
  std::int64_t first = 0;  // where the sums of the core's inputs lie, one after the other
};

class FlatProgram {
 public:
  explicit FlatProgram(std::shared_ptr<const Program> program);

  const Program& program() const { return *program_; }
  std::shared_ptr<const Program> shared() const { return program_; }
  // Made when first asked for, by any thread.
  const Engine& vectorEngine() const;

  // Sources: the channels of all inputs, then all cells.
  std::int32_t channels() const { return channels_; }
  std::int32_t sources() const { return channels_ + static_cast<std::int32_t>(cells_.size()); }
  std::int32_t channel(std::size_t input, std::int32_t number) const { return firstChannel_[input] + number; }
  // Index into Program::inputs.
  std::size_t inputOfChannel(std::int32_t source) const {
    return static_cast<std::size_t>(std::upper_bound(firstChannel_.begin(), firstChannel_.end(), source) -
                                    firstChannel_.begin()) -
           1;
  }
  std::int32_t sourceOfCell(std::int32_t cell) const { return channels_ + cell; }

  const std::vector<Cell>& cells() const { return cells_; }
  std::int32_t cellOf(std::int32_t population, std::int32_t neuron) const {
    return cellOf_[static_cast<std::size_t>(population)][static_cast<std::size_t>(neuron)];
  }
  // Cells of a core, in the order of its compartments.
  std::int32_t firstCell(std::size_t core) const { return firstCell_[core]; }
  std::int32_t inputs() const { return inputs_; }
  std::int32_t firstInput(std::size_t core) const { return firstInput_[core]; }
  std::int32_t cellOfInput(std::int32_t input) const { return cellOfInput_[static_cast<std::size_t>(input)]; }

  std::span<const Route> routes(std::int32_t source) const {
    const auto [routes, first] = routes_[static_cast<std::size_t>(source)];
    return {routes, first};
  }

  const std::vector<ShiftedSum>& shiftedSums() const { return shifted_; }
  // Of a core, as indices into shiftedSums().
  std::span<const std::int32_t> shiftedSumsOf(std::size_t core) const { return shiftedOfCore_[core]; }
  // Where a shifted sum holds what is for an input of its core.
  std::int64_t placeOf(std::int32_t sum, std::int32_t input) const {
    const ShiftedSum& shifted = shifted_[static_cast<std::size_t>(sum)];
    return shifted.first + input - firstInput_[static_cast<std::size_t>(shifted.core)];
  }
  std::int64_t shiftedWidth() const { return shiftedWidth_; }
  // Index into shiftedSums(), or -1 where nothing of the program has this group and delay.
  std::int32_t shiftedSum(std::int32_t core, std::int32_t group, std::int32_t delay) const {
    const auto found = shiftedIndex_.find({core, group, delay});
    return found == shiftedIndex_.end() ? -1 : found->second;
  }

  // How a synapse of a group arrives: what each unit of payload adds to its input, or to a shifted sum.
  struct Arrival {
    std::int32_t weight = 0;
    std::int32_t sum = -1;  // index into shiftedSums(), or -1
  };
  // Nothing where the program has no such sum, or its sums could be shifted one by one and this one cannot:
  // its weight is no multiple, or payloads of 32 bits (SPEC N18) would wrap before the shift.
  std::optional<Arrival> arrivalOf(std::int32_t core, std::int32_t group, std::int32_t delay,
                                   std::int32_t weight) const {
    const auto c = static_cast<std::size_t>(core);
    const auto g = static_cast<std::size_t>(group);
    const std::int32_t exponent = program_->cores[c].groups[g].exponent;
    if (exponent >= 0) return Arrival{fixed::shiftLeft(weight, exponent), -1};
    if (exact_[c][g]) {
      if ((weight & ((1 << -exponent) - 1)) != 0) return {};
      return Arrival{weight >> -exponent, -1};
    }
    const std::int32_t sum = shiftedSum(core, group, delay);
    if (sum < 0) return {};
    return Arrival{weight, sum};
  }

  // visit(input over all cores, delay, weight, shifted sum or -1), the last two as Arrival has them.
  template <class Visit>
  void forEachSynapse(const Route& route, Visit visit) const {
    const auto c = static_cast<std::size_t>(route.core);
    const Core& core = program_->cores[c];
    const Axon& axon = core.axons[static_cast<std::size_t>(route.axon)];
    const auto g = static_cast<std::size_t>(axon.group);
    const std::int32_t exponent = core.groups[g].exponent;
    const bool sums = exponent < 0 && !exact_[c][g];
    const std::int32_t base = firstInput_[c] + axon.base;
    std::int32_t delay = -1, sum = -1;
    for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
      const Synapse& synapse = core.synapses[s];
      if (sums && synapse.delay != delay) {
        delay = synapse.delay;
        sum = shiftedSum(route.core, axon.group, delay);
      }
      visit(base + synapse.input, synapse.delay,
            sums ? synapse.weight : fixed::shiftSum(synapse.weight, exponent), sum);
    }
  }

 private:
  void layOutCells();
  void findExactShifts();
  void layOutSums();

  std::shared_ptr<const Program> program_;
  mutable std::once_flag made_;
  mutable std::unique_ptr<Engine> engine_;
  std::vector<Cell> cells_;
  std::vector<std::vector<std::int32_t>> cellOf_;
  std::vector<std::int32_t> firstCell_, firstInput_, cellOfInput_, firstChannel_;
  std::int32_t channels_ = 0, inputs_ = 0;
  std::vector<std::pair<const Route*, std::size_t>> routes_;
  // [core][group]: a right shift loses nothing of any weight, so that it can be done before the sum.
  std::vector<std::vector<bool>> exact_;
  std::vector<ShiftedSum> shifted_;
  std::vector<std::vector<std::int32_t>> shiftedOfCore_;
  std::map<std::tuple<std::int32_t, std::int32_t, std::int32_t>, std::int32_t> shiftedIndex_;
  std::int64_t shiftedWidth_ = 0;
};

}  // namespace rheo::faults
