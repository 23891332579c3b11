// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapping and protecting device memory, and the entry points for memory.
#include "test/cuda/fake/Memory.h"
#include "test/cuda/emu/Sanitizers.h"
#include "test/cuda/fake/Streams.h"
#include "test/cuda/fake/World.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace jit::gpu::fake {
namespace {

constexpr std::size_t page_bytes = 4096, huge_page_bytes = 2 << 20;
constexpr std::size_t alignment = 256; // as the driver promises
constexpr std::size_t arena_bytes = std::size_t{1} << (emu::with_sanitizer ? 38 : 41);
constexpr std::size_t poison_limit = 64 << 20;
constexpr std::size_t quarantine_length = 16;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

void *pages(std::size_t address) { return reinterpret_cast<void *>(address); }

} // namespace

void Memory::reserve(const Settings &settings) {
  void *const arena =
      ::mmap(nullptr, arena_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena == MAP_FAILED) {
    std::perror("fake driver: no addresses for device memory");
    std::_Exit(2);
  }
  begin_ = reinterpret_cast<std::size_t>(arena);
  end_ = begin_ + arena_bytes;
  free_[begin_] = arena_bytes;
  sparse_ = settings.sparse;
  protection_ = settings.protection;
  if (protection_ == Protection::automatic || protection_ == Protection::key)
    key_ = ::pkey_alloc(0, PKEY_DISABLE_ACCESS);
  if (protection_ == Protection::key && key_ < 0) {
    std::fprintf(stderr, "fake driver: this processor or system has no protection keys\n");
    std::_Exit(2);
  }
  if (protection_ == Protection::automatic)
    protection_ = key_ >= 0 ? Protection::key : Protection::window;
}

const char *Memory::protection() const {
  return protection_ == Protection::key      ? "key"
         : protection_ == Protection::window ? "window"
                                             : "none";
}

/// First fit. 0: no such range.
std::size_t Memory::find_range(std::size_t bytes, std::size_t unit) {
  for (auto found = free_.begin(); found != free_.end(); ++found) {
    const auto [begin, size] = *found;
    const std::size_t start = round_up(begin, unit), end = begin + size;
    if (start + bytes > end)
      continue;
    free_.erase(found);
    if (start > begin)
      free_[begin] = start - begin;
    if (start + bytes < end)
      free_[start + bytes] = end - start - bytes;
    return start;
  }
  return 0;
}

void Memory::give_back(std::size_t begin, std::size_t bytes) {
  auto after = free_.upper_bound(begin);
  if (after != free_.end() && after->first == begin + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == begin) {
      before->second += bytes;
      return;
    }
  }
  free_[begin] = bytes;
}

void Memory::protect(const Range &range, bool open) {
  const int rights = open ? PROT_READ | PROT_WRITE : PROT_NONE;
  if (protection_ == Protection::key)
    ::pkey_mprotect(pages(range.begin), range.bytes, rights, key_);
  else
    ::mprotect(pages(range.begin), range.bytes, rights);
}

bool Memory::allocate(std::size_t bytes, DeviceAddress *address) {
  if (bytes > arena_bytes / 2)
    return false;
  const std::size_t size = round_up(bytes, page_bytes);
  // With a page behind that stays inaccessible.
  const bool huge = size >= huge_page_bytes && !sparse_;
  const std::size_t begin = find_range(size + page_bytes, huge ? huge_page_bytes : page_bytes);
  if (!begin)
    return false;
  const Range range = {begin, size, bytes};
  if (::mprotect(pages(begin), size, PROT_READ | PROT_WRITE) != 0) {
    give_back(begin, size + page_bytes);
    return false;
  }
  if (huge) // fewer pages to open and close
    ::madvise(pages(begin), size, MADV_HUGEPAGE);
  if (!sparse_ && bytes <= poison_limit)
    std::memset(pages(begin), 0xff, size);
  protect(range, protection_ != Protection::window || open_);
  *address = begin + size - round_up(bytes, alignment);
  live_[*address] = range;
  return true;
}

