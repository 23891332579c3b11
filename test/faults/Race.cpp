// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two threads run traced functions while a third has their programs removed again and again, and
// they are compiled and swapped in again: `--cycles N` removals. Every result is compared, memory
// must stay flat, no mapping may be writable code, and each thread keeps its rounding mode.
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Visits.h"
#include "test/faults/Compilers.h"
#include "test/faults/Process.h"

#include <tracejit/tracejit.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <iostream>
#include <thread>

namespace jit::faults {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop{false};
std::atomic<std::uint64_t> calls{0}, wrong{0};

struct Random {
  std::uint32_t state;
  std::uint32_t below(std::uint32_t n) noexcept {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % n;
  }
};

/// What the threads call: a branch, an observation in the middle, values that are held or not, and
/// more shapes than an anchor has paths.
struct Body {
  Tensor held;
  Tensor operator()(const Tensor &x, std::uint32_t way) {
    const Tensor y = exp(x * 0.5) - x;
    if (way == 1)
      held = y;
    if (way == 2 && sum(y).item<float>() > 0)
      return tanh(y) + 1;
    return way == 3 ? y(slice(1, x.size())) * 2.0 : y * y + 0.25;
  }
};

constexpr std::uint32_t ways = 4, usual_sizes = 3, sizes = 40;
Tensor input(std::uint32_t size) { return arange(0, 5 + size, 1, DType::f32) * 0.01; }

using Bits = std::vector<float>;
std::vector<Bits> expected; ///< by size and way

void check(const Tensor &got, std::uint32_t size, std::uint32_t way) {
  const Bits &right = expected[size * ways + way];
  const Bits bits = got.to_vector<float>();
  const bool same = bits.size() == right.size() &&
                    std::memcmp(bits.data(), right.data(), bits.size() * sizeof(float)) == 0;
  wrong += !same;
}

void work(std::uint32_t seed, std::uint32_t mxcsr) {
  Random random{seed};
  Body body;
  auto f = trace([&](const Tensor &x, std::uint32_t way) { return body(x, way); }, {"raced"});
  auto g = trace([&](const Tensor &x, std::uint32_t way) { return body(x, way); }, {"other"});
  auto many = trace([&](const Tensor &x) { return body(x, 0); }, {"many shapes"});
  _mm_setcsr(mxcsr);
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint32_t size = random.below(usual_sizes), way = random.below(ways);
    check(random.below(2) ? f(input(size), way) : g(input(size), way), size, way);
    if (way == 1)
      check(body.held * body.held + 0.25, size, 0);
    if (const std::uint32_t any = random.below(sizes); random.below(8) == 0)
      check(many(input(any)), any, 0);
    body.held = Tensor();
    if ((_mm_getcsr() & 0xFFC0) != (mxcsr & 0xFFC0))
      ++wrong;
    calls.fetch_add(1, std::memory_order_relaxed);
  }
  _mm_setcsr(0x1F80);
}

/// A path with a program that has run since the last look, of any trace: in use, or `on_trial` too.
std::pair<Anchor *, std::shared_ptr<Path>> some_program(Random &random, bool on_trial) {
  std::vector<std::pair<Anchor *, std::shared_ptr<Path>>> found;
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors; anchor; anchor = anchor->next) {
      const std::lock_guard guard(anchor->known.lock);
      // As if they were young: anchors and paths rest for longer each time.
      anchor->state.wake();
      for (const std::shared_ptr<Path> &path : anchor->known.paths())
        path->life.pardon();
      for (const std::shared_ptr<Path> &path : anchor->known.paths())
        if (path->hits > 0 &&
            (on_trial ? path->life.now().has_program() : path->life.state() == PathState::active))
          found.emplace_back(anchor, path);
    }
  if (found.empty())
    return {};
  return found[random.below(static_cast<std::uint32_t>(found.size()))];
}

/// Has its program removed, as if checks and the trial after them had found it slower. False: it
/// takes too long.
bool demote(Anchor &anchor, Path &path) {
  path.hits = 0;
  for (int turn = 0; turn < 10'000 && path.life.now().has_program(); ++turn) {
    if (path.life.state() == PathState::active && !path.wants_pairs.exchange(true))
      anchor.probes.fetch_add(1);
    visits::paired(anchor, path, 100, 1000);
  }
  const bool removed = !path.life.now().has_program(); // until it is tried again
  wait_compiled();                                     // for the trie without it
  return removed;
}

long remove_programs(long cycles) {
  Random random{99};
  long done = 0;
  std::int64_t early = 0, latest = 0;
  int writable = 0;
  for (auto seen = Clock::now(); done < cycles;) {
    // With a sanitizer programs may lose every trial.
    const bool none_wins = Clock::now() - seen > std::chrono::milliseconds(50);
    const auto [anchor, path] = some_program(random, none_wins);
    if (!path) {
      if (Clock::now() - seen > std::chrono::seconds(60)) {
        std::cout << "no program has run for a minute\n" << report() << std::endl;
        break;
      }
      wait_compiled();
      std::this_thread::yield();
      continue;
    }
    seen = Clock::now();
    if (random.below(16) == 0) // instead: rests with its programs, which are then taken up again
      for (std::uint64_t i = 0; i < AnchorState::window; ++i) {
        anchor->state.debit(1'000'000);
        anchor->state.pass_ended(1000);
      }
    if (random.below(16) == 0) // instead: all that is known there is made anew
      anchor->forget();
    else if (!demote(*anchor, *path)) {
      std::puts("a program that loses every check is not removed");
      break;
    }
    ++done;
    if (done == cycles / 4 + 1)
      early = resident_bytes();
    if (done % 1000 == 0 || done == cycles) {
      latest = resident_bytes();
      writable += writable_code_mappings();
    }
  }
  std::printf(
      "resident: %.1f MiB after a quarter, %.1f MiB at the end; %d writable code mappings\n",
      static_cast<double>(early) / (1 << 20), static_cast<double>(latest) / (1 << 20), writable);
  constexpr std::int64_t slack = std::int64_t{12} << 20;
  return writable == 0 && stayed_flat(early, latest, slack) ? done : 0;
}

int run(long cycles) {
  plug_in_compiler();
  set_mode(Mode::off);
  for (std::uint32_t size = 0; size < sizes; ++size)
    for (std::uint32_t way = 0; way < ways; ++way)
      expected.push_back(Body()(input(size), way).to_vector<float>());
  set_mode(Mode::on);
  std::thread one(work, 1, 0x9FC0u /* denormals are zero */);
  std::thread two(work, 2, 0x7F80u /* toward zero */);
  const long done = remove_programs(cycles);
  stop = true;
  one.join();
  two.join();
  std::printf("%ld of %ld removals, %d programs, %llu calls, %llu wrong\n", done, cycles,
              programs_made(), static_cast<unsigned long long>(calls.load()),
              static_cast<unsigned long long>(wrong.load()));
  return done == cycles && programs_made() >= cycles / 2 && wrong == 0 ? 0 : 1;
}

} // namespace
} // namespace jit::faults

int main(int argc, char **argv) {
  return jit::faults::run(jit::faults::argument(argc, argv, "cycles", 300));
}
