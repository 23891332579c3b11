// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Code of programs: mapped without a page that is writable and executable, closed to symbols of the
// process, freed on any thread.
#include "compiler/cpu/Engine.h"

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

std::int64_t call(const Code &code, std::int64_t x) {
  return reinterpret_cast<std::int64_t (*)(std::int64_t)>(code.functions[0])(x);
}

TEST(Engine, ProgramsMayUseTheSameNames) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  ASSERT_TRUE(engine) << error;
  auto one = engine->compile(*adder(*engine, 1), {"k"}, error);
  auto two = engine->compile(*adder(*engine, 2), {"k"}, error);
  ASSERT_TRUE(one && two) << error;
  EXPECT_EQ(call(*one, 40), 41);
  EXPECT_EQ(call(*two, 40), 42);
  EXPECT_GT(one->bytes, 0u);
  one.reset();
  EXPECT_EQ(call(*two, 1), 3);
}

TEST(Engine, CodeOutlivesTheEngineAndDiesAnywhere) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  auto code = engine->compile(*adder(*engine, 5), {"k"}, error);
  ASSERT_TRUE(code) << error;
  engine.reset();
  EXPECT_EQ(call(*code, 1), 6);
  std::thread([&] { code.reset(); }).join();
}

TEST(Engine, NoPageIsWritableAndExecutable) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  auto code = engine->compile(*adder(*engine, 1), {"k"}, error);
  ASSERT_TRUE(code) << error;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    EXPECT_EQ(line.find("rwx"), std::string::npos) << line;
}

TEST(Engine, SymbolsOfTheProcessAreOutOfReach) {
  std::string error;
  auto engine = Engine::create(Isa::v3, error);
  EXPECT_FALSE(engine->compile(*adder(*engine, 0, "labs"), {"k"}, error));
  EXPECT_NE(error.find("labs"), std::string::npos) << error;
  auto next = engine->compile(*adder(*engine, 1), {"k"}, error);
  ASSERT_TRUE(next) << error;
  EXPECT_EQ(call(*next, 1), 2);
}

} // namespace
} // namespace jit::cpu
