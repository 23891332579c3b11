// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ir::Emitter: the Emitter concept (runtime/scalar/Emitter.h) over LLVM's IRBuilder. No fast-math
// flag, no nsw or nuw, no fmuladd: every instruction means what the concept says.
#pragma once

#include "runtime/kernels/Isa.h"
#include "runtime/scalar/Emitter.h"
#include "runtime/scalar/Fallback.h"
#include "runtime/scalar/LargeAngle.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <functional>

namespace jit::ir {

/// A vector of `lanes` elements whose kind the C++ type tells apart.
template <int tag> struct Lanes {
  llvm::Value *v = nullptr;
};

class Emitter {
public:
  using F32 = Lanes<0>;
  using F64 = Lanes<1>;
  using I32 = Lanes<2>;
  using I64 = Lanes<3>;
  using M32 = Lanes<4>;
  using M64 = Lanes<5>;

  Emitter(llvm::IRBuilder<> &builder, Isa isa, unsigned lanes) : b(builder), isa(isa), n(lanes) {}

  unsigned lanes() const { return n; }
  llvm::IRBuilder<> &builder() { return b; }

  F32 f32(float c) { return {splat(llvm::ConstantFP::get(b.getFloatTy(), llvm::APFloat(c)))}; }
  F64 f64(double c) { return {splat(llvm::ConstantFP::get(b.getDoubleTy(), llvm::APFloat(c)))}; }
  I32 i32(std::int32_t c) { return {splat(b.getInt32(static_cast<std::uint32_t>(c)))}; }
  I64 i64(std::int64_t c) { return {splat(b.getInt64(static_cast<std::uint64_t>(c)))}; }

  F32 add(F32 x, F32 y) { return {b.CreateFAdd(x.v, y.v)}; }
  F64 add(F64 x, F64 y) { return {b.CreateFAdd(x.v, y.v)}; }
  I32 add(I32 x, I32 y) { return {b.CreateAdd(x.v, y.v)}; }
  I64 add(I64 x, I64 y) { return {b.CreateAdd(x.v, y.v)}; }
  F32 sub(F32 x, F32 y) { return {b.CreateFSub(x.v, y.v)}; }
  F64 sub(F64 x, F64 y) { return {b.CreateFSub(x.v, y.v)}; }
  I32 sub(I32 x, I32 y) { return {b.CreateSub(x.v, y.v)}; }
  I64 sub(I64 x, I64 y) { return {b.CreateSub(x.v, y.v)}; }
  F32 mul(F32 x, F32 y) { return {b.CreateFMul(x.v, y.v)}; }
  F64 mul(F64 x, F64 y) { return {b.CreateFMul(x.v, y.v)}; }
  I32 mul(I32 x, I32 y) { return {b.CreateMul(x.v, y.v)}; }
  I64 mul(I64 x, I64 y) { return {b.CreateMul(x.v, y.v)}; }
  F32 div(F32 x, F32 y) { return {b.CreateFDiv(x.v, y.v)}; }
  F64 div(F64 x, F64 y) { return {b.CreateFDiv(x.v, y.v)}; }
  F32 fma(F32 x, F32 y, F32 z) { return {call(llvm::Intrinsic::fma, {x.v, y.v, z.v})}; }
  F64 fma(F64 x, F64 y, F64 z) { return {call(llvm::Intrinsic::fma, {x.v, y.v, z.v})}; }

  F32 neg(F32 x) { return {b.CreateFNeg(x.v)}; }
  F64 neg(F64 x) { return {b.CreateFNeg(x.v)}; }
  template <class F> F abs(F x) { return {call(llvm::Intrinsic::fabs, {x.v})}; }
  template <class F> F sqrt(F x) { return {call(llvm::Intrinsic::sqrt, {x.v})}; }
  template <class F> F floor(F x) { return {call(llvm::Intrinsic::floor, {x.v})}; }
  template <class F> F trunc(F x) { return {call(llvm::Intrinsic::trunc, {x.v})}; }
  template <class F> F rint(F x) { return {call(llvm::Intrinsic::roundeven, {x.v})}; }

  M32 eq(F32 x, F32 y) { return {b.CreateFCmpOEQ(x.v, y.v)}; }
  M64 eq(F64 x, F64 y) { return {b.CreateFCmpOEQ(x.v, y.v)}; }
  M32 eq(I32 x, I32 y) { return {b.CreateICmpEQ(x.v, y.v)}; }
  M64 eq(I64 x, I64 y) { return {b.CreateICmpEQ(x.v, y.v)}; }
  M32 ne(F32 x, F32 y) { return {b.CreateFCmpUNE(x.v, y.v)}; }
  M64 ne(F64 x, F64 y) { return {b.CreateFCmpUNE(x.v, y.v)}; }
  M32 ne(I32 x, I32 y) { return {b.CreateICmpNE(x.v, y.v)}; }
  M64 ne(I64 x, I64 y) { return {b.CreateICmpNE(x.v, y.v)}; }
  M32 lt(F32 x, F32 y) { return {b.CreateFCmpOLT(x.v, y.v)}; }
  M64 lt(F64 x, F64 y) { return {b.CreateFCmpOLT(x.v, y.v)}; }
  M32 lt(I32 x, I32 y) { return {b.CreateICmpSLT(x.v, y.v)}; }
  M64 lt(I64 x, I64 y) { return {b.CreateICmpSLT(x.v, y.v)}; }
  M32 le(F32 x, F32 y) { return {b.CreateFCmpOLE(x.v, y.v)}; }
  M64 le(F64 x, F64 y) { return {b.CreateFCmpOLE(x.v, y.v)}; }
  M32 le(I32 x, I32 y) { return {b.CreateICmpSLE(x.v, y.v)}; }
  M64 le(I64 x, I64 y) { return {b.CreateICmpSLE(x.v, y.v)}; }

