// Random programs written down directly. Synapses are drawn under a budget for each input, so that SPEC
// W8 always holds.
#include "RawProgram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "fixed/Arithmetic.h"
#include "models/AllModels.h"

namespace rheo::test {
namespace {

class Builder {
 public:
  explicit Builder(std::uint64_t seed) : random_(seed) {}

  Program build() {
    program_.profile = random_.oneIn(2) ? &kLavaProfile : &kLoihi1Profile;
    addCores();
    addPopulations();
    addInputs();
    for (Core& core : program_.cores) budget_.emplace_back(core.inputs, fixed::kInputBound);
    const int projections = random_.between(1, 8);
    for (int k = 0; k < projections; ++k) addProjection();
    writeRoutes();
    return std::move(program_);
  }

 private:
  struct Wire {  // a route before it is sorted by source
    std::int32_t from;
    Route route;
  };

  void addCores() {
    const int cores = random_.between(1, 3);
    for (int k = 0; k < cores; ++k) {
      Core& core = program_.cores.emplace_back();
      core.id = k;
      core.parameters.resize(models::kMaxParameters);
      const int groups = random_.between(1, 4);
      for (int g = 0; g < groups; ++g) {
        const bool shared = program_.profile->weightExponent == WeightExponent::OfSum;
        const std::int32_t exponent = random_.oneIn(3)   ? random_.between(6, 9)
                                      : random_.oneIn(2) ? -2
                                                         : random_.between(-4, 6);
        core.groups.push_back({shared ? exponent : 0, random_.oneIn(2) ? "" : fmt::format("w{}", g % 2)});
      }
    }
  }

  void addPopulations() {
    const int populations = random_.between(1, 4);
    for (int p = 0; p < populations; ++p) {
      const auto all = models::allModels();
      PopulationInfo& info = program_.populations.emplace_back();
      info.name = fmt::format("p{}", p);
      info.model =
          &all[static_cast<std::size_t>(random_.between(0, static_cast<std::int32_t>(all.size()) - 1))];
      info.size = random_.oneIn(8) ? random_.between(100, 300) : random_.between(1, 60);
      info.shape = {info.size};
      for (std::int32_t first = 0; first < info.size;) {
        const std::int32_t count = random_.between(1, info.size - first);
        addSlice(p, first, count);
        first += count;
      }
    }
  }

  std::int32_t inputsOf(std::int32_t population, std::int32_t neurons) const {
    return static_cast<std::int32_t>(
        program_.populations[static_cast<std::size_t>(population)].model->inputsOf(neurons));
  }

  void addSlice(std::int32_t p, std::int32_t first, std::int32_t count) {
    Core& core = program_.cores[anyIndex(program_.cores)];
    core.slices.push_back({p, first, count, core.compartments, core.inputs});
    core.compartments += count;
    core.inputs += inputsOf(p, count);
    const auto fixedParameters = program_.populations[static_cast<std::size_t>(p)].model->fixedParameters;
    const bool constant = random_.oneIn(2);
    for (std::size_t k = 0; k < core.parameters.size(); ++k) {
      std::int32_t value = 0;
      for (std::int32_t i = 0; i < count; ++i) {
        if (k < fixedParameters.size() && (i == 0 || !constant)) value = parameterValue(fixedParameters[k]);
        core.parameters[k].push_back(value);
      }
    }
  }

  // Mostly values at which something happens, now and then the ends of the range.
  std::int32_t parameterValue(const models::FixedParameter& parameter) {
    if (parameter.minimum == -1) return -random_.between(0, 1);
    if (random_.oneIn(12)) return random_.oneIn(2) ? parameter.minimum : parameter.maximum;
    if (parameter.maximum == fixed::kDecayOne) return random_.between(0, fixed::kDecayOne);
    const bool signedValue = parameter.name == "bias" || parameter.name == "reset_amount";
    return random_.between(signedValue ? -40000 : 0, 40000);
  }

  void addInputs() {
    const int inputs = random_.between(1, 2);
    for (int k = 0; k < inputs; ++k) {
      InputInfo& input = program_.inputs.emplace_back();
      input.name = fmt::format("x{}", k);
      input.size = random_.oneIn(8) ? random_.between(100, 400) : random_.between(1, 60);
      input.shape = {input.size};
      input.encoding = static_cast<image::Encoding>(random_.between(0, 2));
      if (input.encoding != image::Encoding::Binary) input.maxPayload = random_.between(1, 12);
    }
  }

  template <class List>
  std::size_t anyIndex(const List& list) {
    return static_cast<std::size_t>(random_.between(0, static_cast<std::int32_t>(list.size()) - 1));
  }

