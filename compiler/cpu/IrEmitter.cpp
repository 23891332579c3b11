// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The primitives that AVX-512 and AVX2 have as instructions of one width.
#include "compiler/cpu/IrEmitter.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace jit::ir {
namespace {

llvm::SmallVector<int, 16> consecutive(unsigned first, unsigned count, unsigned width) {
  llvm::SmallVector<int, 16> mask(width, -1);
  for (unsigned i = 0; i < count; ++i)
    mask[i] = static_cast<int>(first + i);
  return mask;
}

template <class T>
llvm::Constant *part_of_table(llvm::LLVMContext &ctx, const T *first, unsigned n) {
  return llvm::ConstantDataVector::get(ctx, llvm::ArrayRef<T>(first, n));
}

} // namespace

/// Applies an instruction of `width` lanes to vectors of any number of lanes.
llvm::Value *Emitter::by_parts(unsigned width, Values args, const Part &part) {
  if (n == width)
    return part(args);
  llvm::SmallVector<llvm::Value *, 4> results;
  for (unsigned first = 0; first < n; first += width) {
    llvm::SmallVector<llvm::Value *, 4> pieces;
    for (llvm::Value *arg : args)
      pieces.push_back(b.CreateShuffleVector(arg, consecutive(first, std::min(n, width), width)));
    results.push_back(part(pieces));
  }
  if (n < width)
    return b.CreateShuffleVector(results[0], consecutive(0, n, n));
  llvm::Value *whole = results[0];
  for (unsigned i = 1; i < results.size(); ++i) {
    unsigned have = width * i;
    llvm::Value *next = results[i];
    if (have != width)
      next = b.CreateShuffleVector(next, consecutive(0, width, have));
    auto mask = consecutive(0, have + width, have + width);
    whole = b.CreateShuffleVector(whole, next, mask);
  }
  return whole;
}

Emitter::F32 Emitter::ldexp(F32 x, F32 shifted) {
  if (isa == Isa::v3)
    return scalar::ldexp_by_halves(*this, x, shifted);
  F32 exponent = sub(shifted, f32(scalar::Format<Emitter, F32>::ldexp_shift));
  return {by_parts(16, {x.v, exponent.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(
        p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_scalef_ps_512,
        {p[0], p[1], llvm::PoisonValue::get(p[0]->getType()), b.getInt16(0xffff), b.getInt32(4)});
  })};
}

Emitter::F64 Emitter::ldexp(F64 x, F64 shifted) {
  if (isa == Isa::v3)
    return scalar::ldexp_by_halves(*this, x, shifted);
  F64 exponent = sub(shifted, f64(scalar::Format<Emitter, F64>::ldexp_shift));
  return {by_parts(8, {x.v, exponent.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(
        p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_scalef_pd_512,
        {p[0], p[1], llvm::PoisonValue::get(p[0]->getType()), b.getInt8(0xff), b.getInt32(4)});
  })};
}

// Mantissa in [3/4, 3/2), NaN for negative numbers; the exponent that getexp gives belongs to
// [1, 2) and is one too small where the mantissa came out below 1.
constexpr unsigned getmant_mode = 2 << 2 | 3;

std::pair<Emitter::F32, Emitter::F32> Emitter::split(F32 x) {
  if (isa == Isa::v3)
    return scalar::split_by_bits(*this, x);
  F32 mantissa{by_parts(16, {x.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_getmant_ps_512,
                             {p[0], b.getInt32(getmant_mode),
                              llvm::PoisonValue::get(p[0]->getType()), b.getInt16(0xffff),
                              b.getInt32(4)});
  })};
  F32 exponent{by_parts(16, {x.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(
        p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_getexp_ps_512,
        {p[0], llvm::PoisonValue::get(p[0]->getType()), b.getInt16(0xffff), b.getInt32(4)});
  })};
  M32 low = lt(mantissa, f32(1));
  F32 next = add(exponent, f32(1));
  return {mantissa, select(low, next, exponent)};
}

std::pair<Emitter::F64, Emitter::F64> Emitter::split(F64 x) {
  if (isa == Isa::v3)
    return scalar::split_by_bits(*this, x);
  F64 mantissa{by_parts(8, {x.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_getmant_pd_512,
                             {p[0], b.getInt32(getmant_mode),
                              llvm::PoisonValue::get(p[0]->getType()), b.getInt8(0xff),
                              b.getInt32(4)});
  })};
  F64 exponent{by_parts(8, {x.v}, [&](Values p) -> llvm::Value * {
    return b.CreateIntrinsic(
        p[0]->getType(), llvm::Intrinsic::x86_avx512_mask_getexp_pd_512,
        {p[0], llvm::PoisonValue::get(p[0]->getType()), b.getInt8(0xff), b.getInt32(4)});
  })};
  M64 low = lt(mantissa, f64(1));
  F64 next = add(exponent, f64(1));
  return {mantissa, select(low, next, exponent)};
}

