// Small problems with known contents for the tests of placement and emission.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>

#include "chip/Program.h"
#include "chips/Chips.h"
#include "emit/Emit.h"
#include "fixed/Profile.h"
#include "place/Place.h"

namespace rheo {

// A problem that owns its weights.
struct Problem : PlacementProblem {
  std::deque<std::vector<std::int32_t>> stores;

  Problem(const Profile& rules) { profile = &rules; }
  Problem(const Problem&) = delete;

  int input(const std::string& name, int size) {
    inputs.push_back({name, "", size});
    return static_cast<int>(inputs.size()) - 1;
  }
  int population(const std::string& name, int size, const char* model = "lif") {
    PopulationSpec spec;
    spec.name = name;
    spec.model = models::findModel(model);
    spec.size = size;
    spec.registers = {{"du", {4095}}, {"dv", {128}}, {"vth", {100}}};
    populations.push_back(std::move(spec));
    return static_cast<int>(populations.size()) - 1;
  }
  // weight(row, source): a row for each port of each neuron.
  ProjectionSpec& connect(const std::string& name, bool fromInput, int source, int target,
                          const std::function<int(int, int)>& weight) {
    ProjectionSpec spec;
    spec.name = name;
    spec.fromInput = fromInput;
    spec.source = source;
    spec.target = target;
    auto& store = stores.emplace_back();
    const int sources = fromInput ? inputs[source].size : populations[source].size;
    for (int t = 0; t < populations[target].inputs(); ++t)
      for (int s = 0; s < sources; ++s) store.push_back(weight(t, s));
    spec.wiring = Wiring::dense(populations[target].inputs(), sources);
    spec.weights = store;
    projections.push_back(spec);
    return projections.back();
  }
  // weight(index of the kernel's value)
  ProjectionSpec& convolve(const std::string& name, bool fromInput, int source, int target,
                           const Convolution& convolution, const std::function<int(int)>& weight) {
    ProjectionSpec spec;
    spec.name = name;
    spec.fromInput = fromInput;
    spec.source = source;
    spec.target = target;
    spec.wiring = Wiring::convolution(convolution);
    auto& store = stores.emplace_back();
    for (int i = 0; i < spec.wiring.valueCount(); ++i) store.push_back(weight(i));
    spec.weights = store;
    projections.push_back(spec);
    return projections.back();
  }
  ImageMetadata metadata() const {
    ImageMetadata about;
    about.network = "test";
    about.dt = 1e-3;
    for (const PopulationSpec& population : populations)
      about.populations.push_back({{population.size}, 1, false, {}});
    for (const InputSpec& input : inputs) about.inputs.push_back({{input.size}, image::Encoding::Binary, 1});
    return about;
  }
};

}  // namespace rheo
