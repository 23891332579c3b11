// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads, memory, fork and late values around compiled sessions: the programs that the page on
// pending values lists as must be right.
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Visits.h"
#include "runtime/tensor/Arena.h"
#include "test/unit/jit/CompiledTest.h"
#include "test/unit/jit/ForkedChild.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace jit::test {
namespace {

using HardPrograms = CompiledTest;

class Channel {
public:
  void push(Tensor tensor) {
    const std::lock_guard guard(lock);
    items.push_back(std::move(tensor));
    news.notify_one();
  }
  Tensor pop() {
    std::unique_lock guard(lock);
    news.wait(guard, [this] { return !items.empty(); });
    Tensor tensor = std::move(items.front());
    items.pop_front();
    return tensor;
  }

private:
  std::mutex lock;
  std::condition_variable news;
  std::deque<Tensor> items;
};

TEST_F(HardPrograms, HandOverWhilePending) {
  Channel there, back;
  std::thread reader([&] {
    for (int i = 0; i < 8; ++i) {
      const Tensor t = there.pop();
      back.push(Tensor::copy_of(t.to_vector<float>(), {t.size()}));
    }
  });
  auto f = trace(
      [&](const Tensor &x, bool hand_over) {
        const Tensor t = exp(x);
        if (hand_over)
          there.push(t);
        const Tensor y = t * 2.0;
        return hand_over ? std::pair(back.pop(), y) : std::pair(t, y);
      },
      {"pending hand-over"});
  repeat(4, [&](int) { f(ramp(18), false); });
  EXPECT_EQ(hits(f), 2u);
  const Tensor first = plainly([] { return exp(ramp(18)); });
  repeat(8, [&](int) {
    const auto [read, y] = f(ramp(18), true);
    EXPECT_TRUE(same_bits(first, read));
    EXPECT_TRUE(same_bits(plainly([&] { return first * 2.0; }), y));
  });
  reader.join();
}

/// The path of a trace's first anchor that has a program.
std::pair<Anchor *, std::shared_ptr<Path>> active_path(const std::string &name) {
  for (const Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(); trace->name == name && anchor;
         anchor = anchor->next)
      for (const std::shared_ptr<Path> &path : anchor->known.paths())
        if (path->life.state() == PathState::active)
          return {anchor, path};
  return {};
}

TEST_F(HardPrograms, DemotionWhileTwoThreadsEnterTheTrace) {
  auto f = trace([](const Tensor &x) { return exp(x) - x * 0.5; }, {"demotion"});
  const Tensor expected = plainly([] { return exp(ramp(50)) - ramp(50) * 0.5; });
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  repeat(3, [&](int) { f(ramp(50)); });
  EXPECT_EQ(hits(f), 1u);
  auto [anchor, path] = active_path("demotion");
  ASSERT_TRUE(path);
  std::thread threads[2];
  for (std::thread &thread : threads)
    thread = std::thread([&] {
      const Tensor x = ramp(50);
      while (!stop)
        wrong += f(x).to_vector<float>()[49] != expected.to_vector<float>()[49];
    });
  while (path->hits.load() < 50)
    std::this_thread::yield();
  // As if checks, and the trial after them, had found eager faster.
  for (int i = 0; i < 1000 && path->life.now().has_program(); ++i) {
    if (path->life.state() == PathState::active && !path->wants_pairs.exchange(true))
      anchor->probes.fetch_add(1);
    visits::paired(*anchor, *path, 100, 1000);
  }
  EXPECT_EQ(path->life.state(), PathState::rejected);
  ASSERT_TRUE(wait_compiled()); // for the trie without it
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(HardPrograms, ArangeOfANewCount) {
  const auto body = [](std::int64_t n) { return arange(0, n) * 2 + 1; };
  auto f = trace(body, {"arange count"});
  for (const std::int64_t n : {5, 5, 5, 6, 5, 6, 6, 6, 0, 0, 0, 1}) {
    EXPECT_TRUE(same_bits(plainly([&] { return body(n); }), f(n))) << n;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(f), 4u);
}

TEST_F(HardPrograms, TwoTakesWithOneIndexAndOtherExtents) {
  const Tensor wide = ramp(10), narrow = ramp(5, 2);
  const auto body = [&](const Tensor &index) { return take(wide, index) + take(narrow, index); };
  auto f = trace(body, {"two takes"});
  const auto index = [](std::int64_t a, std::int64_t b) { return Tensor::copy_of({a, b}, {2}); };
  repeat(5, [&](int i) {
    const Tensor places = index(i, 4 - i);
    EXPECT_TRUE(same_bits(plainly([&] { return body(places); }), f(places)));
  });
  EXPECT_EQ(hits(f), 3u);
  // In range for the first, not for the second; the index has been seen to be good for ten.
  const Tensor far = index(7, 1);
  take(wide, far);
  EXPECT_THROW(f(far), Error);
  EXPECT_THROW(f(index(-6, 1)), Error);
  EXPECT_TRUE(same_bits(plainly([&] { return body(index(0, 4)); }), f(index(0, 4))));
}

TEST_F(HardPrograms, OutOfMemoryInTheMiddleLeavesVariablesUnharmed) {
  Variable w(ramp(300)), m(ramp(300, 0.01f));
  auto step = trace(
      [&](const Tensor &g, double rate) {
        m = m.value() * 0.9 + g;
        w -= m.value() * rate;
        return sum(square(w));
      },
      {"out of memory"});
  const auto expected = [](Tensor w, Tensor m, const Tensor &g, double rate) {
    return plainly([&] {
      m = m * 0.9 + g;
      w = w - m * rate;
      return std::pair(w, m);
    });
  };
  repeat(4, [&](int) { step(ramp(300), 0.1); });
  EXPECT_EQ(hits(step), 2u);
  int failures = 0;
  // The program's blocks cannot be had: the ops run one by one. Interrupted, they run one by one in
  // the first place; then the failure shows, and Variables get their old values back.
  for (std::uint64_t n = 1; n <= 56; ++n) {
    mutable_options().flush_every = static_cast<int>(n / 8);
    const Tensor w_before = w.value(), m_before = m.value();
    const Tensor g = ramp(300);
    const auto [w_after, m_after] = expected(w_before, m_before, g, 0.1);
    arena::set_allocation_failure(n % 8 + 1);
    bool failed = false;
    try {
      step(g, 0.1).to_vector<float>();
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      failed = true;
    }
    arena::set_allocation_failure(0);
    failures += failed;
    // Each Variable is as before the step or as after an assignment, never in between.
    EXPECT_TRUE(same_bits(m_before, m.value()) || same_bits(m_after, m.value())) << n;
    EXPECT_TRUE(same_bits(w_before, w.value()) || same_bits(w_after, w.value())) << n;
    if (!failed) {
      EXPECT_TRUE(same_bits(w_after, w.value())) << n;
    }
  }
  mutable_options().flush_every = 0;
  EXPECT_GE(failures, 1);
  // Half the batch, and on.
  const auto [w_after, m_after] = expected(w.value(), m.value(), ramp(300, 0.5f), 0.2);
  step(ramp(300, 0.5f), 0.2);
  EXPECT_TRUE(same_bits(w_after, w.value()));
  EXPECT_TRUE(same_bits(m_after, m.value()));
}

TEST_F(HardPrograms, AFailedFlushDoesNotUndoALaterAssignment) {
  const Tensor ready = ramp(300, 2.0f);
  Variable w(ready);
  auto step = trace(
      [&](const Tensor &x) {
        Tensor y = exp(x);
        w = y * 2.0;
        w = ready;
        return y;
      },
      {"assigned again"});
  repeat(4, [&](int) { step(ramp(300)); });
  EXPECT_EQ(hits(step), 2u);
  int failures = 0;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    arena::set_allocation_failure(n);
    try {
      step(ramp(300)).to_vector<float>();
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      ++failures;
    }
    arena::set_allocation_failure(0);
    EXPECT_TRUE(same_bits(ready, w.value())) << n;
  }
  EXPECT_GE(failures, 1);
}

TEST_F(HardPrograms, TheLastReferenceGoesInsideTheFlush) {
  auto f = trace(
      [](Tensor x) {
        Tensor y = exp(x);
        x = Tensor(); // the session holds the only reference
        Tensor z = y * 2.0;
        y = Tensor();
        return z;
      },
      {"last reference"});
  const Tensor expected = plainly([] { return exp(ramp(600)) * 2.0; });
  repeat(6, [&](int) {
    const auto values = ramp(600).to_vector<float>();
    EXPECT_TRUE(same_bits(expected, f(Tensor::adopt(std::vector<float>(values), {600}))));
  });
  EXPECT_EQ(hits(f), 4u);
}

thread_local Tensor late;

TEST_F(HardPrograms, ThreadLocalTensorsOutliveTheirSessions) {
  auto f = trace([](const Tensor &x) { return exp(x) + 1; }, {"thread local"});
  repeat(3, [&](int) { f(ramp(18)); });
  for (int i = 0; i < 4; ++i)
    std::thread([&] {
      late = ramp(18); // made before the thread traces, so destroyed after its clean-up
      late = f(late);
      f(late);
    }).join();
  EXPECT_EQ(hits(f), 9u);
}

TEST_F(HardPrograms, AThousandBigInputsInOneScope) {
  constexpr std::int64_t size = 1 << 16; // 256 KiB each, 250 MiB in all
  auto f = trace(
      [](std::int64_t count) {
        Tensor total = full({}, 0.0f);
        for (std::int64_t i = 0; i < count; ++i)
          total =
              total + max(Tensor::adopt(std::vector<float>(size, static_cast<float>(i)), {size}));
        return total;
      },
      {"big inputs"});
  repeat(4, [&](int) { EXPECT_EQ(f(1000).item<float>(), 499500.0f); });
}

TEST_F(HardPrograms, ProducerAndConsumer) {
  auto produce = trace([](const Tensor &x) { return x * 2.0 + 1; }, {"producer"});
  auto consume = trace([](const Tensor &x) { return sum(x * x); }, {"consumer"});
  const Tensor ones = Tensor::copy_of(std::vector<float>(64, 1.0f), {64});
  repeat(3, [&](int) { consume(produce(ones)); });
  constexpr int rounds = 4000;
  Channel channel;
  std::int64_t early = 0;
  std::thread consumer([&] {
    for (int i = 0; i < rounds; ++i) {
      const Tensor t = channel.pop();
      EXPECT_EQ(consume(t).item<float>(),
                64.0f * static_cast<float>((2 * (i % 5) + 1) * (2 * (i % 5) + 1)));
    }
  });
  for (int i = 0; i < rounds; ++i) {
    channel.push(produce(Tensor::copy_of(std::vector<float>(64, static_cast<float>(i % 5)), {64})));
    if (i % 64 == 0)
      std::this_thread::sleep_for(std::chrono::microseconds(200)); // the consumer keeps up
    if (i == rounds / 4)
      early = memory_stats().cached_bytes;
  }
  consumer.join();
  EXPECT_LE(memory_stats().cached_bytes, 2 * early + (64 << 20)); // what one frees the other gets
  ASSERT_TRUE(wait_compiled());
  EXPECT_GT(hits(produce), 100u);
  EXPECT_GT(hits(consume), 100u);
}

TEST_F(HardPrograms, AnOperandOfAContractionOverOneElementInItsEpilogue) {
  const auto body = [](const Tensor &a, const Tensor &x) {
    const Tensor y = permute_dims(x, {0, 1, 3, 2});
    return std::pair(sigmoid(y * matmul(a, y)), square(matmul(x, y) + x));
  };
  auto f = trace(body, {"one k"});
  const Tensor a = reshape(ramp(56), {7, 8, 1, 1}), x = reshape(ramp(16), {1, 8, 2, 1});
  const auto expected = plainly([&] { return body(a, x); });
  repeat(4, [&](int) {
    const auto [first, second] = f(a, x);
    EXPECT_TRUE(same_bits(expected.first, first));
    EXPECT_TRUE(same_bits(expected.second, second));
  });
  EXPECT_EQ(hits(f), 2u);
}

TEST_F(HardPrograms, AContractionWithABroadcastOperandAndAnEpilogue) {
  const auto body = [](const Tensor &x, const Tensor &row) {
    const Tensor c = matmul(x, permute_dims(broadcast_to(row, {70, 37}), {1, 0}));
    return std::pair(c, c + c);
  };
  auto both = trace(body, {"broadcast contraction"});
  auto one = trace([body](const Tensor &x, const Tensor &row) { return body(x, row).second; },
                   {"broadcast contraction, one output"});
  const Tensor x = reshape(ramp(8 * 37), {8, 37}), row = ramp(37, 0.7f);
  const auto expected = plainly([&] { return body(x, row); });
  repeat(4, [&](int) {
    const auto [c, sum] = both(x, row);
    EXPECT_TRUE(same_bits(expected.first, c));
    EXPECT_TRUE(same_bits(expected.second, sum));
    EXPECT_TRUE(same_bits(expected.second, one(x, row)));
  });
  EXPECT_EQ(hits(both), 2u);
  EXPECT_EQ(hits(one), 2u);
}

TEST_F(HardPrograms, TemporariesAreNotStored) {
  auto f = trace([](const Tensor &a, const Tensor &b) { return mean(square(a - b)).item<float>(); },
                 {"mse"});
  repeat(5, [&](int) { f(ramp(1000), ramp(1000, 0.5f)); });
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].hits, 3u);
  EXPECT_EQ(f.explain()[0].unused_bytes, 0u);
}