Emitter::F32 Emitter::lookup(I32 index, const float (&table)[8]) {
  llvm::LLVMContext &ctx = b.getContext();
  if (isa == Isa::v4 && n > 8) // the permutation looks at four bits, of which one is 0
    return {by_parts(16, {index.v}, [&](Values p) -> llvm::Value * {
      llvm::SmallVector<float, 16> twice(table, table + 8);
      twice.append(table, table + 8);
      llvm::Constant *all = part_of_table(ctx, twice.data(), 16);
      return b.CreateIntrinsic(all->getType(), llvm::Intrinsic::x86_avx512_permvar_sf_512,
                               {all, p[0]});
    })};
  return {by_parts(8, {index.v}, [&](Values p) -> llvm::Value * {
    llvm::Constant *all = part_of_table(ctx, table, 8);
    return b.CreateIntrinsic(all->getType(), llvm::Intrinsic::x86_avx2_permps, {all, p[0]});
  })};
}

Emitter::F64 Emitter::lookup(I64 index, const double (&table)[16]) {
  llvm::LLVMContext &ctx = b.getContext();
  if (isa == Isa::v4)
    return {by_parts(8, {index.v}, [&](Values p) -> llvm::Value * {
      llvm::Constant *low = part_of_table(ctx, table, 8), *high = part_of_table(ctx, table + 8, 8);
      return b.CreateIntrinsic(low->getType(), llvm::Intrinsic::x86_avx512_vpermi2var_pd_512,
                               {low, p[0], high});
    })};
  return {by_parts(4, {index.v}, [&](Values p) -> llvm::Value * {
    return gather_table(p[0], llvm::ConstantDataArray::get(ctx, llvm::ArrayRef<double>(table)));
  })};
}

/// AVX2 has no permute of 64-bit lanes by a variable: the table goes to memory.
llvm::Value *Emitter::gather_table(llvm::Value *index, llvm::Constant *table) {
  llvm::Module &module = *b.GetInsertBlock()->getModule();
  auto *global = new llvm::GlobalVariable(module, table->getType(), true,
                                          llvm::GlobalValue::PrivateLinkage, table, "table");
  auto *element = llvm::cast<llvm::ArrayType>(table->getType())->getElementType();
  auto *result = llvm::FixedVectorType::get(
      element, llvm::cast<llvm::FixedVectorType>(index->getType())->getNumElements());
  llvm::Value *pointers = b.CreateGEP(element, global, index);
  return b.CreateMaskedGather(result, pointers, llvm::Align(8));
}

/// The function is found in the table that kernels are given, since their code may run in any
/// process.
llvm::Value *Emitter::unless(llvm::Value *mask, llvm::Value *x, scalar::OutsideFunction outside,
                             llvm::function_ref<llvm::Value *()> near) {
  llvm::LLVMContext &ctx = b.getContext();
  llvm::Function *function = b.GetInsertBlock()->getParent();
  llvm::BasicBlock &entry = function->getEntryBlock();
  llvm::IRBuilder<> top(&entry, entry.begin());
  llvm::Value *elements = top.CreateAlloca(x->getType());

  auto *usual = llvm::BasicBlock::Create(ctx, "usual", function);
  auto *rare = llvm::BasicBlock::Create(ctx, "rare", function);
  auto *after = llvm::BasicBlock::Create(ctx, "joined", function);
  b.CreateCondBr(b.CreateOrReduce(mask), rare, usual,
                 llvm::MDBuilder(ctx).createUnlikelyBranchWeights());
  b.SetInsertPoint(rare);
  b.CreateStore(x, elements);
  auto *type =
      llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getPtrTy(), b.getInt64Ty()}, false);
  const auto number = static_cast<std::uint64_t>(std::ranges::find(scalar::outside_table, outside) -
                                                 std::ranges::begin(scalar::outside_table));
  llvm::Value *address =
      b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getPtrTy(), functions, number));
  b.CreateCall(type, address, {elements, elements, b.getInt64(n)})->setDoesNotThrow();
  llvm::Value *outside_result = b.CreateLoad(x->getType(), elements);
  b.CreateBr(after);

  b.SetInsertPoint(usual);
  llvm::Value *usual_result = near();
  llvm::BasicBlock *usual_end = b.GetInsertBlock();
  b.CreateBr(after);
  b.SetInsertPoint(after);
  llvm::PHINode *result = b.CreatePHI(x->getType(), 2);
  result->addIncoming(usual_result, usual_end);
  result->addIncoming(outside_result, rare);
  return result;
}

} // namespace jit::ir
