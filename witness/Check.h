// Whether a chip image computes the network of a witness: neurons, parameters, every synapse, delays, limits.
// SPEC V2 to V6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chip/Image.h"
#include "support/Error.h"
#include "witness/Witness.h"

namespace rheo::witness {

struct Report {
  std::vector<Diagnostic>
      faults;  // the first of them, with their place in the user's network and in the image
  std::uint64_t total = 0;
  bool passed() const { return total == 0; }
  void add(std::string where, std::string message);  // R0430
};

Report check(const Network& network, const Image& image);

}  // namespace rheo::witness
