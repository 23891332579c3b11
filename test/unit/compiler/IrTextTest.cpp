// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the generated IR looks like: vector types and instructions of the ISA, attributes, nothing
// that could round differently.
#include "compiler/cpu/Backend.h"
#include "compiler/cpu/Lowering.h"
#include "test/unit/compiler/NestBuilder.h"

#include <gtest/gtest.h>
#include <llvm/Support/raw_ostream.h>

namespace jit::cpu::test {
namespace {

using nest::test::NestBuilder;
using F = ScalarFunction;
constexpr DType f32 = DType::f32;

struct Lowered {
  std::unique_ptr<Engine> engine; ///< owns the context, so it goes last
  std::unique_ptr<llvm::Module> module;
  std::string text;
  Lowered(const Nest &nest, Isa isa, Traffic traffic = Traffic::near) {
    std::string error;
    engine = Engine::create(isa, error);
    module = engine->make_module("test");
    const Schedule schedule = choose_schedule(nest, {isa, {}}, {false, 0, traffic});
    EXPECT_EQ(Lowering(nest, schedule, isa, *module).run(), "");
    llvm::raw_string_ostream(text) << *module;
  }
  bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
};

Nest sigmoid_of(std::int64_t n) {
  NestBuilder k;
  k.parallel(n);
  k.store(k.element(F::sigmoid, f32, {k.load(f32, 0, {1})}), 1, {1});
  return k.nest;
}

TEST(IrText, VectorsOfTheIsa) {
  Lowered v4(sigmoid_of(1024), Isa::v4), v3(sigmoid_of(1024), Isa::v3);
  EXPECT_TRUE(v4.has("load <16 x float>"));
  EXPECT_TRUE(v4.has("llvm.x86.avx512.mask.scalef.ps.512"));
  EXPECT_TRUE(v3.has("load <32 x float>")); // four chains side by side, since they are long
  EXPECT_FALSE(v3.has("avx512"));
  EXPECT_TRUE(v4.has("call <16 x float> @llvm.fma.v16f32"));
}

TEST(IrText, AttributesOfEveryFunction) {
  for (Isa isa : {Isa::v3, Isa::v4}) {
    Lowered lowered(sigmoid_of(1024), isa);
    EXPECT_TRUE(lowered.has("alignstack=64"));
    EXPECT_TRUE(lowered.has("\"stackrealign\""));
    EXPECT_TRUE(lowered.has(isa == Isa::v4 ? "\"target-cpu\"=\"x86-64-v4\""
                                           : "\"target-cpu\"=\"x86-64-v3\""));
  }
}

TEST(IrText, TailsAreMasked) {
  EXPECT_FALSE(Lowered(sigmoid_of(1024), Isa::v4).has("llvm.masked"));
  EXPECT_TRUE(Lowered(sigmoid_of(1025), Isa::v4).has("llvm.masked.store"));
}

TEST(IrText, StoresPastTheCaches) {
  Lowered streamed(sigmoid_of(1024), Isa::v4, Traffic::stream);
  EXPECT_TRUE(streamed.has("!nontemporal"));
  EXPECT_TRUE(streamed.has("llvm.x86.sse.sfence"));
  Lowered updated(sigmoid_of(1024), Isa::v4, Traffic::update);
  EXPECT_FALSE(updated.has("!nontemporal"));
  EXPECT_TRUE(updated.has("llvm.prefetch"));
  Lowered near(sigmoid_of(1024), Isa::v4);
  EXPECT_FALSE(near.has("!nontemporal"));
  EXPECT_FALSE(near.has("llvm.prefetch"));
}

/// Rows of the sum of `count` arrays, summed.
Nest sums_of(unsigned count) {
  NestBuilder k;
  k.parallel(16).row(1024);
  unsigned sum = k.load(f32, 0, {1024, 1});
  for (unsigned buffer = 1; buffer < count; ++buffer)
    sum = k.element(F::add, f32, {sum, k.load(f32, buffer, {1024, 1})});
  k.store(k.reduce(ReduceKind::sum, f32, sum), count, {1, 0});
  return k.nest;
}

std::size_t instructions(const Lowered &lowered) {
  return lowered.module->getFunction("k")->getInstructionCount();
}

TEST(IrText, ManyBuffersAreUnrolledLess) {
  const std::size_t few = instructions(Lowered(sums_of(5), Isa::v3));
  const std::size_t many = instructions(Lowered(sums_of(23), Isa::v3));
  EXPECT_LT(many, few * 23 / 5 * 2 / 3);
}

/// Loads widen, every sum is cut to its dtype, stores narrow.
TEST(IrText, NarrowIntegersLieInWiderLanes) {
  const auto chain = [](DType dtype) {
    NestBuilder k;
    k.parallel(1024);
    const unsigned x = k.load(dtype, 0, {1}), sum = k.element(F::add, dtype, {x, x});
    k.store(k.element(F::minimum, dtype, {sum, x}), 1, {1});
    return Lowered(k.nest, Isa::v3);
  };
  const Lowered i16 = chain(DType::i16), u16 = chain(DType::u16), u32 = chain(DType::u32);
  EXPECT_TRUE(i16.has("load <8 x i16>") && i16.has("sext <8 x i16>") && i16.has("ashr <8 x i32>"));
  EXPECT_TRUE(i16.has("trunc <8 x i32>") && i16.has("store <8 x i16>"));
  EXPECT_TRUE(u16.has("zext <8 x i16>") && u16.has("and <8 x i32>") && !u16.has("ashr"));
  EXPECT_TRUE(u32.has("zext <4 x i32>") && u32.has("and <4 x i64>") && u32.has("store <4 x i32>"));
}

TEST(IrText, CallsNothing) {
  Lowered lowered(sigmoid_of(1000), Isa::v3);
  for (const llvm::Function &function : *lowered.module)
    EXPECT_TRUE(!function.isDeclaration() || function.isIntrinsic()) << function.getName().str();
}

TEST(IrText, RulesAreKeptAndChecked) {
  for (Isa isa : {Isa::v3, Isa::v4}) {
    Lowered lowered(sigmoid_of(1000), isa);
    EXPECT_EQ(check_module(*lowered.module), "");
    bool spoiled = false;
    for (llvm::BasicBlock &block : *lowered.module->getFunction("k"))
      for (llvm::Instruction &i : block)
        if (i.getOpcode() == llvm::Instruction::FMul && !spoiled) {
          i.setHasAllowContract(true);
          spoiled = true;
        }
    ASSERT_TRUE(spoiled);
    EXPECT_NE(check_module(*lowered.module), "");
  }
}

} // namespace
} // namespace jit::cpu::test
