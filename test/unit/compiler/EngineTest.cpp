// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Code of programs: mapped without a page that is writable and executable, closed to symbols of the
// process, freed on any thread.
#include "compiler/cpu/Engine.h"
#include "runtime/program/CodeMapping.h"

#include <gtest/gtest.h>
#include <llvm/IR/IRBuilder.h>

#include <fstream>
#include <thread>

namespace jit::cpu {
namespace {

/// int64_t k(int64_t x) { return x + added; }, or a call of `callee`.
std::unique_ptr<llvm::Module> adder(Engine &engine, std::uint64_t added, const char *callee = "") {
  auto module = engine.make_module("adder");
  llvm::IRBuilder<> b(module->getContext());
  auto *type = llvm::FunctionType::get(b.getInt64Ty(), {b.getInt64Ty()}, false);
  auto *function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "k", *module);
  b.SetInsertPoint(llvm::BasicBlock::Create(module->getContext(), "entry", function));
  if (*callee)
    b.CreateRet(b.CreateCall(module->getOrInsertFunction(callee, type), {function->getArg(0)}));
  else
    b.CreateRet(b.CreateAdd(function->getArg(0), b.getInt64(added)));
  return module;
}

/// The module's function "k", mapped; null and a message in `error` on failure.
std::shared_ptr<const CodeMapping> compile(Engine &engine, std::unique_ptr<llvm::Module> module,
                                           std::string &error) {
  std::vector<KernelBlob> blobs;
  error = engine.compile(*module, {{"k"}}, blobs);
  return error.empty() ? CodeMapping::create(blobs, error) : nullptr;
}

std::int64_t call(const CodeMapping &code, std::int64_t x) {
  return reinterpret_cast<std::int64_t (*)(std::int64_t)>(code.function(0, 0))(x);
}

TEST(Engine, ModulesMayUseTheSameNames) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  ASSERT_TRUE(engine) << error;
  auto one = compile(*engine, adder(*engine, 1), error);
  auto two = compile(*engine, adder(*engine, 2), error);
  ASSERT_TRUE(one && two) << error;
  EXPECT_EQ(call(*one, 40), 41);
  EXPECT_EQ(call(*two, 40), 42);
  one.reset();
  EXPECT_EQ(call(*two, 1), 3);
}

TEST(Engine, CodeOutlivesTheEngineAndDiesAnywhere) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  auto code = compile(*engine, adder(*engine, 5), error);
  ASSERT_TRUE(code) << error;
  engine.reset();
  EXPECT_EQ(call(*code, 1), 6);
  std::thread([&] { code.reset(); }).join();
}

TEST(Engine, NoPageIsWritableAndExecutable) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  auto code = compile(*engine, adder(*engine, 1), error);
  ASSERT_TRUE(code) << error;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    EXPECT_EQ(line.find("rwx"), std::string::npos) << line;
}

TEST(Engine, SymbolsOfTheProcessAreOutOfReach) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  EXPECT_FALSE(compile(*engine, adder(*engine, 0, "labs"), error));
  EXPECT_NE(error.find("labs"), std::string::npos) << error;
  auto next = compile(*engine, adder(*engine, 1), error);
  ASSERT_TRUE(next) << error;
  EXPECT_EQ(call(*next, 1), 2);
}

/// double name(double x) { return x * a + b; }: two constants of 8 bytes.
void add_line(llvm::Module &module, const char *name, double a, double b) {
  llvm::IRBuilder<> builder(module.getContext());
  llvm::Type *f64 = builder.getDoubleTy();
  auto *function = llvm::Function::Create(llvm::FunctionType::get(f64, {f64}, false),
                                          llvm::Function::ExternalLinkage, name, module);
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function));
  builder.CreateRet(
      builder.CreateFAdd(builder.CreateFMul(function->getArg(0), llvm::ConstantFP::get(f64, a)),
                         llvm::ConstantFP::get(f64, b)));
}

TEST(Engine, BlobsBringTheirOwnConstantsAndRunAnywhere) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  auto module = engine->make_module("lines");
  add_line(*module, "one", 3, 0.25);
  add_line(*module, "two", 5, 0.25); // a constant that both have
  add_line(*module, "three", 7, 0.5);
  std::vector<KernelBlob> blobs;
  ASSERT_EQ(engine->compile(*module, {{"one"}, {"two", "three"}}, blobs), "");
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[0].entries.size(), 1u);
  EXPECT_EQ(blobs[1].entries.size(), 2u);
  std::swap(blobs[0], blobs[1]);
  blobs.insert(blobs.begin() + 1, KernelBlob{std::vector<std::byte>(4097), {}});
  const auto code = CodeMapping::create(blobs, error);
  ASSERT_TRUE(code) << error;
  const auto value = [&](std::size_t blob, std::size_t entry) {
    return reinterpret_cast<double (*)(double)>(code->function(blob, entry))(2);
  };
  EXPECT_EQ(value(2, 0), 6.25);
  EXPECT_EQ(value(0, 0), 10.25);
  EXPECT_EQ(value(0, 1), 14.5);
}

} // namespace
} // namespace jit::cpu
