// MLIR -> LLVM IR -> object -> LLVM ORC.
#include "emulator/ObjectCode.h"

#include <fmt/format.h>
#include <unistd.h>
#define XXH_INLINE_ALL  // Debian ships the header; the library is not linked
#include <xxhash.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/ExecutionEngine/Orc/CompileUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

namespace rheo::jit {
namespace {

Error fault(const std::string& what) {
  return Error::of(ErrorKind::Internal,
                   {.code = "R0620",
                    .message = fmt::format("the just-in-time compiler failed: {}", what),
                    .remedy = "run with --engine vector, which gives the same bits, and report this"});
}

class Compiled final : public ObjectCode {
 public:
  Compiled(std::unique_ptr<llvm::orc::LLJIT> jit, bool cached) : jit_(std::move(jit)), cached_(cached) {}
  Expected<void*> find(const std::string& symbol) const override {
    auto address = jit_->lookup(symbol);
    if (!address) return fault(llvm::toString(address.takeError()));
    return address->toPtr<void*>();
  }
  bool fromCache() const override { return cached_; }

 private:
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  bool cached_;
};

// Where objects are kept; nullopt when caching is off or there is no place for it.
std::optional<std::filesystem::path> cacheFolder() {
  if (const char* own = std::getenv("RHEOBASE_CACHE")) {
    if (std::string_view(own) == "off" || !*own) return std::nullopt;
    return own;
  }
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg && *xdg)
    return std::filesystem::path(xdg) / "rheobase";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::filesystem::path(home) / ".cache" / "rheobase";
  return std::nullopt;
}

// An entry is the object followed by its XXH3: a torn or damaged one is not used.
std::unique_ptr<llvm::MemoryBuffer> readEntry(const std::filesystem::path& path) {
  auto file = llvm::MemoryBuffer::getFile(path.string());
  if (!file || (*file)->getBufferSize() <= sizeof(XXH64_hash_t)) return nullptr;
  const llvm::StringRef bytes = (*file)->getBuffer();
  const std::size_t size = bytes.size() - sizeof(XXH64_hash_t);
  XXH64_hash_t expected;
  std::memcpy(&expected, bytes.data() + size, sizeof expected);
  if (XXH3_64bits(bytes.data(), size) != expected) return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(bytes.take_front(size), path.filename().string());
}

// Failing to write a cache entry costs time later and nothing else.
void writeEntry(const std::filesystem::path& path, llvm::StringRef object) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  const auto beside = path.string() + fmt::format(".{}", ::getpid());
  {
    std::ofstream out(beside, std::ios::binary);
    const XXH64_hash_t hash = XXH3_64bits(object.data(), object.size());
    out.write(object.data(), static_cast<std::streamsize>(object.size()));
    out.write(reinterpret_cast<const char*>(&hash), sizeof hash);
    if (!out) return;
  }
  std::filesystem::rename(beside, path, ignored);
}

Status lowerToLlvm(mlir::ModuleOp module) {
  mlir::PassManager passes(module.getContext());
  passes.enableVerifier(true);
  passes.addPass(mlir::createConvertSCFToCFPass());
  passes.addPass(mlir::createConvertVectorToLLVMPass());
  passes.addPass(mlir::createArithToLLVMConversionPass());
  passes.addPass(mlir::createConvertControlFlowToLLVMPass());
  passes.addPass(mlir::createConvertFuncToLLVMPass());
  passes.addPass(mlir::createReconcileUnrealizedCastsPass());
  if (mlir::failed(passes.run(module))) return fault("lowering to the LLVM dialect");
  return ok();
}

void optimize(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

}  // namespace

std::unique_ptr<mlir::MLIRContext> makeContext() {
  mlir::DialectRegistry registry;
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::scf::SCFDialect,
                  mlir::cf::ControlFlowDialect, mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  auto context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

Expected<std::unique_ptr<ObjectCode>> compileModule(mlir::ModuleOp module) {
  static const bool initialised = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialised;
  if (Status lowered = lowerToLlvm(module); !lowered) return lowered.error();

  auto context = std::make_unique<llvm::LLVMContext>();
  auto code = mlir::translateModuleToLLVMIR(module, *context);
  if (!code) return fault("translation to LLVM IR");
  auto target = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!target) return fault(llvm::toString(target.takeError()));
  target->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  auto machine = target->createTargetMachine();
  if (!machine) return fault(llvm::toString(machine.takeError()));
  code->setDataLayout((*machine)->createDataLayout());
  code->setTargetTriple((*machine)->getTargetTriple().str());
  for (llvm::Function& function : *code) function.addFnAttr("prefer-vector-width", "512");

  llvm::SmallVector<char, 0> bitcode;
  llvm::raw_svector_ostream stream(bitcode);
  llvm::WriteBitcodeToFile(*code, stream);
  stream << LLVM_VERSION_STRING << (*machine)->getTargetCPU() << (*machine)->getTargetFeatureString();
  const XXH128_hash_t key = XXH3_128bits(bitcode.data(), bitcode.size());

  std::optional<std::filesystem::path> entry = cacheFolder();
  if (entry) *entry /= fmt::format("{:016x}{:016x}.o", key.high64, key.low64);
  std::unique_ptr<llvm::MemoryBuffer> object = entry ? readEntry(*entry) : nullptr;
  const bool cached = object != nullptr;
  if (!cached) {
    optimize(*code, **machine);
    auto compiled = llvm::orc::SimpleCompiler(**machine)(*code);
    if (!compiled) return fault(llvm::toString(compiled.takeError()));
    object = std::move(*compiled);
    if (entry) writeEntry(*entry, object->getBuffer());
  }
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*target)).create();
  if (!jit) return fault(llvm::toString(jit.takeError()));
  if (auto failed = (*jit)->addObjectFile(std::move(object))) return fault(llvm::toString(std::move(failed)));
  return std::unique_ptr<ObjectCode>(new Compiled(std::move(*jit), cached));
}

}  // namespace rheo::jit
