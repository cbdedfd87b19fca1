// Runs an accepted program in the golden model and in the vector engine; they must agree on everything.
#pragma once

#include <memory>

#include "chip/Program.h"
#include "common/Random.h"

namespace rheo::fuzz {

struct WhatHappened {
  bool spikes = false, overflows = false;
};

// A few steps of random input that the program admits, step by step, or as a batch with everything recorded.
// Dies by broken() where the engines differ.
WhatHappened compareEngines(std::shared_ptr<const Program> program, Random& random);

}  // namespace rheo::fuzz
