// The float network made ready to step, and the state of one sample under way. FloatReference records with
// them, FitConventions compares. SPEC F1 to F25.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/Model.h"
#include "network/Network.h"
#include "sim/FloatMaps.h"
#include "sim/FloatReference.h"

namespace rheo {

// The maps of a network's nodes, null where a node is none: of conventions they depend on dt alone (SPEC
// F23).
template <class Real>
using FloatMapsOf = std::vector<std::shared_ptr<const FloatMap<Real>>>;

template <class Real>
FloatMapsOf<Real> makeFloatMaps(const Network& network, double dt);

// Updates a population: states and parameters lie neuron by neuron.
template <class Real>
using UpdatePopulation = void (*)(std::int64_t, Real*, const Real*, const Real*, const models::FloatRules&,
                                  Real*);

// A node made ready to run: neurons, a map, or neither, which hands on what it receives.
template <class Real>
struct FloatNode {
  std::int64_t inputSize = 0, outputSize = 0;
  std::vector<Edge> incoming;
  int past = 0;  // the most steps that an edge from it waits
  std::shared_ptr<const FloatMap<Real>> map;
  std::vector<Real> parameters;  // of neurons: neuron by neuron in the table's order
  const models::ModelTable* model = nullptr;
  UpdatePopulation<Real> update = nullptr;
  Real spikeValue = 1;  // what a spike of this node, or an input of 1, is worth
  int input = -1;       // index among the inputs
};

template <class Real>
struct FloatProgram {
  std::vector<FloatNode<Real>> nodes;
  std::vector<int> order;
  models::FloatRules rules;
};

// As the network's own conventions and delays have it.
template <class Real>
FloatProgram<Real> prepareFloat(const Network& network, const FloatMapsOf<Real>& maps);

// The values of one sample under way.
template <class Real>
class FloatState {
 public:
  // Called for every node once it is updated, in the order of the updates.
  using Observe = std::function<void(int node)>;

  explicit FloatState(const FloatProgram<Real>& program);

  void clear();
  // False where an input is not finite.
  bool step(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time, const Observe& observe);

  // What a node hands on, spikes as 1 or as counts; an Output's: what it receives.
  const std::vector<Real>& output(int node) const { return values_[node].output; }
  // Neuron by neuron, each in its model's order.
  const std::vector<Real>& states(int node) const { return values_[node].states; }

 private:
  struct Values {
    std::vector<Real> input, output, states;
    FloatPast<Real> past;
    FloatMemory<Real> memory;
  };

  bool read(const FloatInput<Real>& input, std::int64_t sample, std::int64_t time,
            const FloatNode<Real>& node, Values& values);
  void gather(const FloatNode<Real>& node, Values& values);
  void compute(const FloatNode<Real>& node, Values& values);

  const FloatProgram<Real>& program_;
  std::vector<Values> values_;
};

}  // namespace rheo