TEST_F(HardPrograms, HistoryOfSteps) {
  Tensor state = ramp(30);
  const auto body = [](const Tensor &s) { return tanh(s) * 1.1; };
  auto step = trace([&] { return state = body(state); }, {"history"});
  std::vector<Tensor> history, expected;
  Tensor plain = ramp(30);
  repeat(9, [&](int) {
    history.push_back(step());
    expected.push_back(plain = plainly([&] { return body(plain); }));
  });
  for (std::size_t i = 0; i < history.size(); ++i)
    EXPECT_TRUE(same_bits(expected[i], history[i])) << i;
  EXPECT_EQ(hits(step), 7u);
}

TEST_F(HardPrograms, ARandomTripCountRestsAndComesBack) {
  auto f = trace(
      [](Tensor x, int n) {
        for (int i = 0; i < n; ++i)
          x = x * 1.01 + 0.5;
        return x;
      },
      {"random trips"});
  const auto resting = [&] {
    std::uint64_t left = 0;
    for (const TraceReport &report : f.explain())
      left = report.resting;
    return left;
  };
  unsigned seed = 1;
  bool rested = false;
  for (int i = 0; i < 400'000 && !rested; ++i) {
    seed = seed * 1664525 + 1013904223;
    f(ramp(3), 1 + static_cast<int>((seed >> 8) % 199));
    rested = i % 32 == 0 && resting() > 0;
  }
  EXPECT_TRUE(rested);
  // What repeats is taken up again: at the latest after the longest rest.
  const std::uint64_t before = hits(f);
  for (std::uint64_t i = 0; i < 3 * AnchorState::most_rest; ++i) {
    f(ramp(3), 2);
    if (i % 1024 != 0)
      continue;
    ASSERT_TRUE(wait_compiled());
    if (hits(f) >= before + 100)
      break;
  }
  EXPECT_GE(hits(f), before + 100);
}

