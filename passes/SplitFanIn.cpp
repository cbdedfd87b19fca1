// spk-split-fan-in: partial sums for neurons with more inputs than a core takes. SPEC E4.
#include "algorithms/SplitFanIn.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ir/Diagnostics.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"

namespace rheo {

#define GEN_PASS_DEF_SPLITFANINPASS
#include "passes/Passes.h.inc"

namespace {

// What a reader needs to check the rewrite: which slice of the sources each part takes, and when it arrives.
std::string witnessOf(const SplitSum& sum, const FixedNet& net) {
  nlohmann::ordered_json parts = nlohmann::ordered_json::array();
  for (const Part& part : sum.parts)
    if (part.count > 0)  // the others fill up what is divided once more
      parts.push_back({{"first", part.first}, {"count", part.count}, {"delay", part.delay}});
  int lag = 0;
  for (const FixedPopulation& population : net.populations)
    if (population.name == sum.helper) lag = population.lag;
  const nlohmann::ordered_json witness{{"helper", sum.helper},
                                       {"owner", sum.owner},
                                       {"projection", sum.projection},
                                       {"slices_of", sum.channels ? "channels of each group" : "sources"},
                                       {"parts", parts},
                                       {"owner_keeps_the_rest", sum.kept},
                                       {"lag", lag}};
  return witness.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

struct SplitFanInPass : impl::SplitFanInPassBase<SplitFanInPass> {
  SplitFanInPass() = default;
  explicit SplitFanInPass(const ChipSpec& given) : spec(given) {}

  void runOnOperation() override {
    if (Status done = split(); !done) {
      emit(getOperation().getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status split() {
    if (Status chosen = spec.resolve(chip); !chosen) return chosen;
    Expected<FixedStage> read = readFixedStage(getOperation(), "quant");
    if (!read) return std::move(read).error();
    auto& [network, profile, net] = *read;
    Expected<SplitNet> made = splitFanIn(net, *spec, *profile);
    if (!made) return std::move(made).error();
    if (made->sums.empty()) return ok();
    writeFixed(network, made->net);
    for (const SplitSum& sum : made->sums) record(network, sum, *made);
    return ok();
  }

  static void record(spk::NetworkOp network, const SplitSum& sum, const SplitNet& made) {
    const std::string witness = witnessOf(sum, made.net);
    addRewrite(network, "partial sums", sum.owner, witness);
    addAssumption(
        network,
        {"partial sums of '" + sum.owner + "'",
         fmt::format("'{}' forms {} parts of '{}' (SPEC E4)", sum.helper, sum.parts.size(), sum.projection),
         "its fan-in fits no core; what it does is unchanged and later, its lag says by how many steps: " +
             witness,
         "choose a chip with more input axons and synapse words in a core", false});
  }

  PassChip spec;
};

}  // namespace

std::unique_ptr<mlir::Pass> createSplitFanInPass() { return std::make_unique<SplitFanInPass>(); }
std::unique_ptr<mlir::Pass> createSplitFanInPass(const ChipSpec& chip) {
  return std::make_unique<SplitFanInPass>(chip);
}

}  // namespace rheo
