// From the user's network to the spk dialect's float stage.
#pragma once

#include "ir/Dialects.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo {

// A module that holds one spk.network in the float stage. Neurons and inputs become operations of the same
// name; every chain of Linear, Affine, Scale and Flatten nodes between two of them is multiplied out, in
// double precision, to one spk.synapse with a matrix [targets, sources] and, after an Affine, a bias
// [targets] (SPEC F4 to F9); a bare connection is the identity matrix. `network` comes from finishNetwork;
// `context` has the dialects loaded (loadDialects). Fails with R0701 where the network's form has no
// counterpart on spiking hardware: an output that reads no neuron, a potential that feeds synapses.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> fromNetwork(const Network& network, mlir::MLIRContext& context);

}  // namespace rheo
