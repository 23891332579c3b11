// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The clocks that decisions are made by. Nothing else in runtime/policy reads the time.
#pragma once

#include <atomic>
#include <cstdint>

namespace jit {

/// Stands in for every clock, in ns; for tests. Null: the machine's.
using FakeClock = std::uint64_t (*)() noexcept;
inline std::atomic<FakeClock> fake_clock{nullptr};

/// Time stamp counter: cheap, and runs on while the thread is preempted.
inline std::uint64_t cycles() noexcept {
  if (const FakeClock fake = fake_clock.load(std::memory_order_relaxed)) [[unlikely]]
    return fake();
  return __builtin_ia32_rdtsc();
}

/// Time that this thread has had a processor, in ns. Some twenty times as dear as `cycles`.
std::uint64_t thread_cpu_ns() noexcept;
/// Monotonic time, in ns.
std::uint64_t now_ns() noexcept;
/// What `count` cycles take, in ns, by the two clocks since the process began.
std::uint64_t ns_of_cycles(std::uint64_t count) noexcept;

/// What reading `cycles` twice takes, in cycles: no part of a stretch between two readings.
std::uint64_t cycles_of_reading() noexcept;

/// Which clock a stretch is timed by. Preemption adds gaps of milliseconds, which the processor
/// clock leaves out; it costs too much for stretches shorter than `worth_cpu_clock_ns`.
enum class Timed : std::uint8_t { no, by_cycles, by_cpu };
inline constexpr std::uint64_t worth_cpu_clock_ns = 20'000;

/// Adds up stretches of one run, each by its clock.
class Stopwatch {
public:
  static std::uint64_t read(Timed by) noexcept {
    return by == Timed::by_cpu ? thread_cpu_ns() : cycles();
  }
  void reset() noexcept { counted = cpu = 0; }
  void add(Timed by, std::uint64_t begin) noexcept {
    if (by == Timed::by_cpu)
      cpu += thread_cpu_ns() - begin;
    else
      count(cycles() - begin);
  }
  std::uint64_t ns() const noexcept { return cpu + ns_of_cycles(counted); }

private:
  void count(std::uint64_t stretch) noexcept {
    const std::uint64_t reading = cycles_of_reading();
    counted += stretch > reading ? stretch - reading : 0;
  }
  std::uint64_t counted = 0, cpu = 0;
};

} // namespace jit