std::size_t Memory::release(DeviceAddress address) {
  const auto found = live_.find(address);
  if (found == live_.end())
    return 0;
  const Range range = found->second;
  live_.erase(found);
  // Fresh pages in place of the old ones: without content, rights and key.
  ::mmap(pages(range.begin), range.bytes, PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  quarantine_.push_back(range);
  if (quarantine_.size() > quarantine_length) {
    give_back(quarantine_.front().begin, quarantine_.front().bytes + page_bytes);
    quarantine_.pop_front();
  }
  return range.asked;
}

bool Memory::contains(DeviceAddress address, std::size_t bytes) const {
  auto found = live_.upper_bound(address);
  if (found == live_.begin())
    return false;
  --found;
  const std::size_t offset = address - found->first;
  return offset <= found->second.asked && bytes <= found->second.asked - offset;
}

bool Memory::is_device(const void *address) const {
  const auto number = reinterpret_cast<std::size_t>(address);
  return number >= begin_ && number < end_;
}

std::size_t Memory::bytes() const {
  std::size_t sum = 0;
  for (const auto &[address, range] : live_)
    sum += range.asked;
  return sum;
}

void *Memory::allocate_host(std::size_t bytes) {
  const std::size_t size = round_up(bytes, page_bytes);
  void *const memory = ::mmap(nullptr, size + page_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  ::mprotect(static_cast<char *>(memory) + size, page_bytes, PROT_NONE);
  std::memset(memory, 0xff, size);
  host_[memory] = size + page_bytes;
  return memory;
}

bool Memory::release_host(void *address) {
  const auto found = host_.find(address);
  if (found == host_.end())
    return false;
  ::munmap(address, found->second);
  host_.erase(found);
  return true;
}

void Memory::admit_this_thread() {
  if (protection_ == Protection::key)
    ::pkey_set(key_, 0);
}

void Memory::begin_work() {
  ++working_;
  if (protection_ != Protection::window || open_)
    return;
  open_ = true;
  for (const auto &[address, range] : live_)
    protect(range, true);
}

void Memory::end_work() { --working_; }

void Memory::close_window() {
  if (protection_ != Protection::window || !open_ || working_)
    return;
  open_ = false;
  for (const auto &[address, range] : live_)
    protect(range, false);
}

} // namespace jit::gpu::fake

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuMemAlloc_v2(DeviceAddress *address, std::size_t bytes) {
  return call(Entry::MemAlloc, Need::context, [&](World &world, auto &) {
    if (!address || !bytes)
      return Status::invalid_value;
    ContextObject &context = *world.current();
    if (bytes > world.settings.memory - context.used || !world.memory.allocate(bytes, address))
      return Status::out_of_memory;
    context.used += bytes;
    log_line("alloc " + std::to_string(bytes));
    return Status::success;
  });
}

Status cuMemFree_v2(DeviceAddress address) {
  return call(Entry::MemFree, Need::context, [&](World &world, auto &lock) {
    if (!world.memory.contains(address, 1))
      return Status::invalid_value;
    wait_until_idle(world, lock);
    const std::size_t bytes = world.memory.release(address);
    if (!bytes)
      return Status::invalid_value;
    world.current()->used -= bytes;
    log_line("free " + std::to_string(bytes));
    return Status::success;
  });
}

Status cuMemGetInfo_v2(std::size_t *free, std::size_t *total) {
  return call(Entry::MemGetInfo, Need::context, [&](World &world, auto &) {
    if (!free || !total)
      return Status::invalid_value;
    *total = world.settings.memory;
    *free = *total - world.current()->used;
    return Status::success;
  });
}

Status cuMemHostAlloc(void **address, std::size_t bytes, unsigned flags) {
  return call(Entry::MemHostAlloc, Need::context, [&](World &world, auto &) {
    if (!address || !bytes || flags > 7)
      return Status::invalid_value;
    *address = world.memory.allocate_host(bytes);
    return *address ? Status::success : Status::out_of_memory;
  });
}

Status cuMemFreeHost(void *address) {
  return call(Entry::MemFreeHost, Need::context, [&](World &world, auto &) {
    return world.memory.release_host(address) ? Status::success : Status::invalid_value;
  });
}
