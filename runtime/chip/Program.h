// An image decoded: what the chip would do, as plain arrays, core by core. Made from memory words by one
// generic decoder that follows the field layouts in the image; the golden model executes it as it stands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chip/Grid.h"
#include "chip/Image.h"
#include "fixed/Profile.h"
#include "models/Model.h"
#include "support/Error.h"

namespace rheo {

// SPEC T7: delays of axon and synapse together.
inline constexpr int kMaxDelay = 62;

struct Synapse {
  std::int32_t input;   // of this core, counted from the axon's `base`: a port of a compartment. SPEC I6
  std::int32_t weight;  // W3/W4-truncated, W6 applied under a per-weight exponent; never shifted by W5
  std::int32_t delay;   // 0..kMaxDelay, axon and synapse together
};

// Synapses that share an exponent. Sums are shifted per group and delay before they meet. SPEC W5.
struct SynapseGroup {
  std::int32_t exponent = 0;  // of the sum; 0 under per-weight exponents
  std::string name;           // the user's node ("w_rec") where one is known
};

// Where a spike goes that enters through an axon record, as one of its atoms: each has a list. SPEC I5
struct Axon {
  std::int32_t group = 0;
  std::uint64_t firstSynapse = 0;  // into Core::synapses
  std::uint64_t synapseCount = 0;
  std::int32_t base = 0;  // axons of a kernel share lists, each at a place of its own. SPEC I10
  bool shared = false;    // comes from a kernel
  std::int32_t record = 0, atom = 0;
};

struct CompartmentSlice {
  std::int32_t population;
  std::int32_t firstNeuron;
  std::int32_t count;
  std::int32_t firstCompartment;
  std::int32_t firstInput;
};

struct Route {
  std::int32_t core;  // index into Program::cores
  std::int32_t axon;  // index into its axons
};

struct Core {
  std::int32_t id = 0;
  std::int32_t compartments = 0;
  std::int32_t inputs = 0;  // of all compartments, each having as many as its model has ports
  std::vector<CompartmentSlice> slices;
  // parameters[p][c]: fixed parameter p (model's order) of compartment c.
  std::vector<std::vector<std::int32_t>> parameters;
  std::vector<SynapseGroup> groups;
  std::vector<Axon> axons;  // in order of records, then of atoms
  std::vector<Synapse> synapses;
  std::vector<std::uint64_t> routeStart;  // [compartments + 1] into routes
  std::vector<Route> routes;              // of the spikes that compartments send
};

struct PopulationInfo {
  std::string name;
  const models::ModelTable* model = nullptr;
  std::int32_t size = 0;
  std::vector<std::int64_t> shape;
  std::int32_t lag = 0;
  bool hidden = false;  // made by the compiler (a bias source); not shown unless asked for
};

struct InputInfo {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int32_t size = 0;
  image::Encoding encoding = image::Encoding::Binary;
  std::int32_t maxPayload = 1;
  std::vector<std::uint64_t> routeStart;  // [size + 1]
  std::vector<Route> routes;
};

struct OutputPartInfo {
  std::int32_t population;
  std::int32_t state;  // index into the model's states, or -1 for spikes
};

struct OutputInfo {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<OutputPartInfo> parts;
};

struct Program {
  const Profile* profile = nullptr;
  RoutingTable routing;  // SPEC I12
  std::vector<Core> cores;
  std::vector<PopulationInfo> populations;
  std::vector<InputInfo> inputs;
  std::vector<OutputInfo> outputs;
  std::int32_t maxDelay = 0;  // the largest that occurs
  std::int32_t lag = 0;       // the largest of any population: L in "T + L steps"

  int findPopulation(const std::string& name) const;
  bool graded() const;  // whether any neuron sends payloads. SPEC N18
};

// Follows every word; checks every index, range and parameter, that every neuron of every population is
// held exactly once, that routes and lists stay inside their memories and find their way through the grid,
// and SPEC W8 (the largest input any compartment could receive in a step stays within fixed::kInputBound).
//
// Registers: a field is looked up in the "neuron" record, then in the "profile" record that the neuron's
// `profile` names; where neither has it, the model's fallback holds. decay_u = du + 1, decay_v = dv,
// threshold = vth * 64 (SPEC N9), bias = bias_mantissa, bias_exponent (N8), reset_mode 0 to zero, 1 to
// reset_value * 64, 2 subtract the threshold (N10, E1, E2). Errors: R0505 to R0511.
Expected<Program> decode(const Image& image);
// Populations, and of each core its slices and the parameters of its neurons: what decode() makes of them,
// and nothing else. Errors: those that concern them.
Expected<Program> decodeRegisters(const Image& image);

}  // namespace rheo
