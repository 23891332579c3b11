// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/LazyCompiler.h"

#include "runtime/base/Log.h"
#include "runtime/jit/LoadCompiler.h"

#include <utility>

namespace jit {

bool LazyCompiler::fail(std::string why) {
  const std::lock_guard guard(lock);
  state.store(CompilerState::failed, std::memory_order_release);
  if (std::exchange(message, why) != why)
    log_line(LogComponent::runtime, LogLevel::error,
             "the compiler is missing, everything runs eagerly: " + why);
  return false;
}

bool LazyCompiler::ask_for(bool now) {
  if (is_open())
    return true;
  std::string why;
  if (!compiler_fits(why))
    return fail(std::move(why));
  const std::lock_guard guard(lock);
  if (is_open())
    return true;
  state.store(now ? CompilerState::opening : CompilerState::off, std::memory_order_release);
  message = now ? "the compiler is being opened"
                : "the compiler is opened when a trace is to be compiled";
  return true;
}

void LazyCompiler::plug(std::unique_ptr<Compiler> open) noexcept {
  const std::lock_guard guard(lock);
  compiler = std::move(open);
  message.clear();
  state.store(CompilerState::ready, std::memory_order_release);
}

Compiler *LazyCompiler::get() {
  if (compiler)
    return compiler.get();
  std::string why;
  std::unique_ptr<Compiler> opened = load_compiler(why);
  if (opened)
    plug(std::move(opened));
  else
    fail(std::move(why));
  return compiler.get();
}

void LazyCompiler::give_up(std::string why) {
  const std::lock_guard guard(lock);
  state.store(CompilerState::off, std::memory_order_release);
  message = std::move(why);
}

CompilerStatus LazyCompiler::status() const {
  const std::lock_guard guard(lock);
  return {state.load(std::memory_order_relaxed), message};
}

} // namespace jit
