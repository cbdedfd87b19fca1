// From the placed stage to the image: the module's operations, record by record. Nothing is decided here.
#pragma once

#include "chip/ChipSpec.h"
#include "chip/Image.h"
#include "ir/Dialects.h"
#include "mlir/IR/BuiltinOps.h"
#include "support/Error.h"

namespace rheo {

// `module` holds one chip.module that checkStage(Placed) accepts. The image is decoded once before it is
// handed out, as every engine will decode it. Errors: those of emitImage, R0420, R0510, and R0703 where
// cores, groups or axons are numbered otherwise than the records that they become. `edited`: the module may
// come from a file, so that what it claims to be proven is proven again (SPEC P1).
Expected<Image> imageOf(mlir::ModuleOp module, const ChipSpec& chip, bool edited);

}  // namespace rheo
