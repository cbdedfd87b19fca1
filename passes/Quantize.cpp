// spk-quantize: reads the float network, asks the algorithm, writes the integers. SPEC N, W, E, F6.
#include "algorithms/Quantize.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/Diagnostics.h"
#include "passes/Limits.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"
#include "support/File.h"
#include "support/Parallel.h"

namespace rheo {

#define GEN_PASS_DEF_QUANTIZEPASS
#include "passes/Passes.h.inc"

namespace {

struct QuantizePass : impl::QuantizePassBase<QuantizePass> {
  QuantizePass() = default;
  explicit QuantizePass(QuantOptions given) : options(std::move(given)) {}

  void runOnOperation() override {
    mlir::ModuleOp module = getOperation();
    if (Status done = quantizeModule(module); !done) {
      emit(module.getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status quantizeModule(mlir::ModuleOp module) {
    if (!options.chip)
      if (Status resolved = resolveOptions(); !resolved) return resolved;
    Expected<spk::NetworkOp> network = networkIn(module, "float");
    if (!network) return std::move(network).error();
    Expected<FloatNet> net = readFloat(*network);
    if (!net) return std::move(net).error();
    QuantAttempt attempt = attemptQuantize(*net, options);
    if (attempt.refused) {
      if (options.examine) tell(attempt.result);
      return refusal(std::move(attempt));
    }
    const QuantResult& result = attempt.result;
    write(*network, result);
    tell(result);
    record(*network, result);
    return ok();
  }

  // The text of the settings beside the network's operations, since both take their time.
  void write(spk::NetworkOp network, const QuantResult& result) const {
    std::string text;
    const int parts = options.writeSettings ? 2 : 1;
    inParallel(std::min(parts, availableProcessors()), static_cast<std::size_t>(parts),
               [&](std::size_t part) {
                 if (part == 0)
                   writeQuantized(network, result.net, view(options.profile->name));
                 else
                   text = result.settings.toJson();
               });
    if (options.writeSettings) network.setQuantization(text);
  }

  // Where a number is wrong, what else does not fit is part of the same answer.
  Error refusal(QuantAttempt attempt) const {
    Error all = *std::move(attempt.refused);
    if (!attempt.complete) return all;
    FixedNet& net = attempt.result.net;
    const Status fits = solveAndCheck(net, *options.profile, *options.chip);
    if (fits || fits.error().kind != ErrorKind::Compile) return all;
    const std::vector<Diagnostic> said = all.diagnostics;
    for (const Diagnostic& found : fits.error().diagnostics) {
      const bool known = std::any_of(said.begin(), said.end(), [&](const Diagnostic& d) {
        return d.code == found.code && (d.where == found.where || d.where.empty());
      });
      if (known) continue;
      all.kind = ErrorKind::Compile;
      all.diagnostics.push_back(found);
    }
    return all;
  }

  void tell(const QuantResult& result) {
    for (const Diagnostic& note : result.notes)
      emit(mlir::NameLoc::get(mlir::StringAttr::get(&getContext(), note.where)), note);
  }

  // What a reader of the image has to know: extensions that were used, biases that became synapses.
  void record(spk::NetworkOp network, const QuantResult& result) {
    for (const Diagnostic& note : result.notes) {
      if (note.code == "R0308")
        addAssumption(network, {"arithmetic of '" + note.where + "'", note.message,
                                "the chip's record lists it, Lava's models do not have it", note.remedy,
                                note.severity == Severity::Warning});
      if (note.code == "R0348")
        addAssumption(network, {"profiles of '" + note.where + "'", "shared by neurons", note.message,
                                "leave --share-profiles out", true});
      if (note.code == "R0349") addRewrite(network, "a projection for each format", note.where, note.message);
      const bool early = note.code == "R0313", zero = note.code == "R0314";
      if (early || zero)
        addAssumption(network, {"v_leak of '" + note.where + "'",
                                early ? "acts from step 0 on" : "is the zero of its potential", note.message,
                                "let the network run until it has settled, or train with v_leak = 0", zero});
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
    options.chip = &target->chip;
    options.profile = target->profile;
    if (!settings.empty()) {
      Expected<std::vector<std::uint8_t>> bytes = readFile(settings);
      if (!bytes) return std::move(bytes).error();
      Expected<QuantSettings> read = QuantSettings::fromJson({bytes->begin(), bytes->end()}, settings);
      if (!read) return std::move(read).error();
      options.pins = *std::move(read);
      options.pinsFile = settings;
    }
    if (weightBits != 0) options.pins.weightBits = weightBits;
    return ok();
  }

  QuantOptions options;
  std::optional<Target> target;
};

}  // namespace

std::unique_ptr<mlir::Pass> createQuantizePass() { return std::make_unique<QuantizePass>(); }
std::unique_ptr<mlir::Pass> createQuantizePass(QuantOptions options) {
  return std::make_unique<QuantizePass>(std::move(options));
}

}  // namespace rheo