  template <int mask, int value>
  Lanes<value> select(Lanes<mask> m, Lanes<value> x, Lanes<value> y) {
    return {b.CreateSelect(m.v, x.v, y.v)};
  }
  template <class V> V bit_and(V x, V y) { return {b.CreateAnd(x.v, y.v)}; }
  template <class V> V bit_or(V x, V y) { return {b.CreateOr(x.v, y.v)}; }
  template <class V> V bit_xor(V x, V y) { return {b.CreateXor(x.v, y.v)}; }
  template <class M> M bit_not(M x) { return {b.CreateNot(x.v)}; }
  template <class I> I shl(I x, int count) { return {b.CreateShl(x.v, shift(x.v, count))}; }
  template <class I> I lshr(I x, int count) { return {b.CreateLShr(x.v, shift(x.v, count))}; }
  template <class I> I ashr(I x, int count) { return {b.CreateAShr(x.v, shift(x.v, count))}; }
  template <class I> I shl(I x, I counts) { return {b.CreateShl(x.v, counts.v)}; }
  template <class I> I ashr(I x, I counts) { return {b.CreateAShr(x.v, counts.v)}; }
  I64 quotient(I64 x, I64 y) { return {b.CreateSDiv(x.v, y.v)}; }

  I32 to_bits(F32 x) { return {b.CreateBitCast(x.v, type(b.getInt32Ty()))}; }
  I64 to_bits(F64 x) { return {b.CreateBitCast(x.v, type(b.getInt64Ty()))}; }
  F32 from_bits(I32 x) { return {b.CreateBitCast(x.v, type(b.getFloatTy()))}; }
  F64 from_bits(I64 x) { return {b.CreateBitCast(x.v, type(b.getDoubleTy()))}; }

  I32 mulhi(I32 x, I32 y) {
    llvm::Value *wide_x = b.CreateZExt(x.v, type(b.getInt64Ty()));
    llvm::Value *wide_y = b.CreateZExt(y.v, type(b.getInt64Ty()));
    llvm::Value *product = b.CreateMul(wide_x, wide_y);
    return {b.CreateTrunc(b.CreateLShr(product, shift(product, 32)), type(b.getInt32Ty()))};
  }

  F32 ldexp(F32 x, F32 shifted);
  F64 ldexp(F64 x, F64 shifted);
  std::pair<F32, F32> split(F32 x);
  std::pair<F64, F64> split(F64 x);
  template <int mask, int value>
  Lanes<value> rarely(Lanes<mask> m, Lanes<value> x, const auto &outside, auto near) {
    return {unless(m.v, x.v, reinterpret_cast<scalar::OutsideFunction>(outside.run),
                   [&] { return near().v; })};
  }
  F32 lookup(I32 index, const float (&table)[8]);
  F64 lookup(I64 index, const double (&table)[16]);

  F64 to_f64(F32 x) { return {b.CreateFPExt(x.v, type(b.getDoubleTy()))}; }
  F64 to_f64(I32 x) { return {b.CreateSIToFP(x.v, type(b.getDoubleTy()))}; }
  F64 to_f64(I64 x) { return {b.CreateSIToFP(x.v, type(b.getDoubleTy()))}; }
  F32 to_f32(F64 x) { return {b.CreateFPTrunc(x.v, type(b.getFloatTy()))}; }
  F32 to_f32(I32 x) { return {b.CreateSIToFP(x.v, type(b.getFloatTy()))}; }
  F32 to_f32(I64 x) { return {b.CreateSIToFP(x.v, type(b.getFloatTy()))}; }
  I32 to_i32(F32 x) { return {b.CreateFPToSI(x.v, type(b.getInt32Ty()))}; }
  I32 to_i32(F64 x) { return {b.CreateFPToSI(x.v, type(b.getInt32Ty()))}; }
  I32 to_i32(I64 x) { return {b.CreateTrunc(x.v, type(b.getInt32Ty()))}; }
  I64 to_i64(F64 x) { return {b.CreateFPToSI(x.v, type(b.getInt64Ty()))}; }
  I64 to_i64(I32 x) { return {b.CreateSExt(x.v, type(b.getInt64Ty()))}; }
  M64 to_m64(M32 x) { return {x.v}; }
  M32 to_m32(M64 x) { return {x.v}; }

  llvm::Value *splat(llvm::Value *scalar) {
    if (auto *constant = llvm::dyn_cast<llvm::Constant>(scalar))
      return llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(n), constant);
    return b.CreateVectorSplat(n, scalar);
  }
  llvm::Type *type(llvm::Type *element) { return llvm::FixedVectorType::get(element, n); }

  /// scalar::outside_table, as the kernel got it.
  llvm::Value *functions = nullptr;

private:
  llvm::Value *unless(llvm::Value *mask, llvm::Value *x, scalar::OutsideFunction outside,
                      llvm::function_ref<llvm::Value *()> near);

  using Values = llvm::ArrayRef<llvm::Value *>;
  using Part = std::function<llvm::Value *(Values)>;

  llvm::Value *call(llvm::Intrinsic::ID id, Values args) {
    return b.CreateIntrinsic(id, {args[0]->getType()}, args);
  }
  llvm::Constant *shift(llvm::Value *x, int count) {
    return llvm::ConstantInt::get(x->getType(), static_cast<std::uint64_t>(count));
  }
  llvm::Value *by_parts(unsigned width, Values args, const Part &part);
  llvm::Value *gather_table(llvm::Value *index, llvm::Constant *table);

  llvm::IRBuilder<> &b;
  Isa isa;
  unsigned n;
};

} // namespace jit::ir