  // Synapses from an input or a population to a slice of another.
  void addProjection() {
    const std::size_t c = anyIndex(program_.cores);
    if (program_.cores[c].slices.empty()) return;
    const CompartmentSlice slice = program_.cores[c].slices[anyIndex(program_.cores[c].slices)];
    const std::size_t inputs = program_.inputs.size();
    const std::size_t source = static_cast<std::size_t>(
        random_.between(0, static_cast<std::int32_t>(inputs + program_.populations.size()) - 1));
    const std::int32_t payload = source < inputs ? program_.inputs[source].maxPayload : 1;
    const std::int32_t size =
        source < inputs ? program_.inputs[source].size : program_.populations[source - inputs].size;
    // SPEC W6: weights that carry their exponent are up to 2^7 times larger.
    const bool perWeight = program_.profile->weightExponent == WeightExponent::PerWeight;
    const Style style{static_cast<std::int32_t>(anyIndex(program_.cores[c].groups)),
                      random_.oneIn(3)   ? 100
                      : random_.oneIn(2) ? 30
                                         : 2,
                      random_.between(0, 3),
                      random_.oneIn(3) ? random_.between(0, kMaxDelay) : random_.between(0, 1),
                      random_.oneIn(4) ? random_.between(1, 4) : 0,
                      random_.oneIn(3)                ? 20
                      : perWeight && random_.oneIn(3) ? 254 << 7
                                                      : 254};
    for (std::int32_t i = 0; i < size; ++i) {
      const std::int32_t repeats = random_.oneIn(20) ? 2 : 1;
      for (std::int32_t r = 0; r < repeats; ++r) addAxon(c, slice, style, payload, source, i);
    }
  }

  struct Style {
    std::int32_t group, percent, sign, delay, delaySpread, largest;
  };

  std::int32_t drawWeight(const Style& style) {
    switch (style.sign) {
      case 0:
        return random_.between(0, style.largest);
      case 1:
        return -random_.between(0, style.largest);
      default:
        return 2 * random_.between(-style.largest / 2, style.largest / 2);
    }
  }

  void addAxon(std::size_t c, const CompartmentSlice& slice, const Style& style, std::int32_t payload,
               std::size_t source, std::int32_t neuron) {
    Core& core = program_.cores[c];
    Axon axon{style.group, core.synapses.size(), 0};
    const std::int32_t exponent = core.groups[static_cast<std::size_t>(style.group)].exponent;
    for (std::int32_t i = 0; i < inputsOf(slice.population, slice.count); ++i) {
      if (random_.between(1, 100) > style.percent) continue;
      const std::int32_t input = slice.firstInput + i;
      const std::int32_t weight = drawWeight(style);
      const std::int32_t cost = (std::abs(weight) + 1) * payload * (1 << std::max(exponent, 0));
      if (cost > budget_[c][static_cast<std::size_t>(input)]) continue;
      budget_[c][static_cast<std::size_t>(input)] -= cost;
      const std::int32_t delay = std::min(kMaxDelay, style.delay + random_.between(0, style.delaySpread));
      program_.maxDelay = std::max(program_.maxDelay, delay);
      core.synapses.push_back({input, weight, delay});
    }
    axon.synapseCount = core.synapses.size() - axon.firstSynapse;
    core.axons.push_back(axon);
    wires_.resize(program_.inputs.size() + program_.populations.size());
    wires_[source].push_back(
        {neuron, {static_cast<std::int32_t>(c), static_cast<std::int32_t>(core.axons.size()) - 1}});
  }

  void writeRoutes() {
    wires_.resize(program_.inputs.size() + program_.populations.size());
    for (std::size_t k = 0; k < program_.inputs.size(); ++k) {
      InputInfo& input = program_.inputs[k];
      writeRoutes(wires_[k], 0, input.size, input.routeStart, input.routes);
      input.routeStart.push_back(input.routes.size());
    }
    for (Core& core : program_.cores) {
      for (const CompartmentSlice& slice : core.slices)
        writeRoutes(wires_[program_.inputs.size() + static_cast<std::size_t>(slice.population)],
                    slice.firstNeuron, slice.count, core.routeStart, core.routes);
      core.routeStart.push_back(core.routes.size());
    }
  }

  static void writeRoutes(const std::vector<Wire>& wires, std::int32_t first, std::int32_t count,
                          std::vector<std::uint64_t>& start, std::vector<Route>& routes) {
    for (std::int32_t i = first; i < first + count; ++i) {
      start.push_back(routes.size());
      for (const Wire& wire : wires)
        if (wire.from == i) routes.push_back(wire.route);
    }
  }

  Random random_;
  Program program_;
  std::vector<std::vector<std::int32_t>> budget_;  // [core][input]: what W8 still allows
  std::vector<std::vector<Wire>> wires_;           // [source]
};

}  // namespace

Program rawProgram(std::uint64_t seed) { return Builder(seed).build(); }

std::vector<std::vector<std::int32_t>> randomInput(const Program& program, Random& random) {
  std::vector<std::vector<std::int32_t>> rows;
  for (const InputInfo& input : program.inputs) {
    auto& row = rows.emplace_back(static_cast<std::size_t>(input.size));
    const std::int32_t share = random.between(1, 10);
    const std::int32_t lowest = input.encoding == image::Encoding::Graded ? -input.maxPayload : 0;
    for (std::int32_t& value : row)
      if (random.oneIn(share)) value = random.between(lowest, input.maxPayload);
  }
  return rows;
}

}  // namespace rheo::test
