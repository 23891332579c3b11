// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the environment's TRACEJIT_FAKE_CUDA says: words between commas, listed in
// docs/gpu-testing.md.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "test/cuda/emu/Launch.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jit::gpu::fake {

/// `fail=ENTRY:N[+][:CODE]`: the N-th call of an entry point fails, `+`: and all after it.
struct Failure {
  std::string entry;
  std::uint64_t first = 0;
  bool all_after = false;
  std::optional<int> code;
};

enum class Protection : std::uint8_t { automatic, key, window, none };

struct Settings {
  std::vector<Failure> failures;
  std::size_t memory = 0; // bytes of each device; 0: read() makes it 8 GiB, or 512 if sparse
  int devices = 1;
  int driver = 13000;
  int capability = 90;
  int multiprocessors = 0;             // 0: what a device of this capability has
  int registers = 32, local_bytes = 0; // of every function
  bool stub = false;                   // the toolkit's library, which only has the names
  bool sparse = false;        // memory is not poisoned, so that only what is touched is taken
  unsigned edge_blocks = 0;   // not 0: of each grid only so many at either end run
  std::uint64_t async_at = 0; // not 0: this launch fails when it runs
  Status async_status = Status::illegal_address;
  std::optional<emu::Order::Kind> order; // none: another one for each launch
  std::uint64_t order_seed = 1;
  std::uint64_t seed = 1;  // of delays
  unsigned delay_us = 100; // the longest before a job of a stream
  Protection protection = Protection::automatic;
  std::string log;
  int nvrtc_version = 13000;
  std::vector<int> nvrtc_targets; // empty: those of the version

  /// Exits with a sentence if a word is unknown or wrong.
  static Settings read(std::string_view text);
  static const Settings &of_environment();
};

/// The code with which the call number `count` of `entry` is to fail.
std::optional<int> failure_of(const Settings &settings, std::string_view entry, std::uint64_t count,
                              int otherwise);

/// Appends a line to the file of `log=`, if there is one.
void log_line(const std::string &line);

} // namespace jit::gpu::fake
