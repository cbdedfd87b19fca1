// Emits the kernels. The neuron's arithmetic is its step.h, read through MlirAlgebra.
#include "emulator/Kernels.h"

#include "emulator/MlirAlgebra.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rheo::jit {
namespace steps {
#include "models/AllSteps.inc"
}  // namespace steps

namespace {

using mlir::ImplicitLocOpBuilder;
using mlir::Value;
namespace arith = mlir::arith;
namespace LLVM = mlir::LLVM;
namespace scf = mlir::scf;

class Emitter {
 public:
  Emitter(mlir::MLIRContext& context, const Profile& profile)
      : b_(mlir::UnknownLoc::get(&context), &context), profile_(profile) {
    pointer_ = LLVM::LLVMPointerType::get(&context);
    i32_ = b_.getI32Type();
    i64_ = b_.getI64Type();
    vector_ = mlir::VectorType::get({kLanes}, i32_);
  }

  void update(const UpdateKernel& kernel);
  void deliver(const DeliverKernel& kernel);
  ImplicitLocOpBuilder& builder() { return b_; }

 private:
  Value index(std::int64_t value) { return b_.create<arith::ConstantIntOp>(value, 64); }
  Value at(Value base, mlir::Type element, Value offset) {
    return b_.create<LLVM::GEPOp>(pointer_, element, base, mlir::ValueRange{offset});
  }
  Value load(Value base, Value offset) {
    return b_.create<LLVM::LoadOp>(vector_, at(base, i32_, offset), /*alignment=*/4);
  }
  void store(Value value, Value base, Value offset) {
    b_.create<LLVM::StoreOp>(value, at(base, i32_, offset), /*alignment=*/4);
  }
  // Opens a function and leaves the builder at the end of its body, before the return.
  mlir::Block::BlockArgListType open(const std::string& symbol, mlir::TypeRange inputs) {
    auto function = b_.create<mlir::func::FuncOp>(symbol, b_.getFunctionType(inputs, {}));
    mlir::Block* block = function.addEntryBlock();
    b_.setInsertionPointToStart(block);
    b_.create<mlir::func::ReturnOp>();
    b_.setInsertionPointToStart(block);
    return block->getArguments();
  }
  // SPEC N17: counters[offset + lane] += 1 where `lanes` is set; touched only if any is.
  void count(Value lanes, Value counters, Value offset);

