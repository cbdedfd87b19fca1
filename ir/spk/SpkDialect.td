// The spk dialect: a portable spiking network, first over floats, then over fixed-point numbers.
#ifndef RHEO_IR_SPK_DIALECT_TD
#define RHEO_IR_SPK_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Spk_Dialect : Dialect {
  let name = "spk";
  let cppNamespace = "::rheo::spk";
  let summary = "a portable spiking network";
  let description = [{
    Populations of neurons, the synapses between them, inputs and outputs of one network. The stage of the
    surrounding `spk.network` says whether parameters are floats or fixed-point integers; no operation carries
    both. Recurrence is plain SSA: the network's region is a graph.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    KnownPlaces& getKnownPlaces() { return knownPlaces; }

   private:
    KnownPlaces knownPlaces;
  }];
}

//===-- Types ------------------------------------------------------------------------------------------===//

class Spk_Type<string cppName, string typeMnemonic> : TypeDef<Spk_Dialect, cppName> {
  let mnemonic = typeMnemonic;
}

class Spk_SizedType<string cppName, string typeMnemonic, string text> : Spk_Type<cppName, typeMnemonic> {
  let summary = text;
  let parameters = (ins "int64_t":$size);
  let assemblyFormat = "`<` $size `>`";
  let genVerifyDecl = 1;
}

def Spk_Spikes : Spk_SizedType<"Spikes", "spikes", "the spikes of `size` neurons or channels in one step">;
def Spk_Potential : Spk_SizedType<"Potential", "potential", "the membrane potentials of `size` neurons">;
def Spk_Current : Spk_SizedType<"Current", "current", "the summed weights that reach `size` neurons in one step">;

def Spk_Fixed : Spk_Type<"Fixed", "fixed"> {
  let summary = "a fixed-point number: integer * 2^exponent";
  let description = [{`!spk.fixed<width, exponent, signed|unsigned>`: integers of `width` bits.}];
  let parameters = (ins "unsigned":$width, "int":$exponent, "bool":$isSigned);
  let assemblyFormat = "`<` $width `,` $exponent `,` custom<Signedness>($isSigned) `>`";
  let genVerifyDecl = 1;
}

//===-- Attributes -------------------------------------------------------------------------------------===//

class Spk_Attr<string cppName, string attrMnemonic> : AttrDef<Spk_Dialect, cppName> {
  let mnemonic = attrMnemonic;
}

def Spk_FixedElements : Spk_Attr<"FixedElements", "elements"> {
  let summary = "integers and the fixed-point type that gives them their meaning";
  let description = [{
    `#spk.elements<dense<96> : tensor<10xi32>, !spk.fixed<24, 6, signed>>`. `values` is a dense or dense_resource
    tensor of i8, i16 or i32; each value lies in the range of `format`.
  }];
  let parameters = (ins "::mlir::ElementsAttr":$values, "::rheo::spk::FixedType":$format);
  let assemblyFormat = "`<` $values `,` qualified($format) `>`";
  let genVerifyDecl = 1;
}

def Spk_Convolution : Spk_Attr<"Convolution", "convolution"> {
  let summary = "the geometry of a projection whose synapses share the values of a kernel (SPEC F15)";
  let description = [{
    `#spk.convolution<[3, 66, 200] -> [24, 31, 98], kernel[5, 5], stride[2, 2], padding[0, 0], dilation[1, 1], groups 1>`:
    channels, rows and columns of sources and targets. The weights are then those of the kernel,
    [channels out, channels in / groups, rows, columns].
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$input, ArrayRefParameter<"int64_t">:$output,
                        ArrayRefParameter<"int64_t">:$kernel, ArrayRefParameter<"int64_t">:$stride,
                        ArrayRefParameter<"int64_t">:$padding, ArrayRefParameter<"int64_t">:$dilation,
                        "int64_t":$groups);
  let assemblyFormat = [{
    `<` `[` $input `]` `->` `[` $output `]` `,` `kernel` `[` $kernel `]` `,` `stride` `[` $stride `]` `,`
    `padding` `[` $padding `]` `,` `dilation` `[` $dilation `]` `,` `groups` $groups `>`
  }];
  let genVerifyDecl = 1;
}

def Spk_Range : Spk_Attr<"Range", "range"> {
  let summary = "the smallest and largest value of an integer state (SPEC P1)";
  let description = [{`proven` is false where the bound is reported, not proven; `note` then says why.}];
  let parameters = (ins "int64_t":$minimum, "int64_t":$maximum, "bool":$proven, "::mlir::StringAttr":$note);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Spk_Assumption : Spk_Attr<"Assumption", "assumption"> {
  let summary = "something the user's file leaves unsaid and that was decided";
  let parameters = (ins "::mlir::StringAttr":$what, "::mlir::StringAttr":$value, "::mlir::StringAttr":$why,
                        "::mlir::StringAttr":$how_to_change, "bool":$warning);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Spk_Rewrite : Spk_Attr<"Rewrite", "rewrite"> {
  let summary = "a rewrite that made the network legal: its rule, the user's node, and what shows it is right";
  let parameters = (ins "::mlir::StringAttr":$rule, "::mlir::StringAttr":$origin, "::mlir::StringAttr":$witness);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif
