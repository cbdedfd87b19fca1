// Machine code for a module: lowered to LLVM, optimised for this CPU, kept in an object cache.
#pragma once

#include <memory>
#include <string>

#include "mlir/IR/BuiltinOps.h"
#include "support/Error.h"

namespace rheo::jit {

// Compiled code, alive as long as this object.
class ObjectCode {
 public:
  virtual ~ObjectCode() = default;
  virtual Expected<void*> find(const std::string& symbol) const = 0;
  virtual bool fromCache() const = 0;
};

// The dialects that buildModule() emits, and their way to LLVM IR.
std::unique_ptr<mlir::MLIRContext> makeContext();

// Objects are cached under $RHEOBASE_CACHE, else $XDG_CACHE_HOME/rheobase, else ~/.cache/rheobase, keyed by
// the code, the CPU and the LLVM version; "off" disables the cache. A damaged entry is made again.
Expected<std::unique_ptr<ObjectCode>> compileModule(mlir::ModuleOp module);

}  // namespace rheo::jit
