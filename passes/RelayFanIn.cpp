// spk-relay-fan-in: relays, which round, for neurons with more inputs than a core takes. SPEC E6.
#include "algorithms/RelayFanIn.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ir/Diagnostics.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"

namespace rheo {

#define GEN_PASS_DEF_RELAYFANINPASS
#include "passes/Passes.h.inc"

namespace {

// What is lost, in the owner's input units.
std::string lossOf(const RelayedSum& sum) {
  const std::string share =
      sum.threshold > 0 ? fmt::format(" ({:.3g} of its least threshold)", sum.quantum / sum.threshold) : "";
  return fmt::format(
      "{} relays send '{}' to '{}' in quanta of {:g}{}: of each of the {} parts of a sum, half a quantum at "
      "most is still to come after a step, or half of the largest that the part has been so far, at most "
      "{:g}; "
      "1/4096 of what they hold is lost in each step",
      sum.neurons, sum.projection, sum.owner, sum.quantum, share, sum.parts, sum.largest / 2);
}

Diagnostic warningOf(const RelayedSum& sum) {
  Diagnostic diagnostic;
  diagnostic.code = "R0346";
  diagnostic.severity = Severity::Warning;
  diagnostic.where = sum.owner;
  diagnostic.message = lossOf(sum);
  diagnostic.value = sum.quantum;
  diagnostic.limitSource = "SPEC E6";
  diagnostic.remedy =
      "measure what it does to the outputs with `rheobase verify`; or choose a chip that sums in parts "
      "exactly (loihi2, --split-fan-in), or prune its inputs";
  return diagnostic;
}

struct RelayFanInPass : impl::RelayFanInPassBase<RelayFanInPass> {
  RelayFanInPass() = default;
  explicit RelayFanInPass(const ChipSpec& given) : spec(given) {}

  void runOnOperation() override {
    if (Status done = relay(); !done) {
      emit(getOperation().getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status relay() {
    if (Status chosen = spec.resolve(chip); !chosen) return chosen;
    Expected<FixedStage> read = readFixedStage(getOperation(), "quant");
    if (!read) return std::move(read).error();
    auto& [network, profile, net] = *read;
    Expected<RelayedNet> made = relayFanIn(net, *spec, *profile);
    if (!made) return std::move(made).error();
    if (made->sums.empty()) return ok();
    writeFixed(network, made->net);
    for (const RelayedSum& sum : made->sums) {
      emit(network.getLoc(), warningOf(sum));
      record(network, sum);
    }
    return ok();
  }

  static void record(spk::NetworkOp network, const RelayedSum& sum) {
    const nlohmann::ordered_json told{{"relay", sum.relay},           {"owner", sum.owner},
                                      {"projection", sum.projection}, {"parts", sum.parts},
                                      {"levels", sum.levels},         {"quantum", sum.quantum},
                                      {"largest", sum.largest}};
    addRewrite(network, "relays", sum.owner,
               told.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    addAssumption(network, {"relays of '" + sum.owner + "'",
                            fmt::format("'{}' rounds '{}' to quanta of {:g} (SPEC E6)", sum.relay,
                                        sum.projection, sum.quantum),
                            "its fan-in fits no core, and the chip sends no partial sums: " + lossOf(sum),
                            "choose a chip with partial sums (loihi2), or prune its inputs", true});
  }

  PassChip spec;
};

}  // namespace

std::unique_ptr<mlir::Pass> createRelayFanInPass() { return std::make_unique<RelayFanInPass>(); }
std::unique_ptr<mlir::Pass> createRelayFanInPass(const ChipSpec& chip) {
  return std::make_unique<RelayFanInPass>(chip);
}

}  // namespace rheo
