// spk-prove-ranges: what no input of any length can make the states leave. SPEC P1, P2.
#include "algorithms/Examination.h"
#include "algorithms/RangeProof.h"
#include "ir/Diagnostics.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"

namespace rheo {

#define GEN_PASS_DEF_PROVERANGESPASS
#include "passes/Passes.h.inc"

namespace {

// The population and neuron that may overflow, with the bits missing: said, not refused.
Diagnostic unproven(const PopulationRange& range) {
  Diagnostic diagnostic;
  diagnostic.code = "R0311";
  diagnostic.severity = Severity::Warning;
  diagnostic.where = range.name;
  std::size_t worst = 0;
  for (std::size_t n = 0; n < range.neurons.size(); ++n)
    if (range.neurons[n].bitsMissing > range.neurons[worst].bitsMissing ||
        (range.neurons[worst].proven() && !range.neurons[n].proven()))
      worst = n;
  diagnostic.message = "'" + range.name + "' may overflow for some input: " + range.note + "; neuron " +
                       std::to_string(worst) + " is the worst";
  diagnostic.value = 24 + range.neurons[worst].bitsMissing;
  diagnostic.limit = 24;
  diagnostic.limitSource = "SPEC N4, N5, N7";
  diagnostic.remedy =
      "in the quantization settings make its 'scale_v' smaller and delete its 'vth' and the exponents of its "
      "projections, so that they follow; or check with `rheobase verify` that your data stay inside";
  return diagnostic;
}

struct ProveRangesPass : impl::ProveRangesPassBase<ProveRangesPass> {
  explicit ProveRangesPass(bool examineToo) : examine(examineToo) {}

  void runOnOperation() override {
    if (Status done = prove(); !done) {
      emit(getOperation().getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status prove() {
    const bool quant = static_cast<bool>(networkIn(getOperation(), "quant"));  // numbers are the same in both
    Expected<FixedStage> read = readFixedStage(getOperation(), quant ? "quant" : "legal");
    if (!read) return std::move(read).error();
    auto& [network, profile, net] = *read;
    const std::vector<PopulationRange> ranges = proveRanges(net, *profile);
    std::size_t index = 0;
    for (mlir::Operation& op : network.getBody().front())
      if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) attach(neuron, ranges[index++]);
    if (examine)
      for (const Diagnostic& found : rheo::examine(net, ranges)) emit(network.getLoc(), found);
    return ok();
  }

  void attach(spk::NeuronOp neuron, const PopulationRange& range) {
    mlir::Builder builder(&getContext());
    mlir::NamedAttrList attributes;
    for (std::size_t s = 0; s < range.states.size(); ++s)
      attributes.set(
          view(neuron.getModel().states[s]),
          spk::RangeAttr::get(&getContext(), range.states[s].lo, range.states[s].hi,
                              range.stateNotes[s].empty(), builder.getStringAttr(range.stateNotes[s])));
    neuron.setRanges(attributes.getDictionary(&getContext()));
    // What relays hold is bounded by what they take back (SPEC E6), which intervals do not see.
    if (!range.proven && !neuron.getHidden()) emit(neuron->getLoc(), unproven(range));
  }

  bool examine;
};

}  // namespace

std::unique_ptr<mlir::Pass> createProveRangesPass() { return createProveRangesPass(false); }
std::unique_ptr<mlir::Pass> createProveRangesPass(bool examine) {
  return std::make_unique<ProveRangesPass>(examine);
}

}  // namespace rheo
