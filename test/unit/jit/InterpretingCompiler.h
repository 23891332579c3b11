// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiler for tests of sessions: its programs run the ops of a graph by the eager kernels, in a
// block for each value, and count their runs. Tries, flushes and live sets are tested without LLVM.
#pragma once

#include "runtime/jit/Compiler.h"

#include <tracejit/tensor.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace jit::test {

struct InterpreterHooks {
  std::atomic<int> asked{0};    ///< programs asked for
  std::atomic<int> compiled{0}; ///< programs made
  std::atomic<int> ran{0};      ///< runs of programs
  std::atomic<bool> refuse{false};
  std::atomic<int> delay_ms{0};   ///< of every compilation
  std::atomic<bool> wrong{false}; ///< programs flip a bit of every output: what check mode must see
  /// Called by every run of a program with the number of its ops; null: nothing is called.
  std::atomic<void (*)(std::size_t ops) noexcept> on_run{nullptr};
  std::atomic<bool> donate{
      false}; ///< outputs may take over inputs of the same type that die in the graph
};
InterpreterHooks &hooks();

std::unique_ptr<Compiler> make_interpreter();

/// Plugs the compiler into the process, once. Each test begins with it: then its hooks are as
/// above, the mode is on, and there is no trial, no budget and no forced flush.
void plug_in_interpreter();

/// Whether the value waits in a session.
bool is_pending(const Tensor &tensor);

} // namespace jit::test
