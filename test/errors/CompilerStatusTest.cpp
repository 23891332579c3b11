// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// When the compiler library is opened, by whom, and what compiler_status() says meanwhile. One
// story: a process opens its compiler once.
#include "runtime/base/Options.h"
#include "test/errors/Expect.h"

#include <tracejit/compiler.h>

#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace jit {
namespace {

bool is_mapped(const std::string &library) {
  std::ifstream file("/proc/self/maps");
  std::stringstream maps;
  maps << file.rdbuf();
  return maps.str().find(library) != std::string::npos;
}

void run(Traced<std::function<float()>> &traced, int times) {
  for (int i = 0; i < times; ++i)
    EXPECT_EQ(traced(), 12);
}

TEST(CompilerStatus, FromOffToReady) {
  const Tensor x = Tensor::copy_of<float>({1, 2, 3}, {3});
  Options &options = mutable_options();
  options.trial = false;
  Traced<std::function<float()>> twice =
      trace(std::function<float()>([&] { return sum(x * 2).item<float>(); }), {.name = "twice"});
  EXPECT_EQ(compiler_status().state, CompilerState::off);
  EXPECT_EQ(compiler_status().message, "enable_compiler() was not called");

  // A library that looks right and cannot be used is found out by the thread that opens it.
  options.compiler = EMPTY_COMPILER;
  set_mode(Mode::on);
  EXPECT_TRUE(enable_compiler());
  run(twice, 5);
  EXPECT_TRUE(wait_compiled());
  EXPECT_EQ(compiler_status().state, CompilerState::failed);
  EXPECT_NE(compiler_status().message.find("tracejit_create_compiler"), std::string::npos);
  EXPECT_EQ(twice.explain().at(0).state, "watching");

  // In mode off the file is looked at and not opened, however long the program runs.
  options.compiler = STAND_IN;
  set_mode(Mode::off);
  EXPECT_TRUE(enable_compiler());
  EXPECT_TRUE(enable_compiler());
  run(twice, 5);
  EXPECT_TRUE(wait_compiled());
  EXPECT_EQ(compiler_status().state, CompilerState::off);
  EXPECT_FALSE(is_mapped(STAND_IN));

  // A trace to be compiled is what it is for.
  set_mode(Mode::on);
  run(twice, 5);
  EXPECT_TRUE(wait_compiled());
  run(twice, 2);
  EXPECT_EQ(compiler_status().state, CompilerState::ready);
  EXPECT_EQ(compiler_status().message, "");
  EXPECT_TRUE(is_mapped(STAND_IN));
  EXPECT_EQ(twice.explain().at(0).state, "active");
  EXPECT_GT(twice.explain().at(0).hits, 0u);
  EXPECT_TRUE(enable_compiler());

  // The child of a fork makes a compile thread of its own, since this one is idle.
  const auto again = [&] {
    Traced<std::function<float()>> traced =
        trace(std::function<float()>([&] { return sum(x + x).item<float>(); }), {.name = "again"});
    run(traced, 5);
    const bool waited = wait_compiled();
    run(traced, 2);
    return waited && traced.explain().at(0).hits > 0 &&
           compiler_status().state == CompilerState::ready;
  };
  const pid_t child = fork();
  if (child == 0)
    _exit(again() ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

} // namespace
} // namespace jit
