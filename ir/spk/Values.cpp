// Numbers into and out of attributes: dense tensors, resources and #spk.elements.
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>

#include "ir/spk/Spk.h"
#include "llvm/ADT/StringExtras.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace rheo::spk {
namespace {

// Reads a resource's bytes as T, without regard to their alignment.
template <class T, class Out>
std::optional<std::vector<Out>> fromBytes(llvm::ArrayRef<char> bytes, int64_t count) {
  if (bytes.size() != static_cast<std::size_t>(count) * sizeof(T)) return std::nullopt;
  std::vector<Out> values(count);
  for (int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<Out>(value);
  }
  return values;
}

template <class T>
std::optional<Extremes> extremesOf(llvm::ArrayRef<char> bytes, int64_t count) {
  if (bytes.size() != static_cast<std::size_t>(count) * sizeof(T)) return std::nullopt;
  T least = std::numeric_limits<T>::max(), most = std::numeric_limits<T>::min(), any = 0;
  for (int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    least = std::min(least, value);
    most = std::max(most, value);
    any = static_cast<T>(any | value);
  }
  return Extremes{least, most, any};
}

// Of a parameter's unit: "1/4096" counts parts of one, a power of two of them.
int exponentOf(std::string_view unit) {
  std::uint32_t parts = 0;
  llvm::StringRef text(unit.data(), unit.size());
  if (!text.consume_front("1/") || text.getAsInteger(10, parts)) return 0;
  return -std::countr_zero(parts);
}

std::optional<llvm::ArrayRef<char>> bytesOf(mlir::DenseResourceElementsAttr resource) {
  const mlir::AsmResourceBlob* blob = resource.getRawHandle().getBlob();
  if (!blob) return std::nullopt;
  return blob->getData();
}

// MLIR 19 prints resource keys without quotes: only the letters of a bare identifier read back.
std::string resourceKey(llvm::StringRef name) {
  std::string key = "w_";
  for (const char letter : name) key += llvm::isAlnum(letter) || letter == '.' ? letter : '_';
  return key;
}

template <class T>
mlir::ElementsAttr resourceOf(mlir::RankedTensorType type, llvm::StringRef name, llvm::ArrayRef<T> values) {
  return mlir::DenseResourceElementsAttr::get(
      type, resourceKey(name),
      mlir::HeapAsmResourceBlob::allocateAndCopyInferAlign<T>(values, /*dataIsMutable=*/false));
}

// The same, of numbers that are given away: weights are large.
template <class T>
mlir::ElementsAttr resourceOf(mlir::RankedTensorType type, llvm::StringRef name, std::vector<T> values) {
  auto kept = std::make_unique<std::vector<T>>(std::move(values));
  const llvm::ArrayRef<char> bytes(reinterpret_cast<const char*>(kept->data()), kept->size() * sizeof(T));
  return mlir::DenseResourceElementsAttr::get(
      type, resourceKey(name),
      mlir::AsmResourceBlob(
          bytes, alignof(T),
          [kept = std::move(kept)](void*, std::size_t, std::size_t) mutable { kept.reset(); },
          /*dataIsMutable=*/false));
}

}  // namespace

std::optional<llvm::ArrayRef<double>> floatsInPlace(mlir::Attribute attribute) {
  const auto resource = llvm::dyn_cast_or_null<mlir::DenseResourceElementsAttr>(attribute);
  if (!resource || !resource.getElementType().isF64() || !resource.getType().hasStaticShape())
    return std::nullopt;
  const std::optional<llvm::ArrayRef<char>> bytes = bytesOf(resource);
  const auto count = static_cast<std::size_t>(resource.getNumElements());
  if (!bytes || bytes->size() != count * sizeof(double) ||
      !llvm::isAddrAligned(llvm::Align::Of<double>(), bytes->data()))
    return std::nullopt;
  return llvm::ArrayRef(reinterpret_cast<const double*>(bytes->data()), count);
}

mlir::ElementsAttr elementsOf(mlir::Attribute attribute) {
  if (const auto fixed = llvm::dyn_cast_or_null<FixedElementsAttr>(attribute)) return fixed.getValues();
  return llvm::dyn_cast_or_null<mlir::ElementsAttr>(attribute);
}

