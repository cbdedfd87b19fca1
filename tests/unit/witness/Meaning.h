// What an image does, from the common decoder: an oracle for the tests of the witness, which has a decoder of
// its own.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "chip/Program.h"

namespace rheo::test {

// Equal for two images that behave alike: what every neuron is and what arrives there, sums of negative
// exponents as sets of their synapses, and what users see of it.
struct Meaning {
  using Synapse =
      std::tuple<std::string, std::int64_t, int, int, int>;  // source, its number, weight, exponent, delay
  std::map<std::tuple<std::string, int, int>, std::multiset<Synapse>> synapses;  // of a neuron's port
  std::map<std::tuple<std::string, int, int>, std::multiset<std::multiset<Synapse>>>
      sums;                                                             // rounded together
  std::map<std::tuple<std::string, int>, std::vector<int>> parameters;  // of a neuron
  std::vector<std::tuple<std::string, std::string, int, std::vector<std::int64_t>, int, bool>> populations;
  std::vector<std::tuple<std::string, std::vector<std::int64_t>, int, bool>> inputs;
  std::vector<std::tuple<std::string, std::vector<std::int64_t>, std::vector<std::pair<std::string, int>>>>
      outputs;
  bool operator==(const Meaning&) const = default;

  Meaning(const Program& program, const Image& image) {
    for (const image::Population* p : *image.header().populations()) {  // SPEC E5
      names_.push_back(p->clone_of() ? p->clone_of()->str() : p->name()->str());
      originals_.emplace_back();
      if (p->originals()) originals_.back().assign(p->originals()->begin(), p->originals()->end());
    }
    for (const PopulationInfo& p : program.populations) {
      const std::string& original = names_[static_cast<std::size_t>(&p - program.populations.data())];
      if (p.name != original) {
        populations.emplace_back(original, p.model->name, 0, std::vector<std::int64_t>{}, 0, p.hidden);
        continue;
      }
      const bool sum = p.model->name == "graded_vec";  // of the compiler: nobody sees its lag and shape
      populations.emplace_back(p.name, p.model->name, p.size, sum ? std::vector<std::int64_t>{} : p.shape,
                               sum ? 0 : p.lag, p.hidden);
    }
    for (const InputInfo& i : program.inputs)
      inputs.emplace_back(i.name, i.shape, i.maxPayload, i.encoding == image::Encoding::Graded);
    for (const OutputInfo& o : program.outputs) {
      std::vector<std::pair<std::string, int>> parts;
      for (const OutputPartInfo& part : o.parts)
        parts.emplace_back(program.populations[static_cast<std::size_t>(part.population)].name, part.state);
      outputs.emplace_back(o.name, o.shape, parts);
    }
    for (const Core& core : program.cores) neurons(program, core);
    for (const InputInfo& input : program.inputs)
      for (std::int32_t channel = 0; channel < input.size; ++channel)
        follow(program, input.name, channel, input.routes, input.routeStart, channel);
    for (const Core& core : program.cores)
      for (const CompartmentSlice& slice : core.slices)
        for (std::int32_t i = 0; i < slice.count; ++i)
          follow(program, nameOf(slice), numberOf(slice, i), core.routes, core.routeStart,
                 slice.firstCompartment + i);
    for (auto& [key, members] : groups_)
      sums[{std::get<0>(key), std::get<1>(key), std::get<2>(key)}].insert(std::move(members));
  }

 private:
  // A clone counts as one more of its neuron.
  std::string nameOf(const CompartmentSlice& slice) const {
    return names_[static_cast<std::size_t>(slice.population)];
  }
  std::int32_t numberOf(const CompartmentSlice& slice, std::int32_t i) const {
    const std::vector<std::int32_t>& originals = originals_[static_cast<std::size_t>(slice.population)];
    return originals.empty() ? slice.firstNeuron + i
                             : originals[static_cast<std::size_t>(slice.firstNeuron + i)];
  }
  static const CompartmentSlice& sliceOf(const Core& core, std::int32_t input) {
    std::size_t i = 0;
    while (i + 1 < core.slices.size() && core.slices[i + 1].firstInput <= input) ++i;
    return core.slices[i];
  }
  void neurons(const Program& program, const Core& core) {
    for (const CompartmentSlice& slice : core.slices) {
      const PopulationInfo& population = program.populations[static_cast<std::size_t>(slice.population)];
      for (std::int32_t i = 0; i < slice.count; ++i)
        for (std::size_t p = 0; p < population.model->fixedParameters.size(); ++p)
          parameters[{nameOf(slice), numberOf(slice, i)}].push_back(
              core.parameters[p][static_cast<std::size_t>(slice.firstCompartment + i)]);
    }
  }
  void follow(const Program& program, const std::string& source, std::int64_t number,
              const std::vector<Route>& routes, const std::vector<std::uint64_t>& start, std::int32_t index) {
    for (auto r = start[static_cast<std::size_t>(index)]; r < start[static_cast<std::size_t>(index) + 1];
         ++r) {
      const Core& core = program.cores[static_cast<std::size_t>(routes[r].core)];
      const Axon& axon = core.axons[static_cast<std::size_t>(routes[r].axon)];
      for (auto s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
        const rheo::Synapse& synapse = core.synapses[s];
        if (synapse.weight == 0) continue;
        const std::int32_t input = axon.base + synapse.input;
        const CompartmentSlice& slice = sliceOf(core, input);
        const PopulationInfo& target = program.populations[static_cast<std::size_t>(slice.population)];
        const auto ports = static_cast<std::int32_t>(target.model->portCount());
        const std::int32_t neuron = numberOf(slice, (input - slice.firstInput) / ports);
        const int exponent = core.groups[static_cast<std::size_t>(axon.group)].exponent;
        const std::tuple port(nameOf(slice), neuron, (input - slice.firstInput) % ports);
        const Synapse made(source, number, synapse.weight, exponent, synapse.delay);
        synapses[port].insert(made);
        if (exponent < 0)
          groups_[std::tuple_cat(port, std::tuple(core.id, axon.group, synapse.delay))].insert(made);
      }
    }
  }
  std::map<std::tuple<std::string, int, int, int, int, int>, std::multiset<Synapse>> groups_;
  std::vector<std::string> names_;                    // [population]
  std::vector<std::vector<std::int32_t>> originals_;  // [population]: of clones
};

}  // namespace rheo::test
