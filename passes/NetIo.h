// Between the spk dialect and the plain arrays that the compiler's algorithms work on.
#pragma once

#include "algorithms/Net.h"
#include "fixed/Profile.h"
#include "ir/Dialects.h"
#include "mlir/IR/BuiltinOps.h"
#include "support/Error.h"

namespace rheo {

// The arithmetic that a network past the float stage was made for; an R0703 error if it names none.
Expected<const Profile*> profileOf(spk::NetworkOp network);

// The one spk.network of a module in `stage` ("float", "quant", "legal"); an R0703 error if there is none.
Expected<spk::NetworkOp> networkIn(mlir::ModuleOp module, llvm::StringRef stage);

// The network in the float stage: populations and projections in the order of their operations.
Expected<FloatNet> readFloat(spk::NetworkOp network);

// The network in the quant or legal stage. Registers are those that mean the operations' parameters; errors:
// R0420 where none does (a threshold that is no multiple of 64).
Expected<FixedNet> readFixed(spk::NetworkOp network);

// What a pass over the chip's integers starts from: the module's network in `stage`, its arithmetic, and
// itself read.
struct FixedStage {
  spk::NetworkOp network;
  const Profile* profile = nullptr;
  FixedNet net;
};
// Errors: those of networkIn, profileOf and readFixed.
Expected<FixedStage> readFixedStage(mlir::ModuleOp module, llvm::StringRef stage);

// Turns the float network's operations into what `net` says, and adds what it adds (the hidden bias source
// and its projections). Populations and projections are matched by name. The stage becomes "quant".
void writeQuantized(spk::NetworkOp network, const FixedNet& net, llvm::StringRef profile);

// Makes the operations of a network past the float stage say what `net` says, matched by name: projections
// with other ends are made anew, populations that it adds stand before what they are for.
void writeFixed(spk::NetworkOp network, const FixedNet& net);

// Appends to the network's `assumptions` and `rewrites`.
void addAssumption(spk::NetworkOp network, const Assumption& assumption);
void addRewrite(spk::NetworkOp network, llvm::StringRef rule, llvm::StringRef origin,
                llvm::StringRef witness);

llvm::StringRef view(std::string_view text);

}  // namespace rheo