  ImplicitLocOpBuilder b_;
  const Profile& profile_;
  LLVM::LLVMPointerType pointer_;
  mlir::Type i32_, i64_;
  mlir::VectorType vector_;
};

void Emitter::count(Value lanes, Value counters, Value offset) {
  Value any = b_.create<mlir::vector::ReductionOp>(mlir::vector::CombiningKind::OR, lanes);
  auto branch = b_.create<scf::IfOp>(any, /*withElseRegion=*/false);
  mlir::OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(branch.thenBlock());
  auto wide = mlir::VectorType::get({kLanes}, i64_);
  Value place = at(counters, i64_, offset);
  Value before = b_.create<LLVM::LoadOp>(wide, place, /*alignment=*/8);
  Value after = b_.create<arith::AddIOp>(before, b_.create<arith::ExtUIOp>(wide, lanes));
  b_.create<LLVM::StoreOp>(after, place, /*alignment=*/8);
}

void Emitter::update(const UpdateKernel& kernel) {
  mlir::OpBuilder::InsertionGuard guard(b_);
  Value arrays = open(kernel.symbol, {pointer_})[0];
  int next = 0;
  auto nextArray = [&]() -> Value {
    return b_.create<LLVM::LoadOp>(pointer_, at(arrays, pointer_, index(next++)));
  };
  Value input = nextArray(), spikes = nextArray(), wraps = nextArray(), saturations = nextArray();
  std::vector<Value> states, parameters;
  for (std::size_t k = 0; k < kernel.model->states.size(); ++k) states.push_back(nextArray());
  for (const auto& constant : kernel.constants) parameters.push_back(constant ? Value() : nextArray());

  auto loop = b_.create<scf::ForOp>(index(0), index(kernel.paddedSize), index(kLanes));
  b_.setInsertionPointToStart(loop.getBody());
  Value i = loop.getInductionVar();
  MlirAlgebra algebra(b_, profile_, kLanes);
  Value state[models::kMaxStates], parameter[models::kMaxParameters];
  for (std::size_t k = 0; k < states.size(); ++k) state[k] = load(states[k], i);
  for (std::size_t k = 0; k < parameters.size(); ++k)
    parameter[k] = kernel.constants[k] ? algebra.constant(*kernel.constants[k]) : load(parameters[k], i);
  Value arrived[models::kMaxPorts];
  for (std::size_t k = 0; k < kernel.model->ports.size(); ++k)
    arrived[k] =
        load(input, b_.create<arith::AddIOp>(i, index(static_cast<std::int64_t>(k) * kernel.paddedSize)));
  Value sent;  // spikes, or payloads
#define RHEO_MODEL(folder) \
  if (kernel.model->name == #folder) sent = steps::folder::step(algebra, state, arrived, parameter);
#include "models/Models.def"
#undef RHEO_MODEL
  for (std::size_t k = 0; k < states.size(); ++k) store(state[k], states[k], i);
  store(kernel.model->graded ? sent : Value(b_.create<arith::ExtUIOp>(vector_, sent)), spikes, i);
  count(algebra.wrapped(), wraps, i);
  count(algebra.saturated(), saturations, i);
}

void Emitter::deliver(const DeliverKernel& kernel) {
  mlir::OpBuilder::InsertionGuard guard(b_);
  auto arguments = open(kernel.symbol, {pointer_, i64_, pointer_, pointer_});
  Value active = arguments[0], count = arguments[1], weights = arguments[2], input = arguments[3];
  mlir::Type element = b_.getIntegerType(kernel.weightBits);
  auto row = mlir::VectorType::get({kLanes}, element);
  MlirAlgebra algebra(b_, profile_, kLanes);

  // A tile of accumulators stays in registers while the active sources' rows stream by.
  constexpr std::int64_t kTileVectors = 8;
  for (std::int64_t begin = 0; begin < kernel.paddedTargets;) {
    const std::int64_t left = (kernel.paddedTargets - begin) / kLanes;
    const std::int64_t vectors = std::min(left, kTileVectors);
    const std::int64_t repeats = left / vectors;  // whole tiles of this width
    auto tiles = b_.create<scf::ForOp>(index(0), index(repeats), index(1));
    mlir::OpBuilder::InsertionGuard tileGuard(b_);
    b_.setInsertionPointToStart(tiles.getBody());
    Value first = b_.create<arith::AddIOp>(
        index(begin), b_.create<arith::MulIOp>(tiles.getInductionVar(), index(vectors * kLanes)));
    std::vector<Value> zeros(vectors, algebra.constant(0));
    auto loop = b_.create<scf::ForOp>(index(0), count, index(1), zeros);
    {
      mlir::OpBuilder::InsertionGuard loopGuard(b_);
      b_.setInsertionPointToStart(loop.getBody());
      Value source = b_.create<LLVM::LoadOp>(i32_, at(active, i32_, loop.getInductionVar()));
      Value offset = b_.create<arith::AddIOp>(
          b_.create<arith::MulIOp>(b_.create<arith::ExtUIOp>(i64_, source), index(kernel.stride)), first);
      std::vector<Value> sums;
      for (std::int64_t k = 0; k < vectors; ++k) {
        Value place = at(weights, element, b_.create<arith::AddIOp>(offset, index(k * kLanes)));
        Value weight = b_.create<LLVM::LoadOp>(row, place, /*alignment=*/1);
        if (kernel.weightBits < 32) weight = b_.create<arith::ExtSIOp>(vector_, weight);
        sums.push_back(algebra.add(loop.getRegionIterArgs()[k], weight));
      }
      b_.create<scf::YieldOp>(sums);
    }
    for (std::int64_t k = 0; k < vectors; ++k) {
      Value sum = loop.getResult(k);  // SPEC W5
      if (kernel.exponent > 0) sum = b_.create<arith::ShLIOp>(sum, algebra.constant(kernel.exponent));
      if (kernel.exponent < 0) sum = b_.create<arith::ShRSIOp>(sum, algebra.constant(-kernel.exponent));
      Value place = b_.create<arith::AddIOp>(first, index(k * kLanes));
      store(algebra.add(load(input, place), sum), input, place);
    }
    begin += repeats * vectors * kLanes;
  }
}

}  // namespace

mlir::OwningOpRef<mlir::ModuleOp> buildModule(mlir::MLIRContext& context, const Profile& profile,
                                              const std::vector<UpdateKernel>& updates,
                                              const std::vector<DeliverKernel>& delivers) {
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  Emitter emitter(context, profile);
  emitter.builder().setInsertionPointToEnd(module->getBody());
  for (const UpdateKernel& kernel : updates) emitter.update(kernel);
  for (const DeliverKernel& kernel : delivers) emitter.deliver(kernel);
  return module;
}

}  // namespace rheo::jit
