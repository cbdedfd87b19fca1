// spk-legalize: lags and axon delays, then every limit of the chip. SPEC T2, T4, T5, T7, W8.
#include "ir/Diagnostics.h"
#include "passes/Limits.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"

namespace rheo {

#define GEN_PASS_DEF_LEGALIZEPASS
#include "passes/Passes.h.inc"

namespace {

struct LegalizePass : impl::LegalizePassBase<LegalizePass> {
  LegalizePass() = default;
  explicit LegalizePass(const ChipSpec& given) : spec(given) {}

  void runOnOperation() override {
    if (Status done = legalize(); !done) {
      emit(getOperation().getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status legalize() {
    if (Status chosen = spec.resolve(chip); !chosen) return chosen;
    Expected<FixedStage> read = readFixedStage(getOperation(), "quant");
    if (!read) return std::move(read).error();
    auto& [network, profile, net] = *read;
    if (Status fits = solveAndCheck(net, *profile, *spec); !fits) return fits;
    write(network, net);
    return ok();
  }

  void write(spk::NetworkOp network, const FixedNet& net) {
    std::size_t population = 0, projection = 0;
    for (mlir::Operation& op : network.getBody().front()) {
      if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op))
        neuron.setLag(static_cast<std::uint32_t>(net.populations[population++].lag));
      if (auto synapse = llvm::dyn_cast<spk::SynapseOp>(op))
        writeDelays(synapse, net.projections[projection++]);
    }
    network.setChip(spec->name);
    network.setStage("legal");
  }

  // Those that its synapses had in common may have become its own.
  static void writeDelays(spk::SynapseOp synapse, const FixedProjection& from) {
    mlir::Builder builder(synapse.getContext());
    synapse->setAttr("delay", builder.getI32IntegerAttr(from.axonDelay));
    if (static_cast<int>(synapse.getFloatDelay()) == from.delaySteps) return;
    synapse->setAttr("float_delay", builder.getI32IntegerAttr(from.delaySteps));
    synapse->removeAttr("delays");
    if (const auto rest = spk::delayElements(synapse.getContext(), from.weights.delays, from.weights.wiring))
      synapse->setAttr("delays", rest);
  }

  PassChip spec;
};

}  // namespace

std::unique_ptr<mlir::Pass> createLegalizePass() { return std::make_unique<LegalizePass>(); }
std::unique_ptr<mlir::Pass> createLegalizePass(const ChipSpec& chip) {
  return std::make_unique<LegalizePass>(chip);
}

}  // namespace rheo
