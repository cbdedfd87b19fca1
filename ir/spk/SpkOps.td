// The operations of the spk dialect. The neuron operations are generated from the model tables of layer 0.
#ifndef RHEO_IR_SPK_OPS_TD
#define RHEO_IR_SPK_OPS_TD

include "ir/spk/SpkDialect.td"
include "ir/spk/SpkInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Spk_Op<string opMnemonic, list<Trait> traits = []> : Op<Spk_Dialect, opMnemonic, traits>;

// A float tensor (float stage) or #spk.elements (quant, legal).
def Spk_ParameterAttr : Attr<CPred<"::llvm::isa<::mlir::ElementsAttr, ::rheo::spk::FixedElementsAttr>($_self)">,
                             "tensor of floats, or #spk.elements"> {
  let storageType = "::mlir::Attribute";
  let returnType = "::mlir::Attribute";
  let convertFromStorage = "$_self";
}

def Spk_NetworkOp : Spk_Op<"network", [IsolatedFromAbove, SingleBlock, NoTerminator, Symbol,
                                       RegionKindInterface, HasOnlyGraphRegion, NoRegionArguments]> {
  let summary = "a spiking network at one stage";
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    F64Attr:$dt,                                   // seconds per step; SPEC F1
    StrAttr:$stage,                                // "float", "quant", "legal"
    DictionaryAttr:$conventions,                   // rows of network/Conventions.h; what is left out is the default
    OptionalAttr<StrAttr>:$profile,                // arithmetic profile; quant and later
    OptionalAttr<StrAttr>:$chip,                   // legal
    OptionalAttr<StrAttr>:$quantization,           // the settings used, as `rheobase quant` prints them
    OptionalAttr<TypedArrayAttrBase<Spk_Assumption, "assumptions">>:$assumptions,
    OptionalAttr<TypedArrayAttrBase<Spk_Rewrite, "rewrites">>:$rewrites);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword custom<IsolatedBody>($body)";
  let hasVerifier = 1;
  let skipDefaultBuilders = 0;
}

def Spk_InputOp : Spk_Op<"input", [HasParent<"NetworkOp">]> {
  let summary = "a port through which spikes enter";
  let arguments = (ins StrAttr:$name, DenseI64ArrayAttr:$shape,
                       DefaultValuedAttr<StrAttr, "\"binary\"">:$encoding,  // "binary", "counts", "graded"
                       DefaultValuedAttr<I32Attr, "1">:$max_payload);
  let results = (outs Spk_Spikes:$output);
  let assemblyFormat = "$name attr-dict `:` qualified(type($output))";
  let hasVerifier = 1;
}

def Spk_OutputOp : Spk_Op<"output", [HasParent<"NetworkOp">]> {
  let summary = "what the user reads: spikes, or membrane potentials of populations that never fire";
  let arguments = (ins Variadic<AnyTypeOf<[Spk_Spikes, Spk_Potential]>>:$inputs, StrAttr:$name,
                       DenseI64ArrayAttr:$shape);
  let assemblyFormat = "$name `(` $inputs `)` attr-dict `:` qualified(type($inputs))";
  let hasVerifier = 1;
}

def Spk_SynapseOp : Spk_Op<"synapse", [HasParent<"NetworkOp">]> {
  let summary = "all synapses of one projection: current = weight * spikes + bias";
  let description = [{
    Float stage: `weight` is tensor<targets x sources x f32|f64>, `bias` tensor<targets x f32|f64> (SPEC F6), no
    `sign_mode` and `weight_bits`. Targets are the inputs of neurons: one for each port, neuron
    by neuron. Quant and legal: `weight` is #spk.elements of tensor<targets x sources x i16|i32>
    whose format's exponent is the projection's weight exponent (SPEC W5, W6); the integers are cut to the
    weight format (W3, W4) already; `bias` has become synapses of a hidden bias source.
    With `convolution`, `weight` holds its kernel instead; with `places`, tensor<synapses x 2 x i32> of pairs
    (target, source) in ascending order, a weight for each of them. `delays`, of the shape of `weight`, are the
    synapses' own steps, beside those of the axon.
  }];
  let arguments = (ins Spk_Spikes:$source, StrAttr:$name, Spk_ParameterAttr:$weight,
                       OptionalAttr<Spk_ParameterAttr>:$bias,
                       OptionalAttr<ElementsAttr>:$bias_delays,       // the step from which each acts, i8; SPEC F23
                       OptionalAttr<Spk_Convolution>:$convolution,
                       OptionalAttr<ElementsAttr>:$places,
                       OptionalAttr<ElementsAttr>:$delays,            // steps, i8; SPEC T7, F18
                       DefaultValuedAttr<I32Attr, "0">:$delay,        // steps of axon delay, 0..62; SPEC T2, T7
                       DefaultValuedAttr<I32Attr, "0">:$float_delay,  // of the float network; SPEC F5, F21, F23, T5
                       OptionalAttr<StrAttr>:$sign_mode,              // "mixed", "excitatory", "inhibitory"; SPEC W1
                       OptionalAttr<I32Attr>:$weight_bits);
  let results = (outs Spk_Current:$output);
  let assemblyFormat = "$name $source attr-dict `:` functional-type($source, $output)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getTargets() { return getOutput().getType().getSize(); }
    int64_t getSources() { return getSource().getType().getSize(); }
    /// The weight exponent: 0 in the float stage.
    int getWeightExponent();
    ::rheo::Wiring getWiring();
  }];
}

class Spk_NeuronOp<string opMnemonic, TypeConstraint resultType, dag parameters>
    : Spk_Op<opMnemonic, [HasParent<"NetworkOp">, DeclareOpInterfaceMethods<Spk_NeuronOpInterface, ["getModel"]>]> {
  let arguments = !con((ins Variadic<Spk_Current>:$inputs, StrAttr:$name, DenseI64ArrayAttr:$shape,
                            OptionalAttr<I32Attr>:$lag, UnitAttr:$hidden,
                            OptionalAttr<DictionaryAttr>:$scales, OptionalAttr<DictionaryAttr>:$ranges),
                       parameters);
  let results = (outs resultType:$output);
  let assemblyFormat = "$name `(` $inputs `)` attr-dict `:` functional-type($inputs, $output)";
}

include "ir/spk/NeuronOps.td"

#endif
