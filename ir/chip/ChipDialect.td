// The chip dialect: a network placed on the cores of one chip. Emission needs nothing else.
#ifndef RHEO_IR_CHIP_DIALECT_TD
#define RHEO_IR_CHIP_DIALECT_TD

include "mlir/IR/OpBase.td"

def Chip_Dialect : Dialect {
  let name = "chip";
  let cppNamespace = "::rheo::chip";
  let summary = "a network placed on the cores of one chip";
  let description = [{
    Populations and projections stand once, with their numbers; cores refer to ranges of them. Weights are
    resources of a whole projection and are never copied into cores.
  }];
  let dependentDialects = ["::rheo::spk::SpkDialect"];
}

#endif
