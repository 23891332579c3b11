// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scheduler of a block's threads, and what kernels call.
#include "test/cuda/emu/Launch.h"
#include "test/cuda/emu/Block.h"
#include "test/cuda/emu/Faults.h"

#include <cstdio>
#include <numeric>
#include <utility>

namespace jit::emu {
namespace {

/// A permutation of the grid without memory: i -> (a i + b) mod n with a prime to n.
class BlockOrder {
public:
  BlockOrder(Order order, unsigned count) : order_(order), count_(count) {
    if (order.kind != Order::shuffled)
      return;
    do
      factor_ = next_random(order_.seed) % count;
    while (count > 1 && std::gcd(factor_, std::uint64_t{count}) != 1);
    shift_ = next_random(order_.seed) % count;
  }

  unsigned operator()(unsigned i) const {
    switch (order_.kind) {
    case Order::ascending:
      return i;
    case Order::descending:
      return count_ - 1 - i;
    case Order::shuffled:
      break;
    }
    return static_cast<unsigned>((factor_ * i + shift_) % count_);
  }

private:
  Order order_;
  unsigned count_;
  std::uint64_t factor_ = 1, shift_ = 0;
};

std::string hexadecimal(const void *address) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "%#llx", reinterpret_cast<unsigned long long>(address));
  return text;
}

} // namespace

Problem run(const Launch &launch) {
  Block &block = Block::of_this_thread();
  block.begin(launch);
  // Of the blocks that run, the first half is at the beginning of the grid, the rest at its end.
  const unsigned edge = launch.edge_blocks;
  const unsigned count = edge && edge <= launch.grid / 2 ? 2 * edge : launch.grid;
  const unsigned gap = launch.grid - count;
  const BlockOrder order(launch.order, count);
  const void *address = nullptr;
  const bool alive = runs_without_fault(
      [&] {
        for (unsigned i = 0; i < count && !block.failed(); ++i) {
          const unsigned number = order(i);
          block.run(number < count / 2 ? number : number + gap);
        }
      },
      &address);
  Problem problem = block.end();
  if (!alive && problem.kind == Problem::none)
    problem = {Problem::illegal_address, "access to " + hexadecimal(address) +
                                             ", where no memory is, by thread " +
                                             block.place_text()};
  if (problem.kind != Problem::none)
    problem.text = std::string(launch.kernel->name) + ": " + problem.text;
  return problem;
}

} // namespace jit::emu
