// Findings into MLIR's diagnostic engine and out of it.
#include "ir/Diagnostics.h"

#include <algorithm>

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace rheo {
namespace {

mlir::DictionaryAttr packed(mlir::MLIRContext* context, const Diagnostic& diagnostic,
                            std::optional<ErrorKind> kind) {
  mlir::Builder builder(context);
  mlir::NamedAttrList fields;
  const auto text = [&](llvm::StringRef name, const std::string& value) {
    if (!value.empty()) fields.set(name, builder.getStringAttr(value));
  };
  text("code", diagnostic.code);
  text("message", diagnostic.message);
  text("file", diagnostic.file);
  text("where", diagnostic.where);
  text("limit_source", diagnostic.limitSource);
  text("remedy", diagnostic.remedy);
  if (diagnostic.value) fields.set("value", builder.getF64FloatAttr(*diagnostic.value));
  if (kind) fields.set("kind", builder.getI32IntegerAttr(static_cast<std::int32_t>(*kind)));
  if (diagnostic.limit) fields.set("limit", builder.getF64FloatAttr(*diagnostic.limit));
  return fields.getDictionary(context);
}

Diagnostic unpacked(mlir::DictionaryAttr fields) {
  Diagnostic diagnostic;
  const auto text = [&](llvm::StringRef name) {
    const auto value = fields.getAs<mlir::StringAttr>(name);
    return value ? value.str() : std::string();
  };
  const auto number = [&](llvm::StringRef name) {
    const auto value = fields.getAs<mlir::FloatAttr>(name);
    return value ? std::optional<double>(value.getValueAsDouble()) : std::nullopt;
  };
  diagnostic.code = text("code");
  diagnostic.message = text("message");
  diagnostic.file = text("file");
  diagnostic.where = text("where");
  diagnostic.limitSource = text("limit_source");
  diagnostic.remedy = text("remedy");
  diagnostic.value = number("value");
  diagnostic.limit = number("limit");
  return diagnostic;
}

// A message of MLIR itself or of a verifier.
Diagnostic plain(mlir::Diagnostic& message, const std::string& code, const std::string& file) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.file = file;
  std::string text = message.str();
  if (text.size() > 7 && text[0] == 'R' && text.compare(5, 2, ": ") == 0) {
    diagnostic.code = text.substr(0, 5);
    text = text.substr(7);
  }
  diagnostic.message = std::move(text);
  if (const auto name = llvm::dyn_cast<mlir::NameLoc>(message.getLocation()))
    diagnostic.where = name.getName().str();
  else if (const auto place = llvm::dyn_cast<mlir::FileLineColLoc>(message.getLocation()))
    diagnostic.where =
        "line " + std::to_string(place.getLine()) + ", column " + std::to_string(place.getColumn());
  diagnostic.remedy = "see ir/README.md for what each operation expects";
  return diagnostic;
}

Severity severityOf(mlir::DiagnosticSeverity severity) {
  switch (severity) {
    case mlir::DiagnosticSeverity::Error:
      return Severity::Error;
    case mlir::DiagnosticSeverity::Warning:
      return Severity::Warning;
    default:
      return Severity::Note;
  }
}

void emitOfKind(mlir::Location location, const Diagnostic& diagnostic, std::optional<ErrorKind> kind) {
  mlir::MLIRContext* context = location.getContext();
  const auto fused = mlir::FusedLoc::get(context, {location}, packed(context, diagnostic, kind));
  const std::string text = diagnostic.code + ": " + diagnostic.message;
  switch (diagnostic.severity) {
    case Severity::Error:
      mlir::emitError(fused) << text;
      return;
    case Severity::Warning:
      mlir::emitWarning(fused) << text;
      return;
    case Severity::Note:
      mlir::emitRemark(fused) << text;
      return;
  }
}

}  // namespace

void emit(mlir::Location location, const Diagnostic& diagnostic) { emitOfKind(location, diagnostic, {}); }

void emit(mlir::Location location, const Error& error) {
  for (const Diagnostic& diagnostic : error.diagnostics) emitOfKind(location, diagnostic, error.kind);
}

DiagnosticCollector::DiagnosticCollector(mlir::MLIRContext* context, std::string code, std::string file)
    : code_(std::move(code)), file_(std::move(file)), handler_(context, [this](mlir::Diagnostic& message) {
        const auto fused = llvm::dyn_cast<mlir::FusedLoc>(message.getLocation());
        const auto fields = fused ? llvm::dyn_cast_or_null<mlir::DictionaryAttr>(fused.getMetadata())
                                  : mlir::DictionaryAttr();
        found_.push_back(fields ? unpacked(fields) : plain(message, code_, file_));
        found_.back().severity = severityOf(message.getSeverity());
        const auto kind = fields ? fields.getAs<mlir::IntegerAttr>("kind") : mlir::IntegerAttr();
        if (kind) kind_ = static_cast<ErrorKind>(kind.getInt());
        plain_ |= !fields && found_.back().severity == Severity::Error;
        return mlir::success();
      }) {}

bool DiagnosticCollector::failed() const {
  return std::any_of(found_.begin(), found_.end(),
                     [](const Diagnostic& found) { return found.severity == Severity::Error; });
}

Status DiagnosticCollector::status(bool succeeded, ErrorKind kind, const std::string& fallback) {
  if (succeeded && !failed()) return ok();
  if (!failed()) {
    Diagnostic diagnostic;
    diagnostic.code = code_;
    diagnostic.file = file_;
    diagnostic.message = fallback;
    found_.push_back(std::move(diagnostic));
  }
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return (a.severity == Severity::Error) > (b.severity == Severity::Error);
  });
  return Error{plain_ ? kind : kind_.value_or(kind), std::move(found_)};
}

}  // namespace rheo
