// Registration of the spk dialect, and the checks of its types and attributes.
#include "ir/spk/Spk.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/DialectImplementation.h"

namespace {

// "signed" or "unsigned", as a flag.
mlir::ParseResult parseSignedness(mlir::AsmParser& parser, bool& isSigned) {
  llvm::StringRef keyword;
  const llvm::SMLoc place = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword)) return mlir::failure();
  if (keyword != "signed" && keyword != "unsigned")
    return parser.emitError(place, "expected 'signed' or 'unsigned'");
  isSigned = keyword == "signed";
  return mlir::success();
}

void printSignedness(mlir::AsmPrinter& printer, bool isSigned) {
  printer << (isSigned ? "signed" : "unsigned");
}

}  // namespace

#include "ir/spk/SpkDialect.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "ir/spk/SpkTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/spk/SpkAttributes.cpp.inc"
#include "ir/spk/SpkInterfaces.cpp.inc"

namespace rheo::spk {

void SpkDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ir/spk/SpkTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/spk/SpkAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/spk/SpkOps.cpp.inc"
      >();
}

namespace {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

// Populations are indexed with 32 bits in images.
mlir::LogicalResult verifySize(EmitError emitError, int64_t size) {
  if (size > 0 && size <= INT32_MAX) return mlir::success();
  return emitError() << "R0702: a size must lie in [1, 2^31 - 1], this one is " << size;
}

}  // namespace

mlir::LogicalResult SpikesType::verify(EmitError emitError, int64_t size) {
  return verifySize(emitError, size);
}
mlir::LogicalResult PotentialType::verify(EmitError emitError, int64_t size) {
  return verifySize(emitError, size);
}
mlir::LogicalResult CurrentType::verify(EmitError emitError, int64_t size) {
  return verifySize(emitError, size);
}

mlir::LogicalResult FixedType::verify(EmitError emitError, unsigned width, int exponent, bool isSigned) {
  if (width < 1 || width > 32)
    return emitError() << "R0702: a width must lie in [1, 32], this one is " << width;
  if (exponent < -64 || exponent > 64)
    return emitError() << "R0702: an exponent must lie in [-64, 64], this one is " << exponent;
  return mlir::success();
}

mlir::LogicalResult FixedElementsAttr::verify(EmitError emitError, mlir::ElementsAttr values,
                                              FixedType format) {
  const mlir::Type element = values.getElementType();
  if (!element.isSignlessInteger(8) && !element.isSignlessInteger(16) && !element.isSignlessInteger(32))
    return emitError() << "R0702: fixed-point values are held as i8, i16 or i32, not " << element;
  const std::optional<std::vector<std::int32_t>> integers = fixedValues(values);
  if (!integers) return mlir::success();  // elided; the operation's verifier says so
  const std::int64_t minimum = format.getIsSigned() ? -(std::int64_t{1} << (format.getWidth() - 1)) : 0;
  const std::int64_t maximum = (std::int64_t{1} << (format.getWidth() - (format.getIsSigned() ? 1 : 0))) - 1;
  for (const std::int32_t value : *integers)
    if (value < minimum || value > maximum)
      return emitError() << "R0702: value " << value << " does not fit " << format;
  return mlir::success();
}

int64_t sizeOf(mlir::Type type) {
  return llvm::TypeSwitch<mlir::Type, int64_t>(type)
      .Case<SpikesType, PotentialType, CurrentType>([](auto sized) { return sized.getSize(); })
      .Default([](mlir::Type) { return int64_t{-1}; });
}

int64_t elementCount(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent <= 0 || count > INT32_MAX / extent) return -1;
    count *= extent;
  }
  return count;
}

}  // namespace rheo::spk
