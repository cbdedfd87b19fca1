// The verifiers of the spk operations. Errors are emitted at locations, never with the operation attached:
// operations own weights.
#include <fmt/format.h>

#include <cmath>

#include "chip/Program.h"
#include "chip/SignMode.h"
#include "ir/spk/Spk.h"
#include "network/Conventions.h"

namespace {

// The network is isolated from above, so the names of its values are its own: a name used outside never means
// one inside.
mlir::ParseResult parseIsolatedBody(mlir::OpAsmParser& parser, mlir::Region& body) {
  if (parser.parseRegion(body, /*arguments=*/{}, /*enableNameShadowing=*/true)) return mlir::failure();
  if (body.empty()) body.emplaceBlock();  // "{}"
  return mlir::success();
}

void printIsolatedBody(mlir::OpAsmPrinter& printer, mlir::Operation*, mlir::Region& body) {
  printer.printRegion(body);
}

}  // namespace

#define GET_OP_CLASSES
#include "ir/spk/NeuronMethods.inc"
#include "ir/spk/SpkOps.cpp.inc"

namespace rheo::spk {
namespace {

bool isOneOf(llvm::StringRef text, std::initializer_list<llvm::StringRef> choices) {
  return llvm::is_contained(choices, text);
}

mlir::InFlightDiagnostic complain(mlir::Operation* op, llvm::StringRef name) {
  return mlir::emitError(op->getLoc()) << "R0702: '" << name << "' ";
}

llvm::StringRef stageOf(mlir::Operation* op) {
  const auto network = llvm::dyn_cast_or_null<NetworkOp>(op->getParentOp());
  return network ? llvm::cast<NetworkOp>(*network).getStage() : llvm::StringRef();
}

llvm::StringRef view(std::string_view text) { return {text.data(), text.size()}; }

mlir::LogicalResult verifyShape(mlir::Operation* op, llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                                int64_t size) {
  if (elementCount(shape) == size) return mlir::success();
  return complain(op, name) << "has a shape of " << elementCount(shape) << " elements, but its type has "
                            << size;
}

bool hasShape(mlir::ElementsAttr elements, llvm::ArrayRef<int64_t> shape) {
  return elements.getShapedType().hasStaticShape() && elements.getShapedType().getShape() == shape;
}

mlir::LogicalResult verifyFloatTensor(mlir::Operation* op, llvm::StringRef name, llvm::StringRef what,
                                      mlir::Attribute attribute, llvm::ArrayRef<int64_t> shape,
                                      bool positive) {
  const auto elements = llvm::dyn_cast<mlir::ElementsAttr>(attribute);
  if (!elements || !(elements.getElementType().isF32() || elements.getElementType().isF64()))
    return complain(op, name) << "is in the float stage: '" << what << "' must be a tensor of f32 or f64";
  if (!hasShape(elements, shape))
    return complain(op, name) << "has '" << what << "' of type " << elements.getShapedType()
                              << ", expected shape [" << shape << "]";
  std::optional<llvm::ArrayRef<double>> values = floatsInPlace(attribute);
  std::optional<std::vector<double>> copied;
  if (!values && (copied = floatValues(attribute))) values = *copied;
  if (!values)
    return complain(op, name) << "has '" << what << "' without its numbers (elided or of a wrong length)";
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (!std::isfinite((*values)[i]))
      return complain(op, name) << "has '" << what << "' that is not finite at element " << i;
    if (positive && (*values)[i] <= 0)
      return complain(op, name) << "has '" << what << "' " << (*values)[i] << " at element " << i
                                << ", it must be positive";
  }
  return mlir::success();
}

mlir::LogicalResult verifyFixedTensor(mlir::Operation* op, llvm::StringRef name, llvm::StringRef what,
                                      mlir::Attribute attribute, llvm::ArrayRef<int64_t> shape,
                                      int64_t minimum, int64_t maximum) {
  const auto fixed = llvm::dyn_cast<FixedElementsAttr>(attribute);
  if (!fixed) return complain(op, name) << "is past the float stage: '" << what << "' must be #spk.elements";
  if (!hasShape(fixed.getValues(), shape))
    return complain(op, name) << "has '" << what << "' of type " << fixed.getValues().getShapedType()
                              << ", expected shape [" << shape << "]";
  if (const auto extremes = fixedExtremes(attribute);
      extremes && extremes->least >= minimum && extremes->most <= maximum)
    return mlir::success();
  const std::optional<std::vector<std::int32_t>> values = fixedValues(attribute);
  if (!values)
    return complain(op, name) << "has '" << what << "' without its numbers (elided or of a wrong length)";
  for (std::size_t i = 0; i < values->size(); ++i)
    if ((*values)[i] < minimum || (*values)[i] > maximum)
      return complain(op, name) << "has '" << what << "' " << (*values)[i] << " at element " << i
                                << ", outside [" << minimum << ", " << maximum << "]";
  return mlir::success();
}

bool isZero(mlir::Attribute attribute) {
  const std::optional<std::vector<double>> values = floatValues(attribute);
  return values && llvm::all_of(*values, [](double value) { return value == 0; });
}

mlir::LogicalResult verifyFloatParameters(NeuronOp neuron, const models::ModelTable& model) {
  for (const models::FloatParameter& parameter : model.floatParameters) {
    const mlir::Attribute attribute = neuron.getParameter(view(parameter.name));
    if (!attribute) {
      if (parameter.need == models::FloatParameter::Need::Optional) continue;
      return complain(neuron, neuron.getName()) << "lacks '" << view(parameter.name) << "'";
    }
    // SPEC F24: a lif may keep nothing.
    const bool none = model.name == "lif" && parameter.name == "tau" && isZero(attribute);
    if (failed(verifyFloatTensor(neuron, neuron.getName(), view(parameter.name), attribute, neuron.getSize(),
                                 parameter.range == models::FloatParameter::Range::Positive && !none)))
      return mlir::failure();
  }
  if (neuron.getScales() || neuron.getRanges())
    return complain(neuron, neuron.getName()) << "is in the float stage and cannot carry scales or ranges";
  return mlir::success();
}

mlir::LogicalResult verifyStates(NeuronOp neuron, const models::ModelTable& model) {
  const auto known = [&](llvm::StringRef state) {
    return llvm::any_of(model.states, [&](std::string_view name) { return view(name) == state; });
  };
  for (const mlir::DictionaryAttr states : {neuron.getScales(), neuron.getRanges()}) {
    if (!states) continue;
    for (const mlir::NamedAttribute& entry : states)
      if (!known(entry.getName()))
        return complain(neuron, neuron.getName()) << "has no state '" << entry.getName().getValue() << "'";
  }
  if (const mlir::DictionaryAttr scales = neuron.getScales())
    for (const mlir::NamedAttribute& entry : scales) {
      const std::optional<std::vector<double>> values = floatValues(entry.getValue());
      if (!values || (values->size() != 1 && static_cast<int64_t>(values->size()) != neuron.getSize()))
        return complain(neuron, neuron.getName())
               << "needs one f64, or one for each neuron, as scale of '" << entry.getName().getValue() << "'";
    }
  if (const mlir::DictionaryAttr ranges = neuron.getRanges())
    for (const mlir::NamedAttribute& entry : ranges) {
      const auto range = llvm::dyn_cast<RangeAttr>(entry.getValue());
      if (!range || range.getMinimum() > range.getMaximum())
        return complain(neuron, neuron.getName())
               << "needs a #spk.range with minimum <= maximum for '" << entry.getName().getValue() << "'";
    }
  return mlir::success();
}

mlir::LogicalResult verifyFixedParameters(NeuronOp neuron, const models::ModelTable& model) {
  for (const models::FloatParameter& parameter : model.floatParameters)
    if (neuron.getParameter(view(parameter.name)))
      return complain(neuron, neuron.getName())
             << (stageOf(neuron) == "float" ? "has its integers" : "is past the float stage")
             << " and cannot carry '" << view(parameter.name) << "'";
  for (const models::FixedParameter& parameter : model.fixedParameters)
    if (const mlir::Attribute attribute = neuron.getParameter(view(parameter.name)))
      if (failed(verifyFixedTensor(neuron, neuron.getName(), view(parameter.name), attribute,
                                   neuron.getSize(), parameter.minimum, parameter.maximum)))
        return mlir::failure();
  return verifyStates(neuron, model);
}

}  // namespace

