// The operations of the chip dialect.
#ifndef RHEO_IR_CHIP_OPS_TD
#define RHEO_IR_CHIP_OPS_TD

include "ir/chip/ChipDialect.td"
include "ir/spk/SpkDialect.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"

class Chip_Op<string opMnemonic, list<Trait> traits = []> : Op<Chip_Dialect, opMnemonic, traits>;

def Chip_ModuleOp : Chip_Op<"module", [IsolatedFromAbove, SingleBlock, NoTerminator, Symbol, SymbolTable,
                                       RegionKindInterface, HasOnlyGraphRegion, NoRegionArguments]> {
  let summary = "a placed network: populations, projections, ports and cores";
  let arguments = (ins
    SymbolNameAttr:$sym_name,                      // the network's name
    StrAttr:$chip, StrAttr:$profile, F64Attr:$dt,
    OptionalAttr<StrAttr>:$quantization,
    OptionalAttr<TypedArrayAttrBase<Spk_Assumption, "assumptions">>:$assumptions,
    OptionalAttr<TypedArrayAttrBase<Spk_Rewrite, "rewrites">>:$rewrites);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Chip_PopulationOp : Chip_Op<"population", [HasParent<"ModuleOp">, Symbol]> {
  let summary = "a population: its model, lag, units and fixed parameters of all its neurons";
  let arguments = (ins
    SymbolNameAttr:$sym_name, StrAttr:$model, DenseI64ArrayAttr:$shape, I32Attr:$lag, UnitAttr:$hidden,
    DictionaryAttr:$parameters,                    // fixed parameter name -> #spk.elements<tensor<Nxi32>, ...>
    OptionalAttr<DictionaryAttr>:$scales,          // state -> tensor<1 or Nxf64>
    OptionalAttr<DictionaryAttr>:$ranges);         // state -> #spk.range
  let assemblyFormat = "$sym_name attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getSize();
    /// The sums that enter: one for each port of each neuron, neuron by neuron.
    int64_t getInputSize();
  }];
}

def Chip_InputOp : Chip_Op<"input", [HasParent<"ModuleOp">, Symbol]> {
  let summary = "a port of the host";
  let arguments = (ins SymbolNameAttr:$sym_name, DenseI64ArrayAttr:$shape,
                       StrAttr:$encoding, I32Attr:$max_payload);
  let assemblyFormat = "$sym_name attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ int64_t getSize(); }];
}

def Chip_OutputOp : Chip_Op<"output", [HasParent<"ModuleOp">, Symbol]> {
  let summary = "what the host reads: parts, each a population's spikes (state \"\") or one of its states";
  let arguments = (ins SymbolNameAttr:$sym_name, DenseI64ArrayAttr:$shape,
                       TypedArrayAttrBase<FlatSymbolRefAttr, "populations">:$populations, StrArrayAttr:$states);
  let assemblyFormat = "$sym_name attr-dict";
  let hasVerifier = 1;
}

def Chip_ProjectionOp : Chip_Op<"projection", [HasParent<"ModuleOp">, Symbol]> {
  let summary = "all synapses from a population or input to a population";
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$source, FlatSymbolRefAttr:$target,
                       Spk_FixedElements:$weight,  // tensor<inputs of targets x sources x i16|i32>; its format's exponent is SPEC W5/W6
                       OptionalAttr<Spk_Convolution>:$convolution,  // `weight` is its kernel
                       OptionalAttr<ElementsAttr>:$places,          // (target, source) of each weight, as in spk.synapse
                       OptionalAttr<ElementsAttr>:$delays,          // of the shape of `weight`; SPEC T7
                       I32Attr:$delay,             // axon delay, SPEC T7
                       StrAttr:$sign_mode, I32Attr:$weight_bits);
  let assemblyFormat = "$sym_name `:` $source `->` $target attr-dict";
  let extraClassDeclaration = [{
    /// Of a module whose source and target exist; `symbols` are its.
    ::rheo::Wiring getWiring(const ::mlir::SymbolTable& symbols);
  }];
  let hasVerifier = 1;
}

