// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of one block after another, on the system's thread that runs a launch.
#pragma once

#include "test/cuda/emu/Fibers.h"
#include "test/cuda/emu/Launch.h"

#include <memory>
#include <vector>

namespace jit::emu {

/// SplitMix64 (Steele, Lea, Flood 2014).
inline std::uint64_t next_random(std::uint64_t &state) {
  std::uint64_t bits = state += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

class Block {
public:
  static constexpr unsigned warp = 32;

  static Block &of_this_thread();
  ~Block();

  void begin(const Launch &launch);
  void run(unsigned number);
  /// What went wrong since begin().
  Problem end();
  bool failed() const { return problem_.kind != Problem::none; }
  /// "3 of block 5".
  std::string place_text() const;

  tj_emu_place *place() { return &place_; }
  void barrier();
  unsigned long long exchange(unsigned long long value, unsigned lane);
  void fail(Problem::Kind kind, std::string text);

private:
  enum State : std::uint8_t { ready, at_barrier, in_warp, done };
  struct Thread {
    State state = ready;
    bool odd = false; // which of `given` the next shuffle uses
    unsigned long long given[2] = {};
  };

  static void run_thread(void *block);
  void poison_shared();
  void run_fibers();
  void resume(unsigned thread);
  void shuffle_turns();
  void wait(State state);
  void open_barrier();
  void report_divergence();
  const char *why_refused(const char *what) const;

  Launch launch_ = {};
  Problem problem_;
  tj_emu_place place_ = {};
  std::uint64_t random_ = 0;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Thread> threads_;
  std::vector<unsigned> turns_;    // the threads in the order in which they run
  std::vector<unsigned> lanes_in_; // of each warp, waiting in a shuffle
  unsigned at_barrier_ = 0, done_ = 0;
  unsigned char *shared_end_ = nullptr;
};

const tj_emu_host &host();

} // namespace jit::emu
