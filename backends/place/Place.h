// Where everything goes: populations cut into slices, slices on cores, one synapse list per source and core.
// Deterministic; every violated limit of the chip is reported in one go.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "chip/ChipSpec.h"
#include "chip/Synapses.h"
#include "chip/Traffic.h"
#include "fixed/Profile.h"
#include "models/Model.h"
#include "network/Wiring.h"
#include "support/Error.h"

namespace rheo {

struct PopulationSpec {
  std::string name;
  std::string where;  // the user's node; empty: `name`
  const models::ModelTable* model = nullptr;
  std::int32_t size = 0;
  // Register name (du, dv, vth, bias_mantissa, bias_exponent, reset_mode, reset_value) -> one value for
  // all neurons, or `size` of them. What is left out is 0; what the model reads must be there. The
  // registers model, profile, route_first and route_count are filled in by the emitter.
  std::map<std::string, std::vector<std::int64_t>> registers;

  std::int64_t inputs() const { return model->inputsOf(size); }  // rows of the projections into it
};

struct InputSpec {
  std::string name;
  std::string where;
  std::int32_t size = 0;
};

struct ProjectionSpec {
  std::string name;   // the user's node that holds the weights
  std::string where;  // the place to show in messages; empty: `name`
  bool fromInput = false;
  int source = 0;  // index into inputs or populations
  int target = 0;  // index into populations
  Wiring wiring;
  // Of the wiring; cut to what a synapse word stores (storeWeight). The caller keeps them alive until the
  // image is made.
  std::span<const std::int32_t> weights;
  int weightBits = 8;
  SignMode signMode = SignMode::Mixed;
  int exponent = 0;
  int delay = 0;  // steps of every synapse, beyond the one that every hop takes. SPEC T2

  // Steps of each value of the wiring, or none; kept alive as the weights are. What all synapses wait is the
  // axon's, the rest a synapse's own. SPEC T7
  void setDelays(std::span<const std::int32_t> steps);
  int axonDelay() const { return delay + least_; }
  int synapseDelay(std::int64_t index) const {
    return delays_.empty() ? 0 : delays_[static_cast<std::size_t>(index)] - least_;
  }
  int mostSynapseDelay() const { return most_ - least_; }
  int mostDelay() const { return delay + most_; }  // of axon and synapse together
  const std::span<const std::int32_t>& delays() const { return delays_; }

 private:
  std::span<const std::int32_t> delays_ = {};
  int least_ = 0, most_ = 0;
};

struct PlacementProblem {
  const Profile* profile = nullptr;
  std::vector<PopulationSpec> populations;
  std::vector<InputSpec> inputs;
  std::vector<ProjectionSpec> projections;

  std::int32_t sourceSize(const ProjectionSpec& projection) const {
    return projection.fromInput ? inputs[projection.source].size : populations[projection.source].size;
  }
};

// How the lists of a projection are stored; the place in a core is left open.
SynapseFormat formatOf(const ProjectionSpec& projection, const ChipSpec& chip, ListKind kind);

// Neurons of one population in consecutive compartments: `count` of them, again for each of `rows`,
// `rowStride` neurons further on, and all that again for each of `repeats` channels, `stride` neurons further
// on. Or the `count` neurons that are listed.
struct PlacedSlice {
  int population = 0;
  std::int32_t firstNeuron = 0;
  std::int32_t count = 0;
  std::int32_t repeats = 1;
  std::int32_t stride = 0;
  std::int32_t rows = 1;
  std::int32_t rowStride = 0;
  std::vector<std::int32_t> listed = {};  // ascending; the first is firstNeuron
  std::int32_t clone = 0;                 // 0: the neurons themselves, else which of their clones. SPEC E5
  // Where it lies in its core: PlacedCore::append says so.
  std::int32_t firstCompartment = 0;
  std::int32_t firstInput = 0;  // as synapse lists count. SPEC I6
  std::int32_t ports = 1;       // of the population's model

  std::int32_t size() const { return count * rows * repeats; }
  std::int32_t inputs() const { return size() * ports; }
  // The target of a projection that the i-th input is, and back; -1 where it lies elsewhere.
  std::int64_t target(std::int32_t i) const { return std::int64_t{neuron(i / ports)} * ports + i % ports; }
  std::int32_t findTarget(std::int64_t target) const {
    const std::int32_t place = find(target / ports);
    return place < 0 ? -1 : static_cast<std::int32_t>(place * ports + target % ports);
  }
  std::int32_t neuron(std::int32_t i) const {
    if (!listed.empty()) return listed[static_cast<std::size_t>(i)];
    return firstNeuron + i / (count * rows) * stride + i / count % rows * rowStride + i % count;
  }
  // The i of a neuron; -1 where it lies elsewhere.
  std::int32_t find(std::int64_t neuronNumber) const;
  // How many neurons from the i-th on follow each other.
  std::int32_t runFrom(std::int32_t i) const;
};

// Neurons in ascending order, listed only where they do not follow each other.
PlacedSlice sliceOf(int population, std::span<const std::int32_t> neurons);

// How the lists of one projection in one slice are stored: a format record of the core. SPEC I7.
struct PlacedGroup {
  int projection = 0;
  int slice = 0;  // into PlacedCore::slices
  ListKind kind = ListKind::Sparse;
  int number = 0;  // sparse and dense lists of one projection and slice share it: they are one sum. SPEC W5
};

// A list of the core and the axon to it: what `source` sends to the group's slice. SPEC I5, I6; several share
// an axon record where the chip has population axons: place/AxonRecords.h.
struct PlacedAxon {
  int group = 0;            // into PlacedCore::groups
  std::int32_t source = 0;  // neuron or channel
  std::int32_t clone = 0;   // of the source, which sends the spikes. SPEC E5
};

struct CoreUse {
  std::int64_t neurons = 0, inputs = 0, inputAxons = 0, outputRoutes = 0, synapseWords = 0, profiles = 0,
               formats = 0, constants = 0, stateWords = 0, delaySlots = 0;
  int longestDelay = 0;

