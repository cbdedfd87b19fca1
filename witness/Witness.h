// What a compilation has to preserve, as a file, and whether an image computes it. SPEC V1 to V6
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "chip/Image.h"
#include "support/Error.h"
#include "witness/network_generated.h"

namespace rheo::witness {

// Before the network, with the checksum of the rest; the last byte of the magic is the version.
inline constexpr std::uint8_t kMagic[] = {'R', 'H', 'E', 'O', 'W', 'I', 'T', 2};
inline constexpr std::size_t kFrameBytes = 16;

// `name` is for messages. Errors, of kind Format: R0520 no witness, or one of another version; R0521 damaged,
// or a network that contradicts itself.
Expected<NetworkT> parse(std::span<const std::uint8_t> bytes, const std::string& name);

// What users see of a header's populations, inputs and outputs: ("the population", name) -> how it is.
using Face = std::map<std::pair<std::string, std::string>, std::string>;
Face faceOf(const image::HeaderT& header);

// visit(source neuron, index of the weight) for each synapse of a row, by network.fbs.
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
