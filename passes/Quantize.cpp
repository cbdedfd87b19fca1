// spk-quantize: reads the float network, asks the algorithm, writes the integers. SPEC N, W, E, F6.
#include "algorithms/Quantize.h"

#include <fmt/format.h>

#include "ir/Diagnostics.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"
#include "support/File.h"

namespace rheo {

#define GEN_PASS_DEF_QUANTIZEPASS
#include "passes/Passes.h.inc"

namespace {

struct QuantizePass : impl::QuantizePassBase<QuantizePass> {
  QuantizePass() = default;
  explicit QuantizePass(QuantizeInputs given) : inputs(std::move(given)) {}

  void runOnOperation() override {
    mlir::ModuleOp module = getOperation();
    if (Status done = quantizeModule(module); !done) {
      emit(module.getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status quantizeModule(mlir::ModuleOp module) {
    if (!inputs.chip)
      if (Status resolved = resolveOptions(); !resolved) return resolved;
    Expected<spk::NetworkOp> network = networkIn(module, "float");
    if (!network) return std::move(network).error();
    Expected<FloatNet> net = readFloat(*network);
    if (!net) return std::move(net).error();
    Expected<QuantResult> result =
        quantize(*net, {inputs.chip, inputs.profile, inputs.settings, inputs.settingsFile, inputs.keepWeights,
                        inputs.calibration});
    if (!result) return std::move(result).error();
    writeQuantized(*network, result->net, view(inputs.profile->name), result->settings.toJson());
    record(*network, *result);
    return ok();
  }

  // What a reader of the image has to know: extensions that were used, biases that became synapses.
  void record(spk::NetworkOp network, const QuantResult& result) {
    for (const Diagnostic& note : result.notes) {
      emit(mlir::NameLoc::get(mlir::StringAttr::get(&getContext(), note.where)), note);
      if (note.code == "R0308")
        addAssumption(network, {"arithmetic of '" + note.where + "'", note.message,
                                "the chip's record lists it, Lava's models do not have it", note.remedy,
                                note.severity == Severity::Warning});
      if (note.code == "R0313")
        addAssumption(
            network,
            {"v_leak of '" + note.where + "'",
             note.severity == Severity::Warning ? "is the zero of its potential" : "acts from step 0 on",
             note.message, "let the network run until it has settled, or train with v_leak = 0",
             note.severity == Severity::Warning});
    }
    for (const FixedProjection& projection : result.net.projections)
      if (!projection.source.input && result.net.populations[projection.source.index].hidden)
        addRewrite(network, "bias to synapses", projection.name,
                   fmt::format("'{}' fires in every step, so the sum that reaches '{}' is the same (SPEC F6)",
                               result.net.populations[projection.source.index].name,
                               result.net.populations[projection.target].name));
  }

  // rheo-opt's textual options.
  Status resolveOptions() {
    Expected<Target> resolved = resolveTarget(chip, profile);
    if (!resolved) return std::move(resolved).error();
    target = *std::move(resolved);
    inputs.chip = &target->chip;
    inputs.profile = target->profile;
    if (!settings.empty()) {
      Expected<std::vector<std::uint8_t>> bytes = readFile(settings);
      if (!bytes) return std::move(bytes).error();
      Expected<QuantSettings> read = QuantSettings::fromJson({bytes->begin(), bytes->end()}, settings);
      if (!read) return std::move(read).error();
      inputs.settings = *std::move(read);
      inputs.settingsFile = settings;
    }
    if (weightBits != 0) inputs.settings.weightBits = weightBits;
    return ok();
  }

  QuantizeInputs inputs;
  std::optional<Target> target;
};

}  // namespace

std::unique_ptr<mlir::Pass> createQuantizePass() { return std::make_unique<QuantizePass>(); }
std::unique_ptr<mlir::Pass> createQuantizePass(QuantizeInputs inputs) {
  return std::make_unique<QuantizePass>(std::move(inputs));
}

}  // namespace rheo
