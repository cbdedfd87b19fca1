// What all neuron operations have in common, whatever their model.
#ifndef RHEO_IR_SPK_INTERFACES_TD
#define RHEO_IR_SPK_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Spk_NeuronOpInterface : OpInterface<"NeuronOp"> {
  let cppNamespace = "::rheo::spk";
  let description = [{A population of neurons of one model (runtime/models).}];
  let methods = [
    InterfaceMethod<"The model's table.", "const ::rheo::models::ModelTable &", "getModel", (ins)>,
    InterfaceMethod<"The currents that are summed into the neurons.", "::mlir::OperandRange", "getInputs", (ins)>,
    InterfaceMethod<"The user's name of the population.", "::llvm::StringRef", "getName", (ins)>,
    InterfaceMethod<"The shape of the population; its product is the size.", "::llvm::ArrayRef<int64_t>",
                    "getShape", (ins)>,
    InterfaceMethod<"Made by the compiler: not shown unless asked for.", "bool", "getHidden", (ins)>,
    InterfaceMethod<"Steps behind the float network (SPEC T4); absent before the legal stage.",
                    "::std::optional<uint32_t>", "getLag", (ins)>,
    InterfaceMethod<"Sets the lag.", "void", "setLag", (ins "::std::optional<uint32_t>":$lag)>,
  ];
  let extraSharedClassDeclaration = [{
    int64_t getSize() { return ::rheo::spk::sizeOf($_op->getResult(0).getType()); }
    /// The sums that enter: one for each port of each neuron, neuron by neuron.
    int64_t getInputSize() { return $_op.getModel().inputsOf($_op.getSize()); }
    ::mlir::Value getOutput() { return $_op->getResult(0); }
    /// A parameter of the model's float or fixed table; null if it is absent.
    ::mlir::Attribute getParameter(::llvm::StringRef parameter) { return $_op->getAttr(parameter); }
    void setParameter(::llvm::StringRef parameter, ::mlir::Attribute value) { $_op->setAttr(parameter, value); }
    void removeParameter(::llvm::StringRef parameter) { $_op->removeAttr(parameter); }
    /// State name -> tensor<1 or Nxf64>: one float unit of the state in integer units. Null before the quant stage.
    ::mlir::DictionaryAttr getScales() { return $_op->template getAttrOfType<::mlir::DictionaryAttr>("scales"); }
    void setScales(::mlir::DictionaryAttr scales) { $_op->setAttr("scales", scales); }
    /// State name -> #spk.range. Null before ranges are proven.
    ::mlir::DictionaryAttr getRanges() { return $_op->template getAttrOfType<::mlir::DictionaryAttr>("ranges"); }
    void setRanges(::mlir::DictionaryAttr ranges) { $_op->setAttr("ranges", ranges); }
  }];
  let verify = [{ return ::rheo::spk::verifyNeuron($_op); }];
}

#endif
