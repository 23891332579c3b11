// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A machine with as many CPUs as a test wants, so that a small one shares jobs too.
#pragma once

#include "runtime/kernels/ThreadCount.h"

#include <atomic>

namespace jit::test {

/// For its scope. No control group limits them.
class FakeCpus {
public:
  explicit FakeCpus(int n) { become(n); }
  ~FakeCpus() {
    set_cpu_source(nullptr);
    thread_count();
  }
  FakeCpus(const FakeCpus &) = delete;

  /// Seen by the next job, as if a second had passed.
  void become(int n) {
    count = n;
    set_cpu_source(&source);
  }
  static int looks() { return looked; }

private:
  static int read() noexcept {
    ++looked;
    return count;
  }
  static inline std::atomic<int> count{1}, looked{0};
  static constexpr CpuSource source{read, "/no-such-folder"};
};

} // namespace jit::test