  void takeNeurons(std::int64_t count, const models::ModelTable& model);
  void wait(int delay);  // some input waits so many steps
};

// A limit that every core obeys on its own.
struct CoreLimit {
  std::int64_t CoreUse::*use;
  const char* name;  // in the chip's record
  const char* code;  // of the diagnostic where it is exceeded
  const char* what;
  const char* remedy;
};
std::span<const CoreLimit> coreLimits();  // in the order in which they are reported

struct PlacedCore {
  std::int32_t id = 0;  // on the chip's grid. SPEC I12
  std::vector<PlacedSlice> slices;
  std::vector<PlacedGroup> groups;  // in order of slices, then of projections
  std::vector<PlacedAxon> axons;    // in order of groups, then of sources
  CoreUse use;

  // Puts a slice behind the others, and counts its neurons and inputs.
  void append(PlacedSlice slice, const models::ModelTable& model);
};

struct Placement {
  std::vector<PlacedCore> cores;
};

// What a core holds, without what it is made of.
struct HeldByCore {
  std::int32_t id = 0;
  CoreUse use;
};

// Population and number of the clone, from 1 on -> the neurons of which there is one, ascending. SPEC E5
std::map<std::pair<int, std::int32_t>, std::vector<std::int32_t>> clonesOf(const Placement& placement);

// Where the spikes of a placement go, by indices of its cores; the host's are not counted. rates: spikes in a
// step of each neuron of a population, by its name; 1 where it is left out.
std::vector<Flow> flowsOf(const PlacementProblem& problem, const Placement& placement,
                          const std::map<std::string, std::vector<double>>& rates);

// The synapses of a source of a projection in a slice, by place.
struct ListedTargets {
  std::int32_t place;  // among the slice's inputs
  std::int64_t index;  // of the wiring's value
};
std::vector<ListedTargets> targetsIn(const ProjectionSpec& projection, const PlacedSlice& slice,
                                     std::int32_t source);

// What lists take of a core. Each is a route of its source.
struct ListNeeds {
  std::int64_t axons = 0, words = 0, lists = 0;
};
// Those of a projection in a core that holds a single neuron of its target.
ListNeeds needsAlone(const PlacementProblem& problem, const ChipSpec& chip, int projection,
                     std::int32_t neuron);

// Adds the synapses that end in a target to those of each source, those without weight left out.
template <class Counts>
void countTarget(const ProjectionSpec& projection, const SynapseFormat& format, WeightTruncation truncation,
                 std::int64_t target, Counts& counts) {
  const std::int64_t sources = projection.wiring.sources();
  const WeightsKept kept(format, truncation);
  if (projection.wiring.convolution() || projection.wiring.lists()) {
    projection.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      counts[static_cast<std::size_t>(source)] += kept(projection.weights[static_cast<std::size_t>(index)]);
    });
    return;
  }
  const std::int32_t* weights = projection.weights.data() + target * sources;
  for (std::int64_t source = 0; source < sources; ++source) counts[source] += kept(weights[source]);
}

// How many synapses of each source end in a slice, those without weight left out.
std::vector<std::int64_t> countSynapses(const ProjectionSpec& projection, const ChipSpec& chip,
                                        WeightTruncation truncation, const PlacedSlice& slice);

// What register `field` of a neuron holds, "model" included. SPEC I4
std::int64_t registerValue(const PopulationSpec& population, const std::string& field, std::int32_t neuron);

// The constants of a neuron's program, in the order of its model's parameters; empty where it runs none. SPEC
// I9
std::vector<std::int64_t> constantsOf(const PopulationSpec& population, std::int32_t neuron);

// Everything that is wrong with the problem before anything is placed: see place().
Status checkProblem(const PlacementProblem& problem, const ChipSpec& chip);

// What a core is to hold. Neurons of feature maps are wanted as tiles, all of a map or none.
struct WantedCore {
  // That it keeps, or any. A core that keeps its own is filled up only where others lack; one that does not
  // work holds nothing.
  std::int32_t id = -1;
  std::vector<PlacedSlice> slices;  // no neuron twice
};

// What is wanted, as far as each core's limits allow; then what is left, populations in order, on the cores
// that have room for it. The first cores of the chip that work are taken, one after the other. With `clones`,
// neurons of more routes than a core has are held several times (SPEC E5). Errors are of kind Compile with
// every violation found (R0410 to R0420), or Internal where the problem contradicts itself (sizes, indices).
Expected<Placement> place(const PlacementProblem& problem, const ChipSpec& chip,
                          std::span<const WantedCore> wanted = {}, bool clones = false);

}  // namespace rheo
