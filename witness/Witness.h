// The file that holds what a compilation has to preserve, and whether a chip image computes it: neurons,
// parameters, every synapse, delays, limits. SPEC V1 to V6
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "chip/Image.h"
#include "support/Error.h"
#include "witness/network_generated.h"

namespace rheo::witness {

// The file's bytes; none where the synapses take more than 2 GB.
std::vector<std::uint8_t> toBytes(const NetworkT& network);

// `name` is for messages. Errors, of kind Format: R0520 no witness, or one of another version; R0521 damaged,
// or a network that contradicts itself.
Expected<NetworkT> parse(std::span<const std::uint8_t> bytes, const std::string& name);

// What users see of a header's populations, inputs and outputs: ("the population", name) -> how it is.
using Face = std::map<std::pair<std::string, std::string>, std::string>;
Face faceOf(const image::HeaderT& header);

// visit(source neuron, index of the weight) for each synapse of a row, whose sources are so many:
// network.fbs.
template <class Visit>
void forEachSynapse(const ProjectionT& p, std::uint64_t row, std::uint64_t sources, Visit visit) {
  const std::uint64_t positions = p.starts.size() - 1, block = row / positions, planes = p.planes;
  const std::uint64_t group = block / (p.blocks / p.groups), plane = sources / (p.groups * planes);
  const std::uint64_t area = p.weights.size() / (p.blocks * planes);
  for (std::uint64_t i = 0; i < planes; ++i)
    for (std::uint64_t e = p.starts[row % positions]; e < p.starts[row % positions + 1]; ++e)
      visit((group * planes + i) * plane + p.places[e],
            (block * planes + i) * area + (p.entries.empty() ? e : p.entries[e]));
}

struct Report {
  std::vector<Diagnostic> faults;  // R0430: the first of them, with their place in the network or the image
  std::uint64_t total = 0;
  bool passed() const { return total == 0; }
};

// `network` is one that `parse` would take.
Report check(const NetworkT& network, const Image& image);

}  // namespace rheo::witness
