// Numbers for everything in a program, over all its cores.
#include "faults/FlatProgram.h"

#include <utility>

namespace rheo::faults {

FlatProgram::FlatProgram(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  for (const InputInfo& input : program_->inputs) {
    firstChannel_.push_back(channels_);
    channels_ += input.size;
    for (std::size_t c = 0; c < static_cast<std::size_t>(input.size); ++c)
      routes_.emplace_back(input.routes.data() + input.routeStart[c],
                           input.routeStart[c + 1] - input.routeStart[c]);
  }
  layOutCells();
  findExactShifts();
  layOutSums();
}

const Engine& FlatProgram::vectorEngine() const {
  std::call_once(made_, [this] { engine_ = makeVector(program_); });
  return *engine_;
}

void FlatProgram::layOutCells() {
  for (const PopulationInfo& population : program_->populations)
    cellOf_.emplace_back(static_cast<std::size_t>(population.size), -1);
  for (std::size_t k = 0; k < program_->cores.size(); ++k) {
    const Core& core = program_->cores[k];
    firstCell_.push_back(static_cast<std::int32_t>(cells_.size()));
    firstInput_.push_back(inputs_);
    cells_.resize(cells_.size() + static_cast<std::size_t>(core.compartments));
    cellOfInput_.resize(cellOfInput_.size() + static_cast<std::size_t>(core.inputs), -1);
    for (const CompartmentSlice& slice : core.slices) {
      const auto p = static_cast<std::size_t>(slice.population);
      const models::ModelTable& model = *program_->populations[p].model;
      for (std::int32_t i = 0; i < slice.count; ++i) {
        const std::int32_t compartment = slice.firstCompartment + i, number = firstCell_[k] + compartment;
        Cell& cell = cells_[static_cast<std::size_t>(number)];
        cell.core = static_cast<std::int32_t>(k);
        cell.population = slice.population;
        cell.neuron = slice.firstNeuron + i;
        cell.ports = static_cast<std::int32_t>(model.portCount());
        cell.firstInput = inputs_ + slice.firstInput + i * cell.ports;
        cell.model = &model;
        cell.step = stepOf(model);
        for (std::size_t r = 0; r < model.fixedParameters.size(); ++r)
          cell.parameters[r] = core.parameters[r][static_cast<std::size_t>(compartment)];
        cellOf_[p][static_cast<std::size_t>(cell.neuron)] = number;
        for (std::int32_t port = 0; port < cell.ports; ++port)
          cellOfInput_[static_cast<std::size_t>(cell.firstInput + port)] = number;
      }
    }
    inputs_ += core.inputs;
    for (std::size_t c = 0; c < static_cast<std::size_t>(core.compartments); ++c)
      routes_.emplace_back(core.routes.data() + core.routeStart[c],
                           core.routeStart[c + 1] - core.routeStart[c]);
  }
}

// SPEC W3: mixed weights of 8 bits are even, so that a shift by 1 is one of these. Not where neurons send
// payloads of 32 bits, which may wrap before the shift (N18, N19).
void FlatProgram::findExactShifts() {
  for (const Core& core : program_->cores) {
    auto& exact = exact_.emplace_back(core.groups.size(), !program_->graded());
    for (const Axon& axon : core.axons) {
      const auto g = static_cast<std::size_t>(axon.group);
      const std::int32_t exponent = core.groups[g].exponent;
      if (exponent >= 0 || !exact[g]) continue;
      const std::int32_t lost = (1 << -exponent) - 1;
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s)
        if ((core.synapses[s].weight & lost) != 0) exact[g] = false;
    }
  }
}

void FlatProgram::layOutSums() {
  shiftedOfCore_.resize(program_->cores.size());
  for (std::size_t k = 0; k < program_->cores.size(); ++k) {
    const Core& core = program_->cores[k];
    for (const Axon& axon : core.axons) {
      const std::int32_t exponent = core.groups[static_cast<std::size_t>(axon.group)].exponent;
      if (exponent >= 0 || exact_[k][static_cast<std::size_t>(axon.group)]) continue;
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
        const std::tuple key{static_cast<std::int32_t>(k), axon.group, core.synapses[s].delay};
        const auto [entry, isNew] =
            shiftedIndex_.try_emplace(key, static_cast<std::int32_t>(shifted_.size()));
        if (!isNew) continue;
        shifted_.push_back({static_cast<std::int32_t>(k), -exponent, shiftedWidth_});
        shiftedOfCore_[k].push_back(entry->second);
        shiftedWidth_ += core.inputs;
      }
    }
  }
}

}  // namespace rheo::faults
