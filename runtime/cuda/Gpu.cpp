// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Gpu.h"

#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/Families.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Tuning.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/Impl.h"

#include <algorithm>
#include <pthread.h>
#include <unordered_set>

namespace jit::gpu {

static DeviceAddress address(const std::byte *pointer) noexcept {
  return reinterpret_cast<DeviceAddress>(pointer);
}

static std::atomic<bool> forked{false};

bool in_child_of_fork() noexcept { return forked.load(std::memory_order_relaxed); }

static void watch_forks() {
  static std::once_flag once;
  std::call_once(once, [] {
    pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  });
}

namespace {

constexpr int oldest_capability = 80;

std::string capability_text(int capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

Status read_limits(const Driver &driver, Ordinal ordinal, Limits &limits) noexcept {
  Status failed = Status::success;
  const auto read = [&](DeviceAttribute attribute) {
    int value = 0;
    const Status status = driver.DeviceGetAttribute(&value, attribute, ordinal);
    if (failed == Status::success)
      failed = status;
    return value;
  };
  limits.capability =
      10 * read(DeviceAttribute::capability_major) + read(DeviceAttribute::capability_minor);
  limits.multiprocessors = read(DeviceAttribute::multiprocessors);
  limits.shared_bytes = read(DeviceAttribute::max_shared_bytes_per_block);
  return failed;
}

} // namespace

Result<std::unique_ptr<Gpu>> Gpu::make(const Driver &driver, int index) {
  const std::string device_name = "cuda:" + std::to_string(index);
  const auto refuse = [&](Status status) {
    return Failure{device_name + " cannot be used: " + name(status)};
  };
  if (in_child_of_fork())
    return Failure{device_name + " cannot be used in the child of a fork; start a new process"};
  Ordinal ordinal = 0;
  if (const Status status = driver.DeviceGet(&ordinal, index); status != Status::success)
    return refuse(status);
  Limits limits;
  if (const Status status = read_limits(driver, ordinal, limits); status != Status::success)
    return refuse(status);
  if (limits.capability < oldest_capability)
    return Failure{device_name + " has compute capability " + capability_text(limits.capability) +
                   ", and 8.0 or later is needed"};
  watch_forks();
  Context context = nullptr;
  if (const Status status = driver.DevicePrimaryCtxRetain(&context, ordinal);
      status != Status::success)
    return refuse(status);
  const Current current(driver, context);
  Stream stream = nullptr;
  if (const Status status = driver.StreamCreate(&stream, stream_non_blocking);
      status != Status::success)
    return refuse(status);
  return std::unique_ptr<Gpu>(new Gpu(driver, index, context, stream, limits));
}

Gpu::Gpu(const Driver &driver, int index, Context context, Stream stream,
         const Limits &limits) noexcept
    : driver(driver), number(static_cast<DeviceNumber>(index + 1)),
      own_name("cuda:" + std::to_string(index)), context(context), stream(stream),
      own_limits(limits), heap(*this), staging(driver, stream) {}

/// Errors after which the device computes nothing any more.
static bool loses_device(Status status) noexcept {
  switch (status) {
  case Status::illegal_address:
  case Status::misaligned_address:
  case Status::launch_failed:
  case Status::launch_timeout:
  case Status::context_is_destroyed:
  case Status::ecc_uncorrectable:
  case Status::unknown:
    return true;
  default: {
    const int code = static_cast<int>(status); // those of kernels, which have no names here
    return code >= 710 && code <= 720;
  }
  }
}

bool Gpu::check(Status status) noexcept {
  if (status == Status::success) [[likely]]
    return true;
  // The driver goes before the last tensors do when a program ends.
  if (status == Status::out_of_memory || status == Status::deinitialized)
    return false;
  if_memory([&] {
    const std::lock_guard guard(why_lock);
    if (!loses_device(status))
      why_refused = own_name + ": " + name(status);
    else if (!is_lost.load(std::memory_order_relaxed))
      why_lost = own_name + " is lost: " + name(status) + " in one of: " + launches.text();
  });
  if (loses_device(status))
    is_lost.store(true, std::memory_order_release);
  return false;
}

bool Gpu::can_be_used() const noexcept {
  return !in_child_of_fork() && !is_lost.load(std::memory_order_acquire);
}

std::optional<std::string> Gpu::refusal() const {
  if (in_child_of_fork())
    return own_name + " cannot be used in the child of a fork; start a new process";
  const std::lock_guard guard(why_lock);
  if (is_lost.load(std::memory_order_relaxed))
    return why_lost;
  if (!why_refused.empty())
    return std::exchange(why_refused, {});
  return std::nullopt;
}

std::string Gpu::memory_text() const {
  const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB "; };
  const HeapStats stats = heap.stats();
  std::size_t free = 0, total = 0;
  const Current current(driver, context);
  driver.MemGetInfo(&free, &total);
  return mib(static_cast<std::uint64_t>(stats.live_bytes)) + "in use, " +
         mib(static_cast<std::uint64_t>(stats.cached_bytes)) + "cached, " + mib(free) + "free on " +
         own_name;
}

std::byte *Gpu::allocate(std::size_t bytes) noexcept {
  const Current current(driver, context);
  DeviceAddress block = 0;
  if (!check(driver.MemAlloc(&block, bytes)))
    return nullptr;
  return reinterpret_cast<std::byte *>(block);
}

void Gpu::free(std::byte *block) noexcept {
  const Current current(driver, context);
  check(driver.MemFree(address(block)));
}

Storage *Gpu::new_storage(std::size_t bytes) noexcept {
  if (!can_be_used())
    return nullptr;
  std::byte *block = bytes ? heap.allocate(bytes) : nullptr;
  if (bytes && !block)
    return nullptr;
  Storage *storage = new_on_device(block, bytes, *this);
  if (!storage && block)
    heap.deallocate(block, bytes);
  return storage;
}

void Gpu::let_go(Storage &storage) noexcept {
  if (in_child_of_fork()) // another thread may have held the locks
    return;
  drop_host_copy(storage);
  if (storage.data)
    heap.deallocate(storage.data, storage.bytes);
}

bool Gpu::upload(std::byte *to, const std::byte *from, std::size_t bytes) noexcept {
  if (!can_be_used())
    return false;
  const Current current(driver, context);
  return check(staging.upload(address(to), from, bytes));
}

bool Gpu::download(std::byte *to, const std::byte *from, std::size_t bytes) noexcept {
  if (!can_be_used())
    return false;
  const Current current(driver, context);
  return check(staging.download(to, address(from), bytes));
}

const std::byte *Gpu::host_copy(Storage &storage) noexcept {
  if (storage.has_host_copy.load(std::memory_order_acquire)) {
    const std::lock_guard guard(host_copies_lock);
    return host_copies.find(&storage)->second;
  }
  std::byte *copy = arena::allocate(storage.bytes);
  if (!copy)
    return nullptr;
  if (!download(copy, storage.data, storage.bytes)) {
    arena::deallocate(copy, storage.bytes);
    return nullptr;
  }
  const std::lock_guard guard(host_copies_lock);
  std::byte *kept = nullptr;
  if_memory([&] { kept = host_copies.try_emplace(&storage, copy).first->second; });
  if (kept != copy) // another thread was quicker, or there is no memory
    arena::deallocate(copy, storage.bytes);
  if (kept)
    storage.has_host_copy.store(true, std::memory_order_release);
  return kept;
}

void Gpu::drop_host_copy(Storage &storage) noexcept {
  if (in_child_of_fork()) // another thread may have held the lock
    return;
  if (!storage.has_host_copy.exchange(false, std::memory_order_acq_rel))
    return;
  std::byte *copy = nullptr;
  {
    const std::lock_guard guard(host_copies_lock);
    copy = host_copies.extract(&storage).mapped();
  }
  arena::deallocate(copy, storage.bytes);
}

unsigned Gpu::blocks_for(std::uint64_t units) const noexcept {
  return static_cast<unsigned>(std::min<std::uint64_t>(
      units, static_cast<std::uint64_t>(own_limits.multiprocessors) * blocks_per_multiprocessor));
}

bool Gpu::launch(const KernelFunction &kernel, std::uint64_t units,
                 std::span<const std::byte> arguments) noexcept {
  if (!can_be_used())
    return false;
  const unsigned blocks = blocks_for(units);
  std::size_t bytes = arguments.size();
  void *extra[] = {launch_buffer_pointer, const_cast<std::byte *>(arguments.data()),
                   launch_buffer_size, &bytes, launch_end};
  launches.add(kernel.name);
  {
    const Current current(driver, context);
    if (!check(driver.LaunchKernel(kernel.handle, blocks, 1, 1, kernel.threads, 1, 1,
                                   kernel.shared_bytes, stream, nullptr, extra)))
      return false;
  }
  return !options().cuda_sync || finish();
}

Module Gpu::load_module(const char *image, std::string &failure) {
  if (!can_be_used()) {
    failure = refusal().value_or("");
    return nullptr;
  }
  const Current current(driver, context);
  char log[4096] = "";
  JitOption names[] = {JitOption::error_log, JitOption::error_log_bytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log - 1)};
  Module module = nullptr;
  const Status status = driver.ModuleLoadDataEx(&module, image, std::size(names), names, values);
  if (status == Status::success)
    return module;
  if (loses_device(status))
    check(status);
  failure = own_name + " refuses a module: " + gpu::name(status) + (*log ? ": " : "") + log;
  return nullptr;
}

void Gpu::unload(Module module) noexcept {
  if (!finish())
    return;
  const Current current(driver, context);
  check(driver.ModuleUnload(module));
}

/// The name for ever: launches that are remembered may outlive the program.
static const char *kept_name(const std::string &name) {
  static std::mutex lock;
  static std::unordered_set<std::string> &names = *new std::unordered_set<std::string>;
  const std::lock_guard guard(lock);
  return names.insert(name).first->c_str();
}

KernelFunction Gpu::find_function(Module module, const std::string &name, unsigned threads,
                                  unsigned shared_bytes) {
  const Current current(driver, context);
  KernelFunction found{nullptr, kept_name(name), threads, shared_bytes};
  if (driver.ModuleGetFunction(&found.handle, module, name.c_str()) != Status::success ||
      !found.handle)
    return {};
  // The driver loads a function when it is first touched: not in the user's first call.
  int registers = 0;
  driver.FuncGetAttribute(&registers, FunctionAttribute::registers, found.handle);
  constexpr unsigned without_asking = 48 << 10;
  if (shared_bytes > without_asking &&
      driver.FuncSetAttribute(found.handle, FunctionAttribute::max_dynamic_shared_bytes,
                              static_cast<int>(shared_bytes)) != Status::success)
    return {};
  return found;
}

bool Gpu::finish() noexcept {
  if (!can_be_used())
    return false;
  const std::lock_guard guard(finish_lock);
  const Current current(driver, context);
  if (!finished &&
      !check(driver.EventCreate(&finished, event_blocking_sync | event_disable_timing)))
    return false;
  return check(driver.EventRecord(finished, stream)) && check(wait_for(driver, finished));
}

bool Gpu::run(const KernelCall &call) noexcept {
  if (!can_be_used())
    return false;
  const Launched launched = run_family(*this, call);
  return launched == Launched::no_kernel ? run_on_host(*this, call) : launched == Launched::yes;
}

} // namespace jit::gpu
