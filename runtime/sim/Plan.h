// A program flattened across its cores for engines that compute by population: one array per parameter,
// one matrix per source, target, delay and exponent. Sums are the same, by SPEC W5, W7 and W9: groups whose
// exponent is not negative add up linearly, groups with a negative one keep a sum of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chip/Program.h"
#include "sim/vector/AlignedVector.h"
#include "sim/vector/Kernels.h"

namespace rheo {

enum class WeightStorage : std::uint8_t { Dense8, Dense16, Sparse, Shared };

// Synapses from one source (an input or a population) to one population, with one delay.
struct PlanProjection {
  std::int32_t source = 0;  // inputs in order, then populations
  std::int32_t delay = 0;
  int shift = 0;  // sums of stored weights are shifted left by this before they enter
  WeightStorage storage = WeightStorage::Sparse;
  std::size_t stride = 0;        // dense: elements of a row, a multiple of vector::kPadding
  std::size_t rowsPerFlush = 1;  // dense: rows that can be added in 16 bits with no overflow
  vector::AlignedVector<std::int8_t> weights8;
  vector::AlignedVector<std::int16_t> weights16;
  // Sparse: a list of synapses for each source.
  std::vector<std::uint64_t> rowStart;  // [sources + 1]
  std::vector<std::uint32_t> target;
  std::vector<std::int32_t> weight;
  // Shared, as vector::SharedCall has them.
  std::vector<std::uint64_t> useStart;
  std::vector<vector::SharedUse> uses;
  std::vector<std::uint64_t> tileStart;
  std::vector<std::int32_t> tileOffset;
  vector::AlignedVector<std::int32_t> tileWeights;

  // Whether every source has a row of weights, one for each target.
  bool hasRows() const { return storage == WeightStorage::Dense8 || storage == WeightStorage::Dense16; }
};

// Projections whose common sum is shifted right, flooring. SPEC W5 with a negative exponent.
struct PlanShifted {
  int shift = 0;
  std::vector<PlanProjection> projections;
};

struct PlanParameter {
  bool constant = false;
  // [padded size], or the one value vector::kPadding times.
  vector::AlignedVector<std::int32_t> values;
};

struct PlanPopulation {
  const models::ModelTable* model = nullptr;
  std::int32_t size = 0;
  std::int32_t width = 0;  // padded size
  std::int32_t ports = 1;
  // Where each neuron lies in the engine's arrays; empty where they lie as the network counts them.
  std::vector<std::int32_t> places;
  std::vector<PlanParameter> parameters;
  std::vector<PlanProjection> linear;
  std::vector<PlanShifted> shifted;

  // What projections add up to: the sums of one port of all neurons, padded, then those of the next port.
  std::int32_t targets() const { return ports * width; }
  std::int32_t place(std::int32_t neuron) const {
    return places.empty() ? neuron : places[static_cast<std::size_t>(neuron)];
  }
  // visit(input of the slice's core, target) for every port of every neuron of the slice.
  template <class Visit>
  void forEachInput(const CompartmentSlice& slice, Visit visit) const {
    for (std::int32_t i = 0; i < slice.count; ++i)
      for (std::int32_t port = 0; port < ports; ++port)
        visit(slice.firstInput + i * ports + port, port * width + place(slice.firstNeuron + i));
  }
};

struct Plan {
  std::shared_ptr<const Program> program;
  std::vector<PlanPopulation> populations;
};

// Expects a program that decode() accepted.
Plan makePlan(std::shared_ptr<const Program> program);

}  // namespace rheo
