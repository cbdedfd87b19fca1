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

  // SPEC N1.
  Int decay(Int x, Int decay12) {
    return share(x, sub(constant(fixed::kDecayOne), decay12), fixed::kDecayBits);
  }
  // SPEC N30.
  Int turnShare(Int x, Int factor) {
    Int sign = signOf(factor);
    return negatedWhere(sign, share(x, negatedWhere(sign, factor), fixed::kTurnBits));
  }

  // SPEC N2.
  Int align(Int input) { return b_.create<mlir::arith::ShLIOp>(input, constant(fixed::kAlignBits)); }

  // SPEC N19.
  Int add(Int left, Int right) { return b_.create<mlir::arith::AddIOp>(left, right); }
  Int sub(Int left, Int right) { return b_.create<mlir::arith::SubIOp>(left, right); }
  Int multiply(Int left, Int right) { return b_.create<mlir::arith::MulIOp>(left, right); }
  // SPEC N34.
  Int productShifted(Int left, Int right, int bits) {
    namespace arith = mlir::arith;
    auto wide = mlir::VectorType::get(type_.getShape(), b_.getI64Type());
    mlir::Value product = b_.create<arith::MulIOp>(b_.create<arith::ExtSIOp>(wide, left),
                                                   b_.create<arith::ExtSIOp>(wide, right));
    mlir::Value by = b_.create<arith::ConstantOp>(mlir::DenseElementsAttr::get(wide, std::int64_t{bits}));
    return b_.create<arith::TruncIOp>(type_, b_.create<arith::ShRSIOp>(product, by));
  }
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

  // SPEC N30. A sum of 32 bits has overflowed where both terms have the sign that it lacks.
  Int saturateSum(Int left, Int right) {
    namespace arith = mlir::arith;
    Int sum = add(left, right);
    Int differs =
        b_.create<arith::AndIOp>(b_.create<arith::XOrIOp>(left, sum), b_.create<arith::XOrIOp>(right, sum));
    Spike overflows = compare(arith::CmpIPredicate::slt, differs, constant(0));
    // Far enough beyond the end to count as saturated, and to become it.
    Int end = select(compare(arith::CmpIPredicate::slt, left, constant(0)), constant(INT32_MIN),
                     constant(INT32_MAX));
    return saturate(select(overflows, end, sum));
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
  // All bits set where x is negative.
  Int signOf(Int x) { return b_.create<mlir::arith::ShRSIOp>(x, constant(31)); }
  Int negatedWhere(Int sign, Int x) { return sub(b_.create<mlir::arith::XOrIOp>(x, sign), sign); }
  // x * size / 2^bits toward zero, 0 <= size <= 2^bits: |x| = 2^bits hi + lo, so that no product leaves 32
  // bits.
  Int share(Int x, Int size, int bits) {
    namespace arith = mlir::arith;
    Int sign = signOf(x);
    Int magnitude = negatedWhere(sign, x);
    Int high = b_.create<arith::ShRUIOp>(magnitude, constant(bits));
    Int low = b_.create<arith::AndIOp>(magnitude, constant((1 << bits) - 1));
    Int lowPart = b_.create<arith::ShRUIOp>(multiply(low, size), constant(bits));
    return negatedWhere(sign, add(multiply(high, size), lowPart));
  }
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