std::optional<std::vector<double>> floatValues(mlir::Attribute attribute) {
  const auto elements = llvm::dyn_cast_or_null<mlir::ElementsAttr>(attribute);
  if (!elements || !elements.getShapedType().hasStaticShape()) return std::nullopt;
  const mlir::Type type = elements.getElementType();
  if (!type.isF32() && !type.isF64()) return std::nullopt;
  if (const auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(attribute)) {
    const std::optional<llvm::ArrayRef<char>> bytes = bytesOf(resource);
    if (!bytes) return std::nullopt;
    return type.isF32() ? fromBytes<float, double>(*bytes, elements.getNumElements())
                        : fromBytes<double, double>(*bytes, elements.getNumElements());
  }
  const auto dense = llvm::dyn_cast<mlir::DenseElementsAttr>(attribute);
  if (!dense) return std::nullopt;
  if (type.isF64()) {
    const auto values = dense.getValues<double>();
    return std::vector<double>(values.begin(), values.end());
  }
  const auto values = dense.getValues<float>();
  return std::vector<double>(values.begin(), values.end());
}

std::optional<std::vector<std::int32_t>> fixedValues(mlir::Attribute attribute) {
  const mlir::ElementsAttr elements = elementsOf(attribute);
  if (!elements || !elements.getShapedType().hasStaticShape()) return std::nullopt;
  const mlir::Type type = elements.getElementType();
  if (!type.isSignlessInteger(8) && !type.isSignlessInteger(16) && !type.isSignlessInteger(32))
    return std::nullopt;
  const int64_t count = elements.getNumElements();
  if (const auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(elements)) {
    const std::optional<llvm::ArrayRef<char>> bytes = bytesOf(resource);
    if (!bytes) return std::nullopt;
    if (type.isSignlessInteger(8)) return fromBytes<std::int8_t, std::int32_t>(*bytes, count);
    if (type.isSignlessInteger(16)) return fromBytes<std::int16_t, std::int32_t>(*bytes, count);
    return fromBytes<std::int32_t, std::int32_t>(*bytes, count);
  }
  const auto dense = llvm::dyn_cast<mlir::DenseIntElementsAttr>(elements);
  if (!dense) return std::nullopt;
  if (dense.isSplat())
    return std::vector<std::int32_t>(
        count, static_cast<std::int32_t>(dense.getSplatValue<llvm::APInt>().getSExtValue()));
  if (type.isSignlessInteger(32)) {
    const auto whole = dense.getValues<std::int32_t>();
    return std::vector<std::int32_t>(whole.begin(), whole.end());
  }
  std::vector<std::int32_t> values;
  values.reserve(count);
  for (const llvm::APInt& value : dense.getValues<llvm::APInt>())
    values.push_back(static_cast<std::int32_t>(value.getSExtValue()));
  return values;
}

std::optional<Extremes> fixedExtremes(mlir::Attribute attribute) {
  const mlir::ElementsAttr elements = elementsOf(attribute);
  if (elements && elements.getShapedType().hasStaticShape() && elements.getNumElements() > 0) {
    const mlir::Type type = elements.getElementType();
    const auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(elements);
    const std::optional<llvm::ArrayRef<char>> bytes = resource ? bytesOf(resource) : std::nullopt;
    if (bytes && type.isSignlessInteger(8)) return extremesOf<std::int8_t>(*bytes, elements.getNumElements());
    if (bytes && type.isSignlessInteger(16))
      return extremesOf<std::int16_t>(*bytes, elements.getNumElements());
  }
  const std::optional<std::vector<std::int32_t>> values = fixedValues(attribute);
  if (!values || values->empty()) return std::nullopt;
  return extremesOf<std::int32_t>(
      {reinterpret_cast<const char*>(values->data()), values->size() * sizeof(std::int32_t)},
      static_cast<int64_t>(values->size()));
}

std::vector<std::int32_t> fixedParameter(NeuronOp op, const models::FixedParameter& parameter) {
  const llvm::StringRef name(parameter.name.data(), parameter.name.size());
  if (std::optional<std::vector<std::int32_t>> values = fixedValues(op.getParameter(name)))
    return std::move(*values);
  return std::vector<std::int32_t>(op.getSize(), parameter.fallback);
}

