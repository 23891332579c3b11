// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A producer and a consumer, `--seconds N`: tensors made on one thread die on another, most of them
// pending when they are handed over. Every result is compared, and memory must stay flat.
#include "test/faults/Compilers.h"
#include "test/faults/Process.h"

#include <tracejit/tracejit.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

namespace jit::faults {
namespace {

using Clock = std::chrono::steady_clock;

/// A ring for one producer and one consumer.
class Ring {
public:
  void push(Tensor tensor) {
    while (head.load() - tail.load() == slots.size())
      std::this_thread::yield();
    slots[head.load() % slots.size()] = std::move(tensor);
    ++head;
  }
  Tensor pop() {
    while (head.load() == tail.load())
      std::this_thread::yield();
    Tensor tensor = std::move(slots[tail.load() % slots.size()]);
    ++tail;
    return tensor;
  }

private:
  std::array<Tensor, 32> slots;
  std::atomic<std::uint64_t> head{0}, tail{0};
};

std::int64_t length(int i) { return 16 + 997 * (i % 5); }
float start(int i) { return 0.125f * static_cast<float>(i % 3); }

int run(long seconds) {
  plug_in_compiler();
  set_mode(Mode::on);
  Ring ring;
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<bool> stop{false};
  std::thread consumer([&] {
    auto consume = trace([](const Tensor &t) { return sum(t * 0.5 + t); }, {"consumer"});
    for (int i = 0;; ++i) {
      const Tensor t = ring.pop();
      if (t.empty())
        return;
      // Powers of two: the sum is exact.
      wrong +=
          consume(t).item<float>() != 1.5f * (2 * start(i) + 1) * static_cast<float>(length(i));
    }
  });
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    stop = true;
  });
  auto produce = trace(
      [&](const Tensor &x) {
        const Tensor y = x * 2.0 + 1;
        ring.push(y); // pending
        return sum(y);
      },
      {"producer"});
  const auto begin = Clock::now();
  std::int64_t early = 0;
  int rounds = 0;
  for (; !stop; ++rounds) {
    if (rounds < 1000 && rounds % 20 == 0)
      wait_compiled(); // two busy threads may leave no processor for it
    produce(full({length(rounds)}, start(rounds)));
    if (early == 0 && rounds > 1000 && Clock::now() - begin > std::chrono::seconds(seconds) / 4)
      early = resident_bytes();
  }
  const std::int64_t latest = resident_bytes();
  ring.push(Tensor());
  consumer.join();
  stopper.join();
  std::uint64_t hits = 0;
  for (const TraceReport &report : explain())
    hits += report.hits;
  std::printf("%d tensors, %llu compiled runs, %llu wrong; resident %.1f MiB after a quarter, "
              "%.1f MiB at the end\n",
              rounds, static_cast<unsigned long long>(hits),
              static_cast<unsigned long long>(wrong.load()), static_cast<double>(early) / (1 << 20),
              static_cast<double>(latest) / (1 << 20));
  constexpr std::int64_t slack = std::int64_t{8} << 20;
  return wrong == 0 && hits > 0 && rounds > 100 && stayed_flat(early, latest, slack) ? 0 : 1;
}

} // namespace
} // namespace jit::faults

int main(int argc, char **argv) {
  return jit::faults::run(jit::faults::argument(argc, argv, "seconds", 3));
}
