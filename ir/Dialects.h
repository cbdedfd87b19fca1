// The dialects of rheobase, registered or loaded in one call. Only what is used: builtin, spk, chip.
#pragma once

#include "ir/chip/Chip.h"
#include "ir/spk/Spk.h"

namespace rheo {

inline void registerDialects(mlir::DialectRegistry& registry) {
  registry.insert<spk::SpkDialect, chip::ChipDialect>();
}

// A context is good for one compilation: it owns the resources (weights) of every module made in it.
inline void loadDialects(mlir::MLIRContext& context) {
  context.loadDialect<spk::SpkDialect, chip::ChipDialect>();
}

}  // namespace rheo
