// The third reading of a model's step.h: every primitive emits MLIR on vectors of 32-bit lanes. What is
// emitted is arithmetic on whole vectors; loops, loads and stores belong to the caller.
#pragma once

#include "fixed/Arithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rheo::jit {

class MlirAlgebra {
 public:
  using Int = mlir::Value;    // vector<lanes x i32>
  using Spike = mlir::Value;  // vector<lanes x i1>

  MlirAlgebra(mlir::ImplicitLocOpBuilder& builder, const Profile& profile, int lanes)
      : b_(builder), profile_(profile), type_(mlir::VectorType::get({lanes}, builder.getI32Type())) {
    wrapped_ = saturated_ = never();
  }

  Int constant(std::int32_t value) {
    return b_.create<mlir::arith::ConstantOp>(mlir::DenseElementsAttr::get(type_, value));
  }

  // SPEC N1: |x| = 4096 hi + lo, so that no product leaves 32 bits.
  Int decay(Int x, Int decay12) {
    namespace arith = mlir::arith;
    Int factor = b_.create<arith::SubIOp>(constant(fixed::kDecayOne), decay12);
    Int sign = b_.create<arith::ShRSIOp>(x, constant(31));
    Int magnitude = b_.create<arith::SubIOp>(b_.create<arith::XOrIOp>(x, sign), sign);
    Int high = b_.create<arith::ShRUIOp>(magnitude, constant(fixed::kDecayBits));
    Int low = b_.create<arith::AndIOp>(magnitude, constant(fixed::kDecayOne - 1));
    Int lowPart =
        b_.create<arith::ShRUIOp>(b_.create<arith::MulIOp>(low, factor), constant(fixed::kDecayBits));
    Int decayed = b_.create<arith::AddIOp>(b_.create<arith::MulIOp>(high, factor), lowPart);
    return b_.create<arith::SubIOp>(b_.create<arith::XOrIOp>(decayed, sign), sign);
  }

  // SPEC N2.
  Int align(Int input) { return b_.create<mlir::arith::ShLIOp>(input, constant(fixed::kAlignBits)); }

  // SPEC N19.
  Int add(Int left, Int right) { return b_.create<mlir::arith::AddIOp>(left, right); }
  Int sub(Int left, Int right) { return b_.create<mlir::arith::SubIOp>(left, right); }
  Int multiply(Int left, Int right) { return b_.create<mlir::arith::MulIOp>(left, right); }
  Int shiftLeft(Int x, Int bits) { return b_.create<mlir::arith::ShLIOp>(x, shiftBy(bits)); }
  Int shiftRight(Int x, Int bits) { return b_.create<mlir::arith::ShRSIOp>(x, shiftBy(bits)); }
  Int abs(Int x) {
    return select(compare(mlir::arith::CmpIPredicate::slt, x, constant(0)), sub(constant(0), x), x);
  }
  Int cycle(Int x, Int period) {  // SPEC N20
    Int next = add(x, constant(1));
    return select(atLeast(next, period), constant(0), next);
  }
  Int select(Spike condition, Int yes, Int no) {
    return b_.create<mlir::arith::SelectOp>(condition, yes, no);
  }
  Spike atLeast(Int left, Int right) { return compare(mlir::arith::CmpIPredicate::sge, left, right); }
  Spike equal(Int left, Int right) { return compare(mlir::arith::CmpIPredicate::eq, left, right); }
  Spike both(Spike left, Spike right) { return b_.create<mlir::arith::AndIOp>(left, right); }
  Spike unless(Spike left, Spike right) {
    auto all = mlir::DenseElementsAttr::get(llvm::cast<mlir::ShapedType>(right.getType()), true);
    return both(left, b_.create<mlir::arith::XOrIOp>(right, b_.create<mlir::arith::ConstantOp>(all)));
  }

  // SPEC N4, N5.
  Int wrapCurrent(Int x) {
    namespace arith = mlir::arith;
    Int wrapped;
    if (profile_.currentOverflow == CurrentOverflow::WrapTwos) {
      wrapped = b_.create<arith::ShRSIOp>(b_.create<arith::ShLIOp>(x, constant(8)), constant(8));
    } else {
      Spike above = compare(arith::CmpIPredicate::sgt, x, constant(fixed::kHalfPeriod));
      Spike below = compare(arith::CmpIPredicate::sle, x, constant(-fixed::kHalfPeriod));
      Int lowered = b_.create<arith::SubIOp>(x, constant(fixed::kPeriod));
      Int raised = b_.create<arith::AddIOp>(x, constant(fixed::kPeriod));
      wrapped = select(above, lowered, select(below, raised, x));
    }
    note(wrapped_, wrapped, x);
    return wrapped;
  }

  // SPEC N7.
  Int saturate(Int x) {
    Int upper = b_.create<mlir::arith::MinSIOp>(x, constant(fixed::kStateMax));
    Int clipped = b_.create<mlir::arith::MaxSIOp>(upper, constant(-fixed::kStateMax));
    note(saturated_, clipped, x);
    return clipped;
  }

  // SPEC N9.
  Spike fire(Int v, Int threshold) { return compare(mlir::arith::CmpIPredicate::sgt, v, threshold); }

  Spike never() {
    auto type = mlir::VectorType::get(type_.getShape(), b_.getI1Type());
    return b_.create<mlir::arith::ConstantOp>(mlir::DenseElementsAttr::get(type, false));
  }

  // SPEC N10, E1, E2.
  Int reset(Spike spike, Int v, Int keep, Int amount) {
    Int kept = b_.create<mlir::arith::AndIOp>(v, keep);
    return select(spike, b_.create<mlir::arith::SubIOp>(kept, amount), v);
  }

  // SPEC N17: lanes in which the current wrapped, or the potential saturated, in this step.
  Spike wrapped() const { return wrapped_; }
  Spike saturated() const { return saturated_; }

 private:
  Spike compare(mlir::arith::CmpIPredicate predicate, Int left, Int right) {
    return b_.create<mlir::arith::CmpIOp>(predicate, left, right);
  }
  Int shiftBy(Int bits) { return b_.create<mlir::arith::AndIOp>(bits, constant(31)); }
  void note(Spike& seen, Int changed, Int original) {
    seen = b_.create<mlir::arith::OrIOp>(seen, compare(mlir::arith::CmpIPredicate::ne, changed, original));
  }

  mlir::ImplicitLocOpBuilder& b_;
  const Profile& profile_;
  mlir::VectorType type_;
  Spike wrapped_, saturated_;
};

}  // namespace rheo::jit
