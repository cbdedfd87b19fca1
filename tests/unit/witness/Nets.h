// Quantized networks of every kind of connection, and their images, for the tests of the witness.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "algorithms/Lags.h"
#include "algorithms/Problem.h"
#include "chip/Program.h"
#include "chips/Chips.h"
#include "emit/Emit.h"
#include "passes/Witness.h"
#include "place/Place.h"
#include "witness/Witness.h"

namespace rheo::test {

template <class T>
T unwrapped(Expected<T> value) {
  if (!value) {
    std::fprintf(stderr, "%s\n", value.error().diagnostics.front().message.c_str());
    std::abort();
  }
  return *std::move(value);
}

// A network under construction.
struct Net : FixedNet {
  explicit Net(const std::string& of) {
    name = of;
    dt = 1e-3;
  }
  int input(const std::string& named, std::vector<std::int64_t> shape, std::int32_t least = 0,
            std::int32_t most = 1) {
    std::int64_t size = 1;
    for (const std::int64_t extent : shape) size *= extent;
    inputs.push_back({named, size, std::move(shape), least, most});
    return static_cast<int>(inputs.size()) - 1;
  }
  int population(const std::string& named, const char* model, std::vector<std::int64_t> shape,
                 std::map<std::string, std::vector<std::int32_t>> registers) {
    FixedPopulation made;
    made.name = named;
    made.model = models::findModel(model);
    made.size = 1;
    for (const std::int64_t extent : shape) made.size *= extent;
    made.shape = std::move(shape);
    made.registers = std::move(registers);
    made.scales["v"] = {1.5};
    populations.push_back(std::move(made));
    return static_cast<int>(populations.size()) - 1;
  }
  int cuba(const std::string& named, std::vector<std::int64_t> shape, int bias = 0) {
    return population(named, "cuba_lif", std::move(shape),
                      {{"du", {400}}, {"dv", {300}}, {"vth", {90}}, {"bias_mantissa", {bias}}});
  }
  // A sum that the compiler makes: it has to be hidden in the image. SPEC V5
  int sum(const std::string& named, std::int64_t size) {
    return population(named, "graded_vec", {size}, {{"threshold", {0}}});
  }
  FixedProjection& connect(const std::string& named, Source source, int target, const Wiring& wiring,
                           const std::function<int(std::int64_t)>& weight, int exponent = 0) {
    FixedProjection made;
    made.name = named;
    made.source = source;
    made.target = target;
    made.exponent = exponent;
    made.weights = Connections<std::int32_t>(wiring);
    for (std::int64_t i = 0; i < wiring.valueCount(); ++i)
      made.weights.values[static_cast<std::size_t>(i)] = weight(i);
    projections.push_back(std::move(made));
    return projections.back();
  }
  FixedProjection& dense(const std::string& named, Source source, int target,
                         const std::function<int(std::int64_t)>& weight, int exponent = 0) {
    const std::int64_t sources = source.input ? inputs[static_cast<std::size_t>(source.index)].size
                                              : populations[static_cast<std::size_t>(source.index)].size;
    return connect(named, source, target,
                   Wiring::dense(populations[static_cast<std::size_t>(target)].inputs(), sources), weight,
                   exponent);
  }
  void output(const std::string& named, int population) {
    outputs.push_back({named, populations[static_cast<std::size_t>(population)].shape, {population}});
  }
};

inline Image imageOf(FixedNet net, const ChipSpec& chip, const Profile& profile = kLavaProfile,
                     bool clones = false) {
  unwrapped(assignLags(net, kMaxDelay));
  const PlacementProblem problem = problemOf(net, profile);
  const Placement placement = unwrapped(place(problem, chip, {}, clones));
  ImageMetadata about;
  about.network = net.name;
  about.dt = net.dt;
  for (const FixedPopulation& population : net.populations) {
    ImageMetadata::Population& made = about.populations.emplace_back();
    made.shape = population.shape;
    made.lag = population.lag;
    made.hidden = population.hidden || population.model->name == "graded_vec";
    for (const auto& [state, values] : population.scales) {
      made.scales.emplace_back().state = state;
      made.scales.back().values = values;
    }
  }
  for (const InputPort& port : net.inputs)
    about.inputs.push_back({port.shape,
                            port.minPayload < 0   ? image::Encoding::Graded
                            : port.maxPayload > 1 ? image::Encoding::Counts
                                                  : image::Encoding::Binary,
                            port.maxPayload});
  for (const OutputPort& port : net.outputs) {
    image::OutputT& made = about.outputs.emplace_back();
    made.name = port.name;
    made.shape = port.shape;
    for (const int population : port.populations) {
      made.parts.push_back(std::make_unique<image::OutputPartT>());
      made.parts.back()->population = static_cast<std::uint32_t>(population);
      if (!net.populations[static_cast<std::size_t>(population)].model->spiking)
        made.parts.back()->state = "v";
    }
  }
  return unwrapped(emitImage(problem, placement, chip, std::move(about)));
}

inline const ChipSpec& chipNamed(const std::string& name) { return *findBuiltinChip(name); }

struct Case {
  std::string name;
  witness::NetworkT network;
  Image image;
};

inline Case caseOf(const Net& net, const std::string& chip, const Profile& profile = kLavaProfile) {
  return {net.name, witnessOf(net, profile), imageOf(net, chipNamed(chip), profile)};
}

// Even weights, some of them 0; a seed gives the same ones.
inline std::function<int(std::int64_t)> drawn(unsigned seed, int most = 60) {
  auto random = std::make_shared<std::mt19937>(seed);
  return [random, most](std::int64_t) {
    const int weight = static_cast<int>((*random)() % static_cast<unsigned>(2 * most + 1)) - most;
    return (*random)() % 4 == 0 ? 0 : weight / 2 * 2;
  };
}

Case denseCase();        // two layers, sparse and dense lists, a register for each neuron
Case convolutionCase();  // shared kernels, stride and padding, behind them a readout
Case recurrentCase();    // delays of single synapses, a loop, parallel projections with negative exponents
Case listedCase();       // few synapses between many neurons, some of them delayed
Case inputsCase();       // counts and graded payloads, signs of one kind, few bits
Case programsCase();     // constants, several ports, a clock
Case loihi1Case();       // exponents of each weight
Case cloneCase();        // neurons of too many routes. SPEC E5
// What the splitting of a projection's sources into sums gives, with the witness of the network before it.
Case splitCase(int exponent, bool direct, bool chained = false);

}  // namespace rheo::test
