// Findings on their way through MLIR: a rheo::Diagnostic is emitted at an operation's location and comes out
// of the context's handler as it went in, whoever listens (the compiler, rheo-opt).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "support/Error.h"

namespace rheo {

// Emits `diagnostic` at `location`. Its fields travel as the metadata of a fused location; the text is what
// rheo-opt prints.
void emit(mlir::Location location, const Diagnostic& diagnostic);

// Every diagnostic of `error`, at `location`; its kind travels along.
void emit(mlir::Location location, const Error& error);

// While it lives, collects what is emitted in `context`. MLIR's own messages become diagnostics of `code`;
// one that starts with "R0702: " keeps that code.
class DiagnosticCollector {
 public:
  DiagnosticCollector(mlir::MLIRContext* context, std::string code, std::string file = {});

  bool failed() const;  // whether an error was emitted
  std::vector<Diagnostic> take() { return std::move(found_); }
  // Empty, or an Error with everything that was emitted; `fallback` is the message where nothing was. Its
  // kind is that of the Error that was emitted; `kind` for what MLIR and the verifiers say.
  Status status(bool succeeded, ErrorKind kind, const std::string& fallback);

 private:
  std::string code_, file_;
  std::vector<Diagnostic> found_;
  std::optional<ErrorKind> kind_;  // of the Errors emitted
  bool plain_ = false;             // whether MLIR or a verifier reported an error, too
  mlir::ScopedDiagnosticHandler handler_;
};

}  // namespace rheo
