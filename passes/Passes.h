// The compiler's passes: how to make them, and their registration for rheo-opt.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "algorithms/QuantSettings.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "ir/Dialects.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace rheo {

#define GEN_PASS_DECL  // the structures of textual options
#include "passes/Passes.h.inc"

// What quantization needs beyond the network. `chip` outlives the pass.
struct QuantizeInputs {
  const ChipSpec* chip = nullptr;
  const Profile* profile = nullptr;
  QuantSettings settings;                     // pins; empty: everything is chosen
  bool keepWeights = false;                   // in the settings that the stage holds
  std::string settingsFile;                   // for messages
  std::map<std::string, double> calibration;  // population -> largest |v| seen, float units
};

std::unique_ptr<mlir::Pass> createQuantizePass(QuantizeInputs inputs);
std::unique_ptr<mlir::Pass> createProveRangesPass();
std::unique_ptr<mlir::Pass> createLegalizePass(const ChipSpec& chip);
std::unique_ptr<mlir::Pass> createPlaceOnCoresPass(const ChipSpec& chip);
// With textual options, for rheo-opt.
std::unique_ptr<mlir::Pass> createQuantizePass();
std::unique_ptr<mlir::Pass> createLegalizePass();
std::unique_ptr<mlir::Pass> createPlaceOnCoresPass();

// A chip and the profile that it is to run.
struct Target {
  ChipSpec chip;
  const Profile* profile = nullptr;
};
// Empty `profile`: the chip's first. Errors: R0690 an unknown profile, R0410 one that the chip does not run.
Expected<const Profile*> resolveProfile(const ChipSpec& chip, const std::string& profile);
// Errors: R0405 and those of a chip's file, too.
Expected<Target> resolveTarget(const std::string& chip, const std::string& profile);

// rheo-opt's names for the passes, with textual options.
void registerPasses();

}  // namespace rheo
