// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The levels are those of the psABI. The compiler's own builtins need libgcc.
#include "compiler/cpu/CpuLevel.h"

#include <llvm/IR/InlineAsm.h>

namespace jit::cpu {
namespace {

constexpr std::uint32_t bits(std::initializer_list<unsigned> list) {
  std::uint32_t mask = 0;
  for (const unsigned bit : list)
    mask |= std::uint32_t{1} << bit;
  return mask;
}

// Leaf 1, ecx: SSE3, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C.
constexpr std::uint32_t basic = bits({0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29});
// Leaf 0x80000001, ecx: LAHF, LZCNT.
constexpr std::uint32_t extended = bits({0, 5});
// Leaf 7, ebx: BMI1, AVX2, BMI2; AVX-512 F, DQ, CD, BW, VL.
constexpr std::uint32_t structured = bits({3, 5, 8}), wide = bits({16, 17, 28, 30, 31});
// XCR0: what the system saves, SSE and AVX; opmask, upper halves, upper registers.
constexpr std::uint32_t saved_v3 = 0x6, saved_v4 = 0xe6;

class LevelCode {
public:
  LevelCode(EntryParts &parts, llvm::Function *function)
      : parts(parts), function(function), b(&function->getEntryBlock()) {}

  void emit() {
    auto *known =
        new llvm::GlobalVariable(parts.module, parts.i32, false, llvm::GlobalValue::InternalLinkage,
                                 b.getInt32(0), "known_level");
    llvm::LoadInst *before = b.CreateLoad(parts.i32, known);
    before->setAtomic(llvm::AtomicOrdering::Monotonic);
    llvm::BasicBlock *done = block("done"), *first = block("first"), *more = block("more"),
                     *found = block("found");
    b.CreateCondBr(b.CreateICmpNE(before, b.getInt32(0)), done, first);
    b.SetInsertPoint(done);
    b.CreateRet(before);

    b.SetInsertPoint(first);
    llvm::Value *most = cpuid(0, 0);
    llvm::Value *fits = b.CreateAnd(has(cpuid(1, 2), basic), has(cpuid(0x80000001, 2), extended));
    fits = b.CreateAnd(fits, b.CreateICmpUGE(most, b.getInt32(7)));
    b.CreateCondBr(fits, more, found);

    b.SetInsertPoint(more);
    llvm::Value *saved = xgetbv(), *features = cpuid(7, 1);
    llvm::Value *v3 = b.CreateAnd(has(saved, saved_v3), has(features, structured));
    llvm::Value *v4 = b.CreateAnd(has(saved, saved_v4), has(features, wide));
    llvm::Value *level =
        b.CreateSelect(v3, b.CreateSelect(v4, b.getInt32(4), b.getInt32(3)), b.getInt32(1));
    b.CreateBr(found);

    b.SetInsertPoint(found);
    llvm::PHINode *result = b.CreatePHI(parts.i32, 2);
    result->addIncoming(b.getInt32(1), first);
    result->addIncoming(level, more);
    b.CreateStore(result, known)->setAtomic(llvm::AtomicOrdering::Monotonic);
    b.CreateRet(result);
  }

private:
  llvm::BasicBlock *block(const char *name) {
    return llvm::BasicBlock::Create(b.getContext(), name, function);
  }
  llvm::Value *has(llvm::Value *word, std::uint32_t mask) {
    return b.CreateICmpEQ(b.CreateAnd(word, mask), b.getInt32(mask));
  }
  /// Register eax, ebx, ecx or edx of a leaf.
  llvm::Value *cpuid(std::uint32_t leaf, unsigned result) {
    auto *four =
        llvm::StructType::get(b.getContext(), {parts.i32, parts.i32, parts.i32, parts.i32});
    auto *type = llvm::FunctionType::get(four, {parts.i32, parts.i32}, false);
    auto *code = llvm::InlineAsm::get(
        type, "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}", true);
    return b.CreateExtractValue(b.CreateCall(type, code, {b.getInt32(leaf), b.getInt32(0)}),
                                result);
  }
  llvm::Value *xgetbv() {
    auto *two = llvm::StructType::get(b.getContext(), {parts.i32, parts.i32});
    auto *type = llvm::FunctionType::get(two, {parts.i32}, false);
    auto *code =
        llvm::InlineAsm::get(type, "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}", true);
    return b.CreateExtractValue(b.CreateCall(type, code, {b.getInt32(0)}), 0);
  }

  EntryParts &parts;
  llvm::Function *function;
  llvm::IRBuilder<> b;
};

} // namespace

llvm::Function *cpu_level(EntryParts &parts) {
  static constexpr llvm::StringRef name = "level_of_cpu";
  if (llvm::Function *known = parts.module.getFunction(name))
    return known;
  llvm::Function *function = parts.function(parts.i32, {}, name);
  LevelCode(parts, function).emit();
  return function;
}

} // namespace jit::cpu
