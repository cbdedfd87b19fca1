// The stages that a network goes through, what holds on leaving each, and their text form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/Dialects.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "support/Error.h"

namespace rheo {

enum class Stage { Import, Float, Quant, Legal, Placed, Image };

std::string_view stageName(Stage stage);                     // "import", ..., "image": the values of --to
std::optional<Stage> findStage(std::string_view stageName);  // nullopt if there is none of that name

// Checks what must hold on leaving `stage` (Float to Placed; Import and Image are no modules and pass):
//   Float   one spk.network of stage float, all verifiers; every projection enters one population and has a
//           name of its own (so in Quant and Legal).
//   Quant   stage quant, profile known; sign mode and weight bits everywhere; every state of every neuron has
//           a range that is proven, or a note that says why not (SPEC P1).
//   Legal   stage legal, chip named; every lag is set; delay = lag(target) - lag(source) - 1 + float_delay
//           on every synapse (SPEC T2, T4, T5), within [0, 62] (T7).
//   Placed  one chip.module; every neuron in exactly one compartment, no compartment used twice in a core,
//           no axon record used twice, every target of every projection reached from every source that has
//           a nonzero weight to it, exactly once.
// All violations in one Error (R0702 verifier, R0703 invariant), kind Internal: a pass broke its promise, or
// a stage file was edited wrongly.
Status checkStage(mlir::ModuleOp module, Stage stage);

// The module as text with all resources and the users' names as locations. The same module gives the same
// bytes; parse and dump again, in a fresh context, and the bytes are the same. No paths.
std::string dumpModule(mlir::ModuleOp module);

// The same without weights and long tables: for reading, cannot be parsed back.
std::string dumpForReading(mlir::ModuleOp module);

// Parses and verifies a dump. `name` is the file as the user named it, for messages (R0704). Operations
// without a location get their own name as location. Use a fresh context: resource names are per context.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> parseModule(const std::string& text, const std::string& name,
                                                        mlir::MLIRContext& context);

}  // namespace rheo
