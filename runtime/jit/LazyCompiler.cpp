// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/LazyCompiler.h"

#include "runtime/base/Log.h"
#include "runtime/jit/LoadCompiler.h"

#include <utility>

namespace jit {

static constexpr const char *opened_at_need =
    "the compiler is opened when a trace is to be compiled";

void LazyCompiler::fail(std::string why) {
  const std::lock_guard guard(lock);
  state.store(CompilerState::failed, std::memory_order_release);
  if (std::exchange(message, why) != why)
    log_line(LogComponent::runtime, LogLevel::error,
             "the compiler is missing, everything runs eagerly: " + why);
}

LazyCompiler::Asked LazyCompiler::ask_for(bool soon) {
  const auto known = [this] { return is_open() || state.load() == CompilerState::opening; };
  if (known())
    return Asked::before;
  std::string why;
  if (!compiler_fits(why)) {
    fail(std::move(why));
    return Asked::refused;
  }
  const std::lock_guard guard(lock);
  if (known())
    return Asked::before;
  state.store(soon ? CompilerState::opening : CompilerState::off, std::memory_order_release);
  message = soon ? "the compiler is being opened" : opened_at_need;
  return Asked::now;
}

void LazyCompiler::put_off() noexcept {
  const std::lock_guard guard(lock);
  if (is_open())
    return;
  state.store(CompilerState::off, std::memory_order_release);
  message = opened_at_need;
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

CompilerStatus LazyCompiler::status() const {
  const std::lock_guard guard(lock);
  return {state.load(std::memory_order_relaxed), message};
}

} // namespace jit
