// The compiler's passes: how to make them, and their registration for rheo-opt.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/Quantize.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"
#include "ir/Dialects.h"
#include "mapping/Mapping.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace rheo {

#define GEN_PASS_DECL  // the structures of textual options
#include "passes/Passes.h.inc"

struct PlaceOptions {
  const ChipSpec* chip = nullptr;
  // Spikes in a step of each neuron, by population: what cores that talk much are brought together by. One
  // where it is left out.
  std::map<std::string, std::vector<double>> rates = {};
  std::uint64_t seed = 0;
  bool cloneFanOut = false;  // SPEC E5
  Mapper mapper = Mapper::Auto;
  const Image* keep = nullptr;                     // of an earlier version, whose neurons stay on their cores
  std::optional<MappingReport>* report = nullptr;  // filled in
  std::vector<HeldByCore>* held = nullptr;         // filled in, in the order of the cores
};

// The chip of `options` outlives the pass. examine: what is lost although nothing is violated is noted, too.
std::unique_ptr<mlir::Pass> createQuantizePass(QuantOptions options);
std::unique_ptr<mlir::Pass> createProveRangesPass(bool examine);
std::unique_ptr<mlir::Pass> createSplitFanInPass(const ChipSpec& chip);
std::unique_ptr<mlir::Pass> createRelayFanInPass(const ChipSpec& chip);
std::unique_ptr<mlir::Pass> createLegalizePass(const ChipSpec& chip);
std::unique_ptr<mlir::Pass> createPlaceOnCoresPass(const PlaceOptions& options);
// With textual options, for rheo-opt.
std::unique_ptr<mlir::Pass> createQuantizePass();
std::unique_ptr<mlir::Pass> createSplitFanInPass();
std::unique_ptr<mlir::Pass> createRelayFanInPass();
std::unique_ptr<mlir::Pass> createProveRangesPass();
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

// The chip of a pass: the one it was made for, else the one that its textual option names.
class PassChip {
 public:
  PassChip() = default;
  explicit PassChip(const ChipSpec& given) : spec_(&given) {}
  // Errors: R0405 and those of a chip's file.
  Status resolve(const std::string& name);
  const ChipSpec& operator*() const { return *spec_; }
  const ChipSpec* operator->() const { return spec_; }

 private:
  const ChipSpec* spec_ = nullptr;
  std::shared_ptr<const ChipSpec> own_;  // passes are copied
};

// rheo-opt's names for the passes, with textual options.
void registerPasses();

}  // namespace rheo