TEST_F(HardPrograms, ForkWithAnotherThreadInASession) {
  auto f = trace(
      [](const Tensor &x, const std::function<void(const Tensor &)> &middle) {
        const Tensor y = exp(x);
        middle(y);
        return y * 2.0;
      },
      {"fork"});
  repeat(4, [&](int) { f(ramp(18), [](const Tensor &) {}); });
  EXPECT_EQ(hits(f), 2u);
  const Tensor expected = plainly([] { return exp(ramp(18)); });
  Channel out, go;
  std::thread other([&] {
    f(ramp(18), [&](const Tensor &y) {
      out.push(y);
      go.pop();
    });
  });
  const Tensor pending = out.pop();
  EXPECT_EQ(detail::Access::impl(pending)->where.load().state(), Where::pending);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    // The other thread does not exist here, but what it left pending can be read.
    const bool same = static_cast<bool>(same_bits(expected, pending));
    const bool on = static_cast<bool>(
        same_bits(plainly([&] { return expected * 2.0; }), f(ramp(18), [](const Tensor &) {})));
    const bool waits = wait_compiled(std::chrono::milliseconds(1000));
    exit(same && on && waits ? 0 : 1); // with the handlers of exit
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(same_bits(expected, pending));
  go.push(Tensor());
  other.join();
}

} // namespace
} // namespace jit::test
