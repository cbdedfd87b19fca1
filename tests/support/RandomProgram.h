// Random chip images, written through ImageWriter and read back, so that every engine can be compared on
// thousands of them. The same seed gives the same bytes.
#pragma once

#include <cstdint>
#include <memory>

#include "chip/Image.h"
#include "chip/Program.h"
#include "sim/Engine.h"

namespace rheo::test {

struct RandomOptions {
  int layers = 4;    // at most
  int neurons = 24;  // of a population, at most
  int cores = 4;     // at most
  bool delays = true;
  bool recurrence = true;
  bool plain = false;  // neurons that send spikes or nothing, no sum shifted right: what fault campaigns
                       // follow in lanes
  bool convolutions = false;  // a network of them, as the compiler lays one out: every kernel shared by all
                              // positions of a channel, strides, padding, dilation, groups, pooling, tiles;
                              // then a layer of sparse lists that answers. Of `neurons` at most an axis.
};

// All models, both profiles, dense and sparse lists, delays up to 62, exponents of either sign, weights at
// the ends of their range, all resets, biases, hidden populations, one or two inputs of every encoding.
Image makeRandomImage(std::uint64_t seed, const RandomOptions& options = {});
std::shared_ptr<const Program> makeRandomProgram(std::uint64_t seed, const RandomOptions& options = {});

// Payloads that every input of the program admits; `density` is the share of non-zero ones.
InputBatch makeRandomInput(const Program& program, std::int64_t batch, std::int64_t steps, std::uint64_t seed,
                           double density = 0.3);

}  // namespace rheo::test