def Chip_CoreOp : Chip_Op<"core", [HasParent<"ModuleOp">, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "a neuro-core: slices of populations, synapse formats, input axons";
  let arguments = (ins I32Attr:$id, DefaultValuedAttr<I32Attr, "0">:$chip_index);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$id attr-dict-with-keyword $body";
  // Its operations refer to the module: the module checks them.
}

def Chip_SliceOp : Chip_Op<"slice", [HasParent<"CoreOp">]> {
  let summary = "neurons of a population live in compartments from first_compartment on";
  let description = [{
    Neurons [first_neuron, first_neuron + count), or, where they do not follow each other, the `count` that `neurons`
    lists in ascending order. A tile of a population with channels, rows and columns takes `count` neurons of each of
    `rows` rows, `row_stride` neurons apart, and the same of `repeats` channels, `stride` neurons apart, one behind the
    other. `clone` is not 0 where they are held once more (SPEC E5), and counts how often.
  }];
  let arguments = (ins FlatSymbolRefAttr:$population, I32Attr:$first_neuron, I32Attr:$count,
                       I32Attr:$first_compartment, DefaultValuedAttr<I32Attr, "1">:$repeats,
                       DefaultValuedAttr<I32Attr, "0">:$stride, DefaultValuedAttr<I32Attr, "1">:$rows,
                       DefaultValuedAttr<I32Attr, "0">:$row_stride,
                       OptionalAttr<DenseI32ArrayAttr>:$neurons, DefaultValuedAttr<I32Attr, "0">:$clone);
  let assemblyFormat = "$population attr-dict";
  let extraClassDeclaration = [{
    /// Compartments, and the neuron in the i-th of them.
    int64_t getSize() { return int64_t{getCount()} * getRows() * getRepeats(); }
    int64_t getNeuron(int64_t i) {
      if (getNeurons()) return (*getNeurons())[i];
      return getFirstNeuron() + i / (int64_t{getCount()} * getRows()) * getStride() +
             i / getCount() % getRows() * getRowStride() + i % getCount();
    }
  }];
}

def Chip_GroupOp : Chip_Op<"group", [HasParent<"CoreOp">]> {
  let summary = "a synapse format of this core, for part of a projection's targets";
  let description = [{
    Format record `index`: the targets of `projection` that slice number `slice` of this core holds. `kind` "dense":
    every list holds a weight for each of their inputs; "sparse": weight, delay and input index for each nonzero
    weight; "kernel": the weights of a convolution's kernel for one channel of sources, which all of them share.
    Exponent, sign mode and weight bits are the projection's. Groups of the same projection and slice are one sum
    (SPEC W5).
  }];
  let arguments = (ins FlatSymbolRefAttr:$projection, I32Attr:$index, StrAttr:$kind, I32Attr:$slice,
                       I32Attr:$delay_bits, I32Attr:$index_bits);
  let assemblyFormat = "$projection attr-dict";
}

def Chip_AxonOp : Chip_Op<"axon", [HasParent<"CoreOp">]> {
  let summary = "consecutive input axons of this core, one for each listed source";
  let description = [{
    Axon records [first_axon, first_axon + n): the i-th belongs to source neuron or channel `sources[i]`, or
    first_source + i where `sources` is absent. Its synapse list is the column of the group's projection for that
    source, restricted to the group's targets. Routes of sources follow from all axons of all cores. The spikes of the
    i-th are sent by its source's clone number `clones[i]`, 0 where that is absent: by the source itself.
  }];
  let arguments = (ins I32Attr:$group, I32Attr:$first_axon, I32Attr:$delay,
                       DefaultValuedAttr<I32Attr, "0">:$first_source, DefaultValuedAttr<I32Attr, "0">:$source_count,
                       OptionalAttr<DenseI32ArrayAttr>:$sources, OptionalAttr<DenseI32ArrayAttr>:$clones);
  let assemblyFormat = "attr-dict";
  let extraClassDeclaration = [{
    int64_t getAxonCount();
    /// The source of the i-th axon, 0 <= i < getAxonCount().
    int32_t getSourceOf(int64_t i);
  }];
}

#endif
