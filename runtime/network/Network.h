// A trained spiking network as its file describes it, flattened to one graph of named nodes, plus every
// assumption that had to be made to give it a meaning in discrete time. Plain data: front ends fill it
// in, the float reference runs it, the compiler lowers it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "network/Conventions.h"
#include "support/Error.h"

namespace rheo {

enum class DType : std::uint8_t { Float16, Float32, Float64, Int64 };

// A named array of numbers with a unit. Values are held as double, which represents every value of
// every DType that a file may hold (integers are checked to be below 2^53 on import).
struct Tensor {
  std::vector<std::int64_t> shape;  // C order; empty for a scalar
  std::vector<double> values;       // product(shape) of them
  DType dtype = DType::Float32;     // as stored in the file
  std::string unit;                 // "s", "V", "V/A", "1"; from the model's parameter table

  std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
  // A whole number.
  static Tensor count(std::int64_t value) { return {{}, {static_cast<double>(value)}, DType::Int64, ""}; }
};

// The kind of a node is the name of the NIR primitive it follows: Input, Output, Affine, Linear, Scale,
// Flatten, Conv1d, Conv2d, SumPool2d, AvgPool2d, Delay, Threshold, I, IF, LI, LIF, CubaLI, CubaLIF;
// ConvTranspose2d, which NIR lacks; or, where the parameters are already a chip's integers, the name of a
// neuron model: cuba_lif, lif, ... The float rules (SPEC F*) are stated per kind.
struct Node {
  std::string name;  // nested graphs joined with '.': "lif1.w_rec"
  std::string kind;
  // Inferred on import, never empty afterwards. Of neurons with several ports: [neurons' shape..., ports].
  std::vector<std::int64_t> inputShape;
  std::vector<std::int64_t> outputShape;
  std::map<std::string, Tensor> parameters;  // NIR names: "tau", "v_threshold", "weight", ...
  std::string origin;                        // where in the file: "/node/nodes/lif1"

  std::int64_t inputSize() const;
  std::int64_t outputSize() const;
  bool stateful() const;      // neurons: a model steps it, with or without memory
  bool exact() const;         // its parameters are the integers of a chip's step. SPEC F14
  bool spiking() const;       // its output is spikes
  bool currentBased() const;  // CubaLIF, CubaLI: a synaptic current drives the membrane
};

// Everything that flows into a node is summed. `delaySteps` is the delay of the float network: of an edge
// that closes a cycle, and what the conventions add. SPEC F5, F21.
struct Edge {
  int source = -1;  // index into Network::nodes
  int target = -1;
  int delaySteps = 0;
};

// Something the file leaves unsaid and that was decided: by inference, by default, or by the user.
struct Assumption {
  std::string what;         // "dt"
  std::string value;        // "0.0001 s"
  std::string why;          // the evidence, with its number
  std::string howToChange;  // "--dt SECONDS"
  bool warning = false;     // true where a different choice is likely (a repair, a bare default)
};

struct Network {
  std::string name;         // file stem or the builder's name; never a path
  std::vector<Node> nodes;  // order of first appearance; no meaning
  std::vector<Edge> edges;  // sorted by (source, target)
  Conventions conventions;
  ConventionOptions given;     // of the conventions; the others were inferred or are defaults
  std::vector<Node> asInFile;  // the nodes before a framework's reader changed them; empty where none did
  std::vector<Assumption> assumptions;

  int find(const std::string& nodeName) const;  // -1 if there is none
  std::vector<int> inputs() const;              // indices of the Input nodes, by name
  std::vector<int> outputs() const;
};

// Checks shapes, finite values, positive time constants, edges, cycles without state; infers what
// shapes the file left out; decides the conventions and writes the assumptions. Every front end ends
// here, so every front end obeys the same rules. `file` is only for messages.
Expected<Network> finishNetwork(Network network, const ConventionOptions& options, const std::string& file);

// The same network under other conventions. What `changes` leaves open is as it was given, or decided anew;
// where they name a framework, it is the framework's.
Expected<Network> underConventions(Network network, const ConventionOptions& changes);

// Sets the conventions and with them the delay of every edge, and nothing else: what is told of the network
// stays. SPEC F5, F21.
void setConventions(Network& network, const Conventions& conventions);

// The order in which the float reference updates the nodes in one step: every zero-delay edge goes
// forwards. SPEC F4. Exists for every finished network.
std::vector<int> updateOrder(const Network& network);

}  // namespace rheo
