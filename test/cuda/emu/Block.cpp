// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A block's threads run in turns, each until it waits or ends; who waits for all of a warp or of
// the block is let on by the last to come.
#include "test/cuda/emu/Block.h"
#include "test/cuda/emu/Sanitizers.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>
#include <sys/mman.h>
#include <utility>

namespace jit::emu {
namespace {

constexpr std::size_t page_bytes = 4096;
/// More than any device has in a block.
constexpr std::size_t shared_limit = 256 << 10;

thread_local std::unique_ptr<Block> this_block;

} // namespace

Block &Block::of_this_thread() {
  if (!this_block)
    this_block = std::make_unique<Block>();
  return *this_block;
}

Block::~Block() {
  if (shared_end_)
    ::munmap(shared_end_ - shared_limit, shared_limit + page_bytes);
}

void Block::begin(const Launch &launch) {
  launch_ = launch;
  problem_ = {};
  random_ = launch.order.seed;
  if (!shared_end_) {
    void *const memory = ::mmap(nullptr, shared_limit + page_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      throw std::bad_alloc();
    shared_end_ = static_cast<unsigned char *>(memory) + shared_limit;
    ::mprotect(shared_end_, page_bytes, PROT_NONE);
  }
  const unsigned shared = std::min<unsigned>((launch.shared_bytes + 15) & ~15u, shared_limit);
  place_ = {0, 0, launch.grid, shared_end_ - shared};
  threads_.assign(launch.threads, {});
  lanes_in_.assign((launch.threads + warp - 1) / warp, 0);
  turns_.resize(launch.threads);
  std::iota(turns_.begin(), turns_.end(), 0u);
  if (launch.order.kind == Order::descending)
    std::reverse(turns_.begin(), turns_.end());
  if (launch.kernel->waits)
    while (fibers_.size() < launch.threads)
      fibers_.push_back(std::make_unique<Fiber>());
}

Problem Block::end() { return std::exchange(problem_, {}); }

std::string Block::place_text() const {
  return std::to_string(place_.thread) + " of block " + std::to_string(place_.block);
}

void Block::fail(Problem::Kind kind, std::string text) {
  if (!failed())
    problem_ = {kind, std::move(text)};
}

/// NaN and -1; large; small or very negative.
void Block::poison_shared() {
  static constexpr unsigned char poison[] = {0xff, 0x7f, 0x80};
  std::memset(place_.shared, poison[launch_.order.kind], shared_end_ - place_.shared);
}

void Block::shuffle_turns() {
  if (launch_.order.kind != Order::shuffled)
    return;
  for (unsigned left = launch_.threads; left > 1; --left)
    std::swap(turns_[left - 1], turns_[next_random(random_) % left]);
}

TRACEJIT_EMU_CALLS_KERNELS void Block::run(unsigned number) {
  place_.block = number;
  poison_shared();
  shuffle_turns();
  if (launch_.kernel->waits)
    return run_fibers();
  for (const unsigned thread : turns_) {
    place_.thread = thread;
    launch_.kernel->run(launch_.arguments);
  }
}

TRACEJIT_EMU_CALLS_KERNELS void Block::run_thread(void *block) {
  Block &self = *static_cast<Block *>(block);
  self.launch_.kernel->run(self.launch_.arguments);
  self.threads_[self.place_.thread].state = done;
  ++self.done_;
}

void Block::run_fibers() {
  at_barrier_ = done_ = 0;
  std::fill(lanes_in_.begin(), lanes_in_.end(), 0u);
  for (unsigned thread = 0; thread < launch_.threads; ++thread) {
    threads_[thread].state = ready;
    fibers_[thread]->start(run_thread, this);
  }
  for (;;) {
    bool progress = false;
    for (const unsigned thread : turns_)
      if (threads_[thread].state == ready) {
        progress = true;
        resume(thread);
      }
    if (progress)
      continue;
    if (done_ == launch_.threads)
      return;
    if (at_barrier_ != launch_.threads)
      return report_divergence();
    open_barrier();
  }
}

void Block::resume(unsigned thread) {
  place_.thread = thread;
  fibers_[thread]->enter();
}

void Block::open_barrier() {
  for (Thread &thread : threads_)
    thread.state = ready;
  at_barrier_ = 0;
  shuffle_turns();
}

void Block::wait(State state) {
  const unsigned thread = place_.thread;
  threads_[thread].state = state;
  fibers_[thread]->leave();
}

/// Why a kernel may not wait here, or null.
const char *Block::why_refused(const char *what) const {
  if (!launch_.kernel->waits)
    return "in a kernel that is said to have no barriers";
  if (*what == 's' && launch_.threads % warp)
    return "in a block that is not whole warps";
  return nullptr;
}

void Block::barrier() {
  if (const char *why = why_refused("barrier"))
    return fail(Problem::divergence, std::string("a barrier ") + why);
  ++at_barrier_;
  wait(at_barrier);
}

unsigned long long Block::exchange(unsigned long long value, unsigned lane) {
  const char *why = why_refused("shuffle");
  if (lane >= warp)
    why = "of a lane that no warp has";
  if (why) {
    fail(Problem::divergence, std::string("a shuffle ") + why);
    return value;
  }
  const unsigned thread = place_.thread, first = thread / warp * warp;
  const bool odd = threads_[thread].odd;
  threads_[thread].given[odd] = value;
  // No lane is two shuffles ahead of another one, so two values are enough.
  threads_[thread].odd = !odd;
  if (++lanes_in_[thread / warp] == warp) {
    lanes_in_[thread / warp] = 0;
    for (unsigned other = first; other < first + warp; ++other)
      threads_[other].state = ready;
  } else {
    wait(in_warp);
  }
  return threads_[first + lane].given[odd];
}

void Block::report_divergence() {
  std::string text = "a barrier or shuffle in block " + std::to_string(place_.block) +
                     " that not all threads reach:";
  const auto add = [&](State state, const char *what) {
    const auto is = [&](const Thread &thread) { return thread.state == state; };
    const auto count = std::count_if(threads_.begin(), threads_.end(), is);
    if (count)
      text +=
          " " + std::to_string(count) + what + ", thread " +
          std::to_string(std::find_if(threads_.begin(), threads_.end(), is) - threads_.begin()) +
          " first;";
  };
  add(at_barrier, " at a barrier");
  add(in_warp, " in a shuffle");
  add(done, " done");
  text.pop_back();
  fail(Problem::divergence, std::move(text));
}

const tj_emu_host &host() {
  static const tj_emu_host functions = {
      [] { return this_block->place(); }, [] { this_block->barrier(); },
      [](unsigned long long value, unsigned lane) { return this_block->exchange(value, lane); },
      [](const void *pointer, unsigned alignment) {
        this_block->fail(Problem::misaligned,
                         "an access at an address that is " +
                             std::to_string(reinterpret_cast<std::uintptr_t>(pointer) % alignment) +
                             " bytes behind a multiple of " + std::to_string(alignment) +
                             ", by thread " + this_block->place_text());
      }};
  return functions;
}

} // namespace jit::emu
