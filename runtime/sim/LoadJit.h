// The JIT engine, from a shared library that is loaded when it is first asked for: MLIR and LLVM cost
// nothing to those who do not use them.
#pragma once

#include <memory>

#include "sim/Engine.h"

namespace rheo {

// R0621 where the library is not installed, R0620 where compiling fails.
Expected<std::unique_ptr<Engine>> makeJit(std::shared_ptr<const Program> program);

}  // namespace rheo
