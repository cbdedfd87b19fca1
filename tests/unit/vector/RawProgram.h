// Random programs written down directly, to reach what random images (tests/support) do not: groups shared by
// several sources, equal groups in one core, sources with several axons into one neuron, matrices large
// enough to be stored sparse, weights beyond 8 bits. The same seed always gives the same program.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "chip/Program.h"

namespace rheo::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // Inclusive on both ends; the same on every standard library.
  std::int32_t between(std::int32_t low, std::int32_t high) {
    const std::uint64_t span = static_cast<std::uint64_t>(std::int64_t{high} - low) + 1;
    return static_cast<std::int32_t>(low + static_cast<std::int64_t>(engine_() % span));
  }
  bool oneIn(std::int32_t count) { return between(1, count) == 1; }

 private:
  std::mt19937_64 engine_;
};

// Keeps every limit that decode() checks, SPEC W7 and W8 among them.
Program rawProgram(std::uint64_t seed);

// One row of payloads for each input of the program, within its encoding.
std::vector<std::vector<std::int32_t>> randomInput(const Program& program, Random& random);

}  // namespace rheo::test
