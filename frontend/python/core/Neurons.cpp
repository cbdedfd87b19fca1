// Single neurons of a decoded image for Python: registers, what reaches them, how near they come to their
// threshold.
#include <algorithm>
#include <cmath>

#include "Arrays.h"
#include "chip/Program.h"
#include "measures/Margin.h"

namespace rheo::python {
namespace {

using Integers = py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>;

int numberOf(const Program& program, const std::string& population) {
  const int number = program.findPopulation(population);
  if (number < 0) throw py::key_error("no such population");
  return number;
}

// {parameter of the model's step: int32 [n]}.
py::dict registersOf(const Program& program, const std::string& name) {
  const int number = numberOf(program, name);
  const PopulationInfo& population = program.populations[number];
  py::dict result;
  for (std::size_t p = 0; p < population.model->fixedParameters.size(); ++p) {
    py::array_t<std::int32_t> values(population.size);
    for (const Core& core : program.cores)
      for (const CompartmentSlice& slice : core.slices)
        if (slice.population == number)
          std::copy_n(core.parameters[p].begin() + slice.firstCompartment, slice.count,
                      values.mutable_data() + slice.firstNeuron);
    result[py::str(std::string(population.model->fixedParameters[p].name))] = values;
  }
  return result;
}

// Synapses onto one neuron: a row for each.
struct FanIn {
  std::vector<std::int64_t> source, neuron, delay;
  std::vector<double> weight;
};

// The core's axons that reach an input of it, with delay and weight of each synapse.
using Reaching = std::vector<std::vector<std::pair<std::int32_t, double>>>;

Reaching reaching(const Core& core, std::int32_t input) {
  Reaching result(core.axons.size());
  for (std::size_t a = 0; a < core.axons.size(); ++a) {
    const Axon& axon = core.axons[a];
    for (std::uint64_t k = axon.firstSynapse; k < axon.firstSynapse + axon.synapseCount; ++k)
      if (const Synapse& s = core.synapses[k]; axon.base + s.input == input)
        result[a].emplace_back(s.delay, std::ldexp(s.weight, core.groups[axon.group].exponent));
  }
  return result;
}

FanIn fanInOf(const Program& program, int population, std::int32_t neuron) {
  FanIn found;
  for (std::size_t c = 0; c < program.cores.size(); ++c) {
    for (const CompartmentSlice& slice : program.cores[c].slices) {
      const std::int32_t at = neuron - slice.firstNeuron;
      if (slice.population != population || at < 0 || at >= slice.count) continue;
      const auto ports = static_cast<std::int32_t>(program.populations[population].model->ports.size());
      const Reaching axons = reaching(program.cores[c], slice.firstInput + ports * at);
      const auto follow = [&](std::int64_t source, std::int64_t from, const std::vector<std::uint64_t>& start,
                              const std::vector<Route>& routes, std::int64_t index) {
        for (std::uint64_t k = start[index]; k < start[index + 1]; ++k) {
          if (routes[k].core != static_cast<std::int32_t>(c)) continue;
          for (const auto& [delay, weight] : axons[routes[k].axon]) {
            found.source.push_back(source), found.neuron.push_back(from);
            found.delay.push_back(delay), found.weight.push_back(weight);
          }
        }
      };
      for (std::size_t i = 0; i < program.inputs.size(); ++i)
        for (std::int64_t n = 0; n < program.inputs[i].size; ++n)
          follow(static_cast<std::int64_t>(i), n, program.inputs[i].routeStart, program.inputs[i].routes, n);
      for (const Core& core : program.cores)
        for (const CompartmentSlice& from : core.slices)
          for (std::int64_t n = 0; n < from.count; ++n)
            follow(static_cast<std::int64_t>(program.inputs.size()) + from.population, from.firstNeuron + n,
                   core.routeStart, core.routes, from.firstCompartment + n);
    }
  }
  return found;
}

// (number of the source, inputs first; its neuron or channel; delay in steps; weight as it meets the sum), an
// array each.
py::tuple fanIn(const Program& program, const std::string& name, std::int32_t neuron) {
  const int population = numberOf(program, name);
  const FanIn found = [&] {
    py::gil_scoped_release release;
    return fanInOf(program, population, neuron);
  }();
  const auto array = [](const auto& values) {
    using Value = typename std::decay_t<decltype(values)>::value_type;
    return py::array_t<Value>(static_cast<py::ssize_t>(values.size()), values.data());
  };
  return py::make_tuple(array(found.source), array(found.neuron), array(found.delay), array(found.weight));
}

// How near v comes to the threshold in steps [first, first + steps) of v and spikes,
// [samples, steps, n].
measures::Margins margins(const Integers& v, const Integers& spikes, const Integers& threshold,
                          std::int64_t first, std::int64_t steps, std::int32_t step, int threads) {
  const bool fits =
      v.ndim() == 3 && spikes.ndim() == 3 && std::equal(v.shape(), v.shape() + 3, spikes.shape());
  if (!fits || threshold.size() != v.shape(2) || first < 0 || steps < 0 || first + steps > v.shape(1))
    throw py::value_error("potentials and spikes are [samples, steps, neurons], thresholds [neurons]");
  const measures::Potentials potentials{{v.data(), static_cast<std::size_t>(v.size())},
                                        {spikes.data(), static_cast<std::size_t>(spikes.size())},
                                        v.shape(0),
                                        v.shape(1),
                                        v.shape(2),
                                        first,
                                        steps};
  const std::span<const std::int32_t> thresholds(threshold.data(), threshold.size());
  py::gil_scoped_release release;
  return measures::marginsOf(potentials, thresholds, step, threads);
}

}  // namespace

void bindNeurons(py::module_& m) {
  m.def("registers",
        [](const std::shared_ptr<Program>& p, const std::string& n) { return registersOf(*p, n); });
  m.def("fan_in", [](const std::shared_ptr<Program>& p, const std::string& name, std::int32_t neuron) {
    return fanIn(*p, name, neuron);
  });
  m.def("margins", &margins);
  using measures::Margins;
  py::class_<Margins>(m, "Margins")
      .def(py::init<>())
      .def_readonly("cells", &Margins::cells)
      .def_readonly("spikes", &Margins::spikes)
      .def_readonly("within", &Margins::within)
      .def("add",
           [](Margins& sum, const Margins& other) {
             sum.distance.add(other.distance), sum.relative.add(other.relative);
             sum.cells += other.cells, sum.spikes += other.spikes, sum.within += other.within;
           })
      .def("distance", [](const Margins& found, double share) { return found.distance.quantile(share); })
      .def("relative", [](const Margins& found, double share) { return found.relative.quantile(share); });
}

}  // namespace rheo::python