mlir::LogicalResult verifyNeuron(mlir::Operation* op) {
  auto neuron = llvm::cast<NeuronOp>(op);
  if (failed(verifyShape(op, neuron.getName(), neuron.getShape(), neuron.getSize()))) return mlir::failure();
  for (const mlir::Value input : neuron.getInputs())
    if (sizeOf(input.getType()) != neuron.getInputSize())
      return complain(op, neuron.getName())
             << "takes " << neuron.getInputSize() << " sums, but a current of type " << input.getType();
  return stageOf(op) == "float" && !isExact(neuron) ? verifyFloatParameters(neuron, neuron.getModel())
                                                    : verifyFixedParameters(neuron, neuron.getModel());
}

bool isExact(NeuronOp neuron) {
  return neuron.getModel().microcode ||
         llvm::any_of(neuron.getModel().fixedParameters, [&](const models::FixedParameter& parameter) {
           return bool(neuron.getParameter(view(parameter.name)));
         });
}

mlir::LogicalResult NetworkOp::verify() {
  if (!(getDt().convertToDouble() > 0) || !getDt().isFinite())
    return complain(*this, getSymName()) << "needs a positive dt in seconds";  // SPEC F1
  if (!isOneOf(getStage(), {"float", "quant", "legal"}))
    return complain(*this, getSymName())
           << "has stage '" << getStage() << "', expected float, quant or legal";
  for (const mlir::NamedAttribute& convention : getConventions()) {
    const std::string name = convention.getName().str();
    const auto row = llvm::find_if(conventionRows(), [&](const auto& r) { return r.name == name; });
    if (row == conventionRows().end())
      return complain(*this, getSymName()) << "has the convention '" << name << "', which does not exist";
    const auto value = llvm::dyn_cast<mlir::StringAttr>(convention.getValue());
    if (!value || !row->find({value.data(), value.size()}))
      return complain(*this, getSymName())
             << "has " << name << " = " << convention.getValue() << ", expected "
             << fmt::format("{}", fmt::join(row->values, " or "));
  }
  for (mlir::Operation& op : getBody().front())
    if (op.getName().getDialectNamespace() != "spk" || llvm::isa<NetworkOp>(op))
      return complain(*this, getSymName())
             << "holds '" << op.getName().getStringRef() << "', which is no part of a network";
  return mlir::success();
}

