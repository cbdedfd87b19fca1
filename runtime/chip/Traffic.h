// What spikes cost on their way: links that the messages of a network cross in a step. SPEC I12.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "chip/Grid.h"
#include "chip/Program.h"

namespace rheo {

// Neurons of one core whose spikes go to the same cores.
struct Flow {
  std::int32_t source = 0;            // index of a core
  std::vector<std::int32_t> targets;  // indices of other cores, ascending, each once
  double rate = 0;                    // spikes in a step, of all these neurons together
};

// Gathers neurons of equal source and targets.
class FlowCollector {
 public:
  // `targets` in any order, the source and repetitions allowed.
  void add(std::int32_t source, std::vector<std::int32_t> targets, double rate);
  std::vector<Flow> take() const;  // in order of source and targets; those that leave their core

 private:
  std::map<std::pair<std::int32_t, std::vector<std::int32_t>>, double> flows_;
};

// rates[population][neuron]: spikes in a step; where there are none, 1 for every neuron that sends something.
std::vector<Flow> flowsOf(const Program& program, const std::vector<std::vector<double>>& rates);

// Links that the flows cross in a step at least, however the cores were arranged on this grid.
double hopsAtLeast(std::span<const Flow> flows, const Grid& grid);

struct LinkLoad {
  std::int32_t tile = 0;
  Direction direction = Direction::East;
  double load = 0;  // messages in a step
};

struct Traffic {
  double hops = 0;  // in a step, over the links that the messages of one spike share; between chips as the
                    // chip's record weighs them
  double hopsAtLeast = 0;  // the function of that name
  double chipCrossings = 0;
  double largestLoad = 0;
  std::vector<LinkLoad> links;  // those that carry something, in order of tiles
};

// ids[index of a core]: where it lies. Every message has to arrive: decode() and arrange() see to it.
Traffic trafficOf(std::span<const Flow> flows, std::span<const std::int32_t> ids,
                  const RoutingTable& routing);

}  // namespace rheo
