// The two kinds of kernel that the JIT makes for a network, as MLIR in the LLVM dialect's terms: update a
// population, deliver spikes through a projection. Shapes and uniform parameters are constants of the
// code; weights, states and per-neuron parameters come by pointer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fixed/Profile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "models/Model.h"

namespace rheo::jit {

inline constexpr int kLanes = 16;  // 32-bit lanes of one vector; arrays are padded to whole vectors

// void update(void** arrays): arrays are input, spikes out, wraps and saturations (int64_t), the model's
// states in order, then the parameters that are not constants, in order. `paddedSize` neurons; the input has
// as many sums for each port, port by port.
struct UpdateKernel {
  std::string symbol;
  const models::ModelTable* model = nullptr;
  std::int64_t paddedSize = 0;
  std::vector<std::optional<std::int32_t>> constants;  // per parameter; nullopt: an array
};

// void deliver(const int32_t* active, int64_t count, const void* weights, int32_t* input): adds to
// input[j] the sum over active sources s of weights[s][j], shifted by the exponent (SPEC W5, W7). Rows
// are `stride` integers of `weightBits`, of which the first `paddedTargets` count.
struct DeliverKernel {
  std::string symbol;
  std::int64_t paddedTargets = 0;
  std::int64_t stride = 0;
  int weightBits = 16;
  int exponent = 0;
};

mlir::OwningOpRef<mlir::ModuleOp> buildModule(mlir::MLIRContext& context, const Profile& profile,
                                              const std::vector<UpdateKernel>& updates,
                                              const std::vector<DeliverKernel>& delivers);

}  // namespace rheo::jit
