// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device memory: addresses that only the threads of streams may touch.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "test/cuda/fake/Settings.h"

#include <deque>
#include <map>

namespace jit::gpu::fake {

/// An allocation has pages of its own and ends (to 256 bytes) where nothing is. New memory is
/// poisoned (all bits set: NaN, -1) up to 64 MiB and unless `sparse`; freed memory is unmapped, and
/// its addresses come again only after 16 more frees.
///
/// What host threads may touch is decided by a protection key; where the processor has none, by a
/// window: the pages are accessible from the first job that runs until a host thread finds all
/// streams idle.
class Memory {
public:
  void reserve(const Settings &settings);

  /// False: the system has no more.
  bool allocate(std::size_t bytes, DeviceAddress *address);
  /// The bytes that were asked for; 0: no allocation begins there.
  std::size_t release(DeviceAddress address);
  /// Whether the bytes lie in one allocation.
  bool contains(DeviceAddress address, std::size_t bytes) const;
  /// Whether the address is one of device memory, allocated or not.
  bool is_device(const void *address) const;

  void *allocate_host(std::size_t bytes);
  bool release_host(void *address);

  /// For the thread of a stream, once.
  void admit_this_thread();
  void begin_work();
  void end_work();
  /// Called when no stream has work.
  void close_window();

  std::size_t allocations() const { return live_.size(); }
  std::size_t host_allocations() const { return host_.size(); }
  std::size_t bytes() const;
  const char *protection() const;

private:
  struct Range {
    std::size_t begin, bytes; // pages
    std::size_t asked;
  };

  std::size_t find_range(std::size_t bytes, std::size_t unit);
  void give_back(std::size_t begin, std::size_t bytes);
  void protect(const Range &range, bool open);

  Protection protection_ = Protection::none;
  int key_ = -1;
  bool sparse_ = false, open_ = false;
  unsigned working_ = 0;
  std::size_t begin_ = 0, end_ = 0;
  std::map<DeviceAddress, Range> live_;     // by address
  std::map<std::size_t, std::size_t> free_; // begin, bytes
  std::deque<Range> quarantine_;
  std::map<void *, std::size_t> host_;
};

} // namespace jit::gpu::fake
