// The passes of the compiler, in the order in which Pipelines.cpp runs them.
#ifndef RHEO_PASSES_TD
#define RHEO_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizePass : Pass<"spk-quantize", "::mlir::ModuleOp"> {
  let summary = "float stage to quant stage: weights, decays and thresholds become a chip's integers";
  let constructor = "::rheo::createQuantizePass()";
  let description = [{
    Chooses a scale for each population and an exponent for each projection, rounds weights (SPEC W1 to W4), decays
    (N1), thresholds (N9) and resets (N10, E1, E2). A bias becomes synapses of a hidden neuron that fires in every
    step (F6). What the settings pin is obeyed or refused.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"loihi2\"", "a chip's name or the path of its record">,
    Option<"profile", "profile", "std::string", "\"\"", "the arithmetic profile; the chip's first where empty">,
    Option<"settings", "settings", "std::string", "\"\"", "a file of settings, as `rheobase quant` writes them">,
    Option<"weightBits", "weight-bits", "int", "0", "bits of every weight; as many as the chip has where 0">,
  ];
}

def ProveRangesPass : Pass<"spk-prove-ranges", "::mlir::ModuleOp"> {
  let summary = "attaches to every state the interval that it never leaves, whatever the input (SPEC P1, P2)";
  let constructor = "::rheo::createProveRangesPass()";
  let description = [{
    Needs the quant or the legal stage. A state that may wrap or saturate gets a range that is not proven, and a note that says
    how many neurons may, how many bits are missing, and from which step on.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
}

def SplitFanInPass : Pass<"spk-split-fan-in", "::mlir::ModuleOp"> {
  let summary = "quant stage: helper neurons form the sums of neurons with more inputs than a core takes (SPEC E4)";
  let constructor = "::rheo::createSplitFanInPass()";
  let description = [{
    Puts as few projections as possible through hidden populations that send partial sums as graded spikes. What the
    network does is unchanged, some of it later; loops find the step in a delay that they have, or are refused. Records a
    rewrite for each helper population. Ranges of the helpers are for spk-prove-ranges to find.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"loihi2\"", "a chip's name or the path of its record">,
  ];
}

def RelayFanInPass : Pass<"spk-relay-fan-in", "::mlir::ModuleOp"> {
  let summary = "quant stage: relays round the sums of neurons with more inputs than a core takes (SPEC E6)";
  let constructor = "::rheo::createRelayFanInPass()";
  let description = [{
    For chips without partial sums. Hidden neurons hold parts of a sum and send them in quanta, a step later: what the
    network does changes, and a warning for each population of relays says by how much.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"loihi2\"", "a chip's name or the path of its record">,
  ];
}

def LegalizePass : Pass<"spk-legalize", "::mlir::ModuleOp"> {
  let summary = "quant stage to legal stage: lags, axon delays, and every limit of the chip";
  let constructor = "::rheo::createLegalizePass()";
  let description = [{
    Solves the lags (SPEC T4, T5) and gives every projection the axon delay that keeps the chip in step with the
    float network (T2, T7). Refuses, all at once, what the chip cannot hold.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"loihi2\"", "a chip's name or the path of its record">,
  ];
}

def PlaceOnCoresPass : Pass<"chip-place", "::mlir::ModuleOp"> {
  let summary = "legal stage to placed stage: populations sliced over cores, synapse formats, input axons";
  let constructor = "::rheo::createPlaceOnCoresPass()";
  let description = [{
    Replaces the spk.network by a chip.module. Deterministic; no core exceeds a limit of the chip. Neurons outside
    feature maps lie in the order of their populations, or as the mapper says (backends/mapping). Those of more routes
    than a core has may be held several times, and share them (SPEC E5).
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect", "::rheo::chip::ChipDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"loihi2\"", "a chip's name or the path of its record">,
    Option<"mapper", "mapper", "std::string", "\"auto\"", "order, graph, or the better of both: auto">,
    Option<"cloneFanOut", "clone-fan-out", "bool", "false", "hold neurons of too many routes several times">,
  ];
}

#endif
