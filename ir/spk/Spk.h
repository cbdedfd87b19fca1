// The spk dialect in C++: types, attributes, operations, and access to numbers held by attributes.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "chip/SignMode.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "models/Model.h"
#include "network/Wiring.h"

namespace rheo::spk {

// N of !spk.spikes<N>, !spk.potential<N> and !spk.current<N>; -1 for any other type.
int64_t sizeOf(mlir::Type type);

// The checks of every neuron operation: sizes, and each parameter's presence, name, range and element type
// against the model's table and the network's stage.
mlir::LogicalResult verifyNeuron(mlir::Operation* op);

// Places that were verified, and the wiring that they stand for: attributes never change, every stage has the
// same ones, and reading them takes its time. Several threads may ask; what is added stays.
class KnownPlaces {
 public:
  std::optional<Wiring> find(mlir::ElementsAttr places, int64_t targets, int64_t sources);
  void add(mlir::ElementsAttr places, Wiring wiring);

 private:
  using Key = std::tuple<const void*, int64_t, int64_t>;

  std::mutex mutex_;
  std::map<Key, Wiring> wirings_;
};

}  // namespace rheo::spk

#include "ir/spk/SpkDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "ir/spk/SpkTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/spk/SpkAttributes.h.inc"
#include "ir/spk/SpkInterfaces.h.inc"
#define GET_OP_CLASSES
#include "ir/spk/SpkOps.h.inc"

namespace rheo::spk {

// Numbers out of an attribute: a float tensor (f32 or f64, dense or resource). nullopt if it is none, or if
// its resource has been elided.
std::optional<std::vector<double>> floatValues(mlir::Attribute attribute);

// The same without a copy; nullopt also where they are no f64 in a resource.
std::optional<llvm::ArrayRef<double>> floatsInPlace(mlir::Attribute attribute);

// Integers out of #spk.elements or an integer tensor (i8, i16, i32).
std::optional<std::vector<std::int32_t>> fixedValues(mlir::Attribute attribute);

// Those of #spk.elements, or the attribute itself; null where it holds none.
mlir::ElementsAttr elementsOf(mlir::Attribute attribute);

// Of them, and every bit that one of them has; nullopt as well where there are none.
struct Extremes {
  std::int32_t least, most, bits;
};
std::optional<Extremes> fixedExtremes(mlir::Attribute attribute);

// The fixed parameter of a neuron operation, one value for each neuron; the table's fallback where absent.
std::vector<std::int32_t> fixedParameter(NeuronOp op, const models::FixedParameter& parameter);

// tensor<shape x f64>: dense (compact where all values are equal), or a resource called `resource` if that
// is not empty.
mlir::ElementsAttr floatElements(mlir::MLIRContext* context, llvm::ArrayRef<double> values,
                                 llvm::ArrayRef<int64_t> shape, llvm::StringRef resource = {});

// The resource, of values that are given away.
mlir::ElementsAttr floatResource(mlir::MLIRContext* context, std::vector<double> values,
                                 llvm::ArrayRef<int64_t> shape, llvm::StringRef resource);

// #spk.elements: dense i32, or an i16 resource called `resource` (i32 where a value needs it).
FixedElementsAttr fixedElements(mlir::MLIRContext* context, llvm::ArrayRef<std::int32_t> values,
                                llvm::ArrayRef<int64_t> shape, unsigned width, int exponent, bool isSigned,
                                llvm::StringRef resource = {});

// tensor<shape x i32>, a resource called `resource`, of values that are given away.
mlir::ElementsAttr integerResource(mlir::MLIRContext* context, std::vector<std::int32_t> values,
                                   llvm::ArrayRef<int64_t> shape, llvm::StringRef resource);

// An attribute for a fixed parameter in the table's units and range: tensor<Nxi32>.
FixedElementsAttr fixedParameterElements(mlir::MLIRContext* context, const models::FixedParameter& parameter,
                                         llvm::ArrayRef<std::int32_t> values);

// The wiring of a projection, to and from its attributes: both are null where every pair has a weight.
// `places` must be as verifyWiring wants it.
Wiring wiringOf(std::optional<ConvolutionAttr> convolution, std::optional<mlir::ElementsAttr> places,
                int64_t targets, int64_t sources);
ConvolutionAttr convolutionAttr(mlir::MLIRContext* context, const Wiring& wiring);
// A resource called `resource`; what verifyWiring will ask about its places is known from here on.
mlir::ElementsAttr placesAttr(mlir::MLIRContext* context, const Wiring& wiring, llvm::StringRef resource);

// [targets, sources]; [synapses] where they have places; or that of a kernel: [channels out, channels in /
// groups, rows, columns].
llvm::SmallVector<int64_t> weightShape(const Wiring& wiring);

// tensor<weightShape x i8>; null where there are no delays.
mlir::ElementsAttr delayElements(mlir::MLIRContext* context, llvm::ArrayRef<std::int32_t> delays,
                                 const Wiring& wiring);

// Whether every weight is one that a synapse word of so many bits stores. SPEC W3, W4
mlir::LogicalResult verifyStored(mlir::Operation* op, llvm::StringRef name, mlir::Attribute weight, int bits,
                                 SignMode mode);

// What all synapses wait: their axon's share. 0 where there are no delays. SPEC T7
std::int64_t leastDelay(std::optional<mlir::ElementsAttr> delays);

// Delays: i8 of that shape, within T7. `one` and `all` name what bears them: "a synapse", "the weights".
mlir::LogicalResult verifyDelays(mlir::Operation* op, llvm::StringRef name, llvm::StringRef one,
                                 llvm::StringRef all, std::optional<mlir::ElementsAttr> delays,
                                 llvm::ArrayRef<int64_t> shape);
// The checks of spk.synapse and chip.projection: ends of a convolution, order and range of places, shape and
// range of delays.
mlir::LogicalResult verifyWiring(mlir::Operation* op, llvm::StringRef name,
                                 std::optional<ConvolutionAttr> convolution,
                                 std::optional<mlir::ElementsAttr> places,
                                 std::optional<mlir::ElementsAttr> delays, int64_t targets, int64_t sources);

// Whether a neuron carries the integers of its step: every one past the float stage, and in it those that
// were given so. SPEC F14.
bool isExact(NeuronOp neuron);

// spk.<model> without parameters, at the builder's place. `location` is usually NameLoc of the user's node.
NeuronOp createNeuron(mlir::OpBuilder& builder, mlir::Location location, const models::ModelTable& model,
                      llvm::StringRef name, llvm::ArrayRef<int64_t> shape, mlir::ValueRange inputs = {});

// Product of a shape; -1 if an extent is not positive.
int64_t elementCount(llvm::ArrayRef<int64_t> shape);

}  // namespace rheo::spk