mlir::LogicalResult InputOp::verify() {
  if (!isOneOf(getEncoding(), {"binary", "counts", "graded"}))
    return complain(*this, getName())
           << "has encoding '" << getEncoding() << "', expected binary, counts or graded";
  if (static_cast<std::int32_t>(getMaxPayload()) < 1)
    return complain(*this, getName()) << "needs a largest payload of at least 1";
  return verifyShape(*this, getName(), getShape(), getOutput().getType().getSize());
}

mlir::LogicalResult OutputOp::verify() {
  if (getInputs().empty()) return complain(*this, getName()) << "reads nothing";
  const int64_t size = elementCount(getShape());
  for (const mlir::Value input : getInputs())
    if (sizeOf(input.getType()) != size)
      return complain(*this, getName()) << "has " << size << " elements, but reads " << input.getType();
  return mlir::success();
}

int SynapseOp::getWeightExponent() {
  const auto fixed = llvm::dyn_cast<FixedElementsAttr>(getWeight());
  return fixed ? fixed.getFormat().getExponent() : 0;
}

Wiring SynapseOp::getWiring() { return wiringOf(getConvolution(), getPlaces(), getTargets(), getSources()); }

mlir::LogicalResult SynapseOp::verify() {
  if (failed(verifyWiring(*this, getName(), getConvolution(), getPlaces(), getDelays(), getTargets(),
                          getSources())))
    return mlir::failure();
  const llvm::SmallVector<int64_t> shape = weightShape(getWiring());
  const auto delay = static_cast<std::int32_t>(getDelay());
  const auto floatDelay = static_cast<std::int32_t>(getFloatDelay());
  if (delay < 0 || delay > kMaxDelay)
    return complain(*this, getName())
           << "has a delay of " << delay << " steps, outside [0, " << kMaxDelay << "]";  // SPEC T7
  if (floatDelay < 0)
    return complain(*this, getName()) << "has a float delay of " << floatDelay << " steps";  // SPEC T5
  if (failed(verifyDelays(*this, getName(), "a bias", "its biases", getBiasDelays(), {getTargets(), 1})))
    return mlir::failure();
  if (stageOf(*this) == "float") {
    if (getSignMode() || getWeightBits())
      return complain(*this, getName()) << "is in the float stage and cannot carry a weight format";
    if (failed(verifyFloatTensor(*this, getName(), "weight", getWeight(), shape, false)))
      return mlir::failure();
    return getBias() ? verifyFloatTensor(*this, getName(), "bias", *getBias(), getTargets(), false)
                     : mlir::success();
  }
  const std::optional<SignMode> mode = signModeNamed(getSignMode().value_or(""));
  if (!mode) return complain(*this, getName()) << "needs sign_mode mixed, excitatory or inhibitory";
  if (!getWeightBits() || *getWeightBits() < 1 || *getWeightBits() > kMostWeightBits)
    return complain(*this, getName()) << "needs weight_bits in [1, " << kMostWeightBits << "]";
  if (static_cast<int>(*getWeightBits()) < leastWeightBits(*mode))
    return complain(*this, getName()) << "has weight_bits " << *getWeightBits() << ", " << *getSignMode()
                                      << " weights need " << leastWeightBits(*mode) << " or more";
  if (failed(verifyFixedTensor(*this, getName(), "weight", getWeight(), shape, leastWeight(*mode),
                               mostWeight(*mode))))
    return mlir::failure();
  if (failed(verifyStored(*this, getName(), getWeight(), static_cast<int>(*getWeightBits()), *mode)))
    return mlir::failure();
  if (getBias() || getBiasDelays())
    return complain(*this, getName())
           << "is past the float stage: its bias must be synapses of a bias source";
  return mlir::success();
}

}  // namespace rheo::spk
