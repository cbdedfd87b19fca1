// The witness of a compilation, and the check that every image has to pass. SPEC V1 to V7
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algorithms/Net.h"
#include "chip/Image.h"
#include "fixed/Profile.h"
#include "witness/Witness.h"

namespace rheo {

// The quantized network as plain data, before anything of the chip is decided.
witness::NetworkT witnessOf(const FixedNet& net, const Profile& profile);

// The file's bytes; none where the synapses take more than 2 GB. SPEC V1
std::vector<std::uint8_t> bytesOf(const witness::NetworkT& network);

// Whether the relays of the network `after` are those of sums of the one `before`. Errors, of kind Internal:
// R0430. SPEC V7
Status checkRelaysAgainst(std::span<const std::uint8_t> before, std::span<const std::uint8_t> after);

// Errors, of kind Internal: R0430 with every fault found; witness and image are left in a folder that the
// message names.
Status checkAgainst(std::span<const std::uint8_t> witness, const Image& image);

}  // namespace rheo