mlir::ElementsAttr floatElements(mlir::MLIRContext* context, llvm::ArrayRef<double> values,
                                 llvm::ArrayRef<int64_t> shape, llvm::StringRef resource) {
  const auto type = mlir::RankedTensorType::get(shape, mlir::Float64Type::get(context));
  if (!resource.empty()) return resourceOf<double>(type, resource, values);
  // Bit patterns, so that -0 and 0 stay apart.
  const bool uniform = !values.empty() && std::all_of(values.begin(), values.end(), [&](const double& value) {
    return std::memcmp(&value, values.data(), sizeof(double)) == 0;
  });
  return mlir::DenseElementsAttr::get(type, uniform ? values.take_front(1) : values);
}

mlir::ElementsAttr floatResource(mlir::MLIRContext* context, std::vector<double> values,
                                 llvm::ArrayRef<int64_t> shape, llvm::StringRef resource) {
  return resourceOf(mlir::RankedTensorType::get(shape, mlir::Float64Type::get(context)), resource,
                    std::move(values));
}

FixedElementsAttr fixedElements(mlir::MLIRContext* context, llvm::ArrayRef<std::int32_t> values,
                                llvm::ArrayRef<int64_t> shape, unsigned width, int exponent, bool isSigned,
                                llvm::StringRef resource) {
  std::int32_t beyond = 0;  // bits that 16 would lose
  for (const std::int32_t value : values) beyond |= value ^ static_cast<std::int16_t>(value);
  const bool narrow = beyond == 0;
  const bool asResource = !resource.empty();
  const auto type =
      mlir::RankedTensorType::get(shape, mlir::IntegerType::get(context, asResource && narrow ? 16 : 32));
  mlir::ElementsAttr elements;
  if (asResource && narrow) {
    elements = resourceOf(type, resource, std::vector<std::int16_t>(values.begin(), values.end()));
  } else if (asResource) {
    elements = resourceOf<std::int32_t>(type, resource, values);
  } else {
    const bool uniform =
        !values.empty() &&
        std::all_of(values.begin(), values.end(), [&](std::int32_t value) { return value == values[0]; });
    elements = mlir::DenseElementsAttr::get(type, uniform ? values.take_front(1) : values);
  }
  return FixedElementsAttr::get(context, elements, FixedType::get(context, width, exponent, isSigned));
}

mlir::ElementsAttr integerResource(mlir::MLIRContext* context, std::vector<std::int32_t> values,
                                   llvm::ArrayRef<int64_t> shape, llvm::StringRef resource) {
  const auto type = mlir::RankedTensorType::get(shape, mlir::IntegerType::get(context, 32));
  return resourceOf(type, resource, std::move(values));
}

FixedElementsAttr fixedParameterElements(mlir::MLIRContext* context, const models::FixedParameter& parameter,
                                         llvm::ArrayRef<std::int32_t> values) {
  const bool isSigned = parameter.minimum < 0;
  const auto fits = [&](unsigned width) {
    const std::int64_t top = (std::int64_t{1} << (width - (isSigned ? 1 : 0))) - 1;
    return parameter.maximum <= top && (!isSigned || parameter.minimum >= -top - 1);
  };
  unsigned width = 1;
  while (width < 32 && !fits(width)) ++width;
  return fixedElements(context, values, {static_cast<int64_t>(values.size())}, width,
                       exponentOf(parameter.unit), isSigned);
}

NeuronOp createNeuron(mlir::OpBuilder& builder, mlir::Location location, const models::ModelTable& model,
                      llvm::StringRef name, llvm::ArrayRef<int64_t> shape, mlir::ValueRange inputs) {
  mlir::OperationState state(location, "spk." + std::string(model.name));
  const int64_t size = elementCount(shape);
  mlir::MLIRContext* context = builder.getContext();
  if (model.spiking)
    state.addTypes(SpikesType::get(context, size));
  else
    state.addTypes(PotentialType::get(context, size));
  state.addOperands(inputs);
  state.addAttribute("name", builder.getStringAttr(name));
  state.addAttribute("shape", builder.getDenseI64ArrayAttr(shape));
  return llvm::cast<NeuronOp>(builder.create(state));
}

}  // namespace rheo::spk
