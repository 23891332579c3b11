// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fixture with the trial on and a clock of the test's. Costs are set, so every verdict is known.
#pragma once

#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/jit/Segment.h"
#include "runtime/policy/Clock.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

namespace jit::test {

constexpr std::uint64_t usual_op_ns = 100'000, matched_op_ns = 100;
inline std::atomic<std::uint64_t> time_ns{1};
/// What an op takes that runs eagerly.
inline std::atomic<std::uint64_t> eager_op_ns{usual_op_ns};
/// What a program of so many ops takes.
inline std::atomic<std::uint64_t> program_ns[64];

/// Whoever looks at the clock twice has run an op in between, or matched one.
inline std::uint64_t read_clock() noexcept {
  const Activity now = thread_trace.activity;
  const bool runs = now == Activity::recording || now == Activity::following;
  return time_ns += runs ? eager_op_ns.load() : matched_op_ns;
}

class LifeCycle : public testing::Test {
protected:
  void SetUp() override {
    plug_in_interpreter();
    mutable_options().trial = true;
    hooks().on_run = [](std::size_t ops) noexcept { time_ns += program_ns[ops]; };
    eager_op_ns = usual_op_ns;
    for (auto &cost : program_ns)
      cost = 1'000;
    fake_clock = read_clock;
  }
  void TearDown() override {
    wait_compiled();
    fake_clock = nullptr;
    hooks().on_run = nullptr;
    mutable_options().trial = false;
  }

  /// Multiplies `ops` times: a path for each number.
  static Tensor chain(Tensor x, int ops) {
    for (int i = 0; i < ops; ++i)
      x = x * 1.5;
    return x;
  }
  template <class F> static TraceReport path(const Traced<F> &traced, std::uint32_t ops) {
    for (const TraceReport &report : traced.explain())
      if (report.ops == ops)
        return report;
    return {};
  }
  /// Calls it, letting the compile thread keep up.
  template <class F> static void calls(int count, F f) {
    for (int i = 0; i < count; ++i) {
      f(i);
      ASSERT_TRUE(wait_compiled());
    }
  }
  const Tensor x = ones({8});
};

} // namespace jit::test
