// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gpu: one device of this process: its context, the one stream that all work goes through, the
// memory of its tensors, and what went wrong.
#pragma once

#include "runtime/cuda/Driver.h"
#include "runtime/cuda/Heap.h"
#include "runtime/cuda/KernelFunction.h"
#include "runtime/cuda/LaunchRing.h"
#include "runtime/cuda/PackedFunctions.h"
#include "runtime/cuda/Staging.h"
#include "runtime/kernels/DeviceBackend.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace jit::gpu {

/// What a device is made of.
struct Limits {
  int capability = 0; ///< 90 is 9.0
  int multiprocessors = 0;
  int shared_bytes = 0; ///< that a block may ask for
};

/// While one lives, the device's context is current on this thread. The user's own may be current
/// before and after.
class Current {
public:
  Current(const Driver &driver, Context context) noexcept : driver(driver) {
    status = driver.CtxPushCurrent(context);
  }
  ~Current() {
    Context popped = nullptr;
    if (status == Status::success)
      driver.CtxPopCurrent(&popped);
  }
  Current(const Current &) = delete;

private:
  const Driver &driver;
  Status status;
};

class Gpu final : public DeviceBackend, private MemorySource {
public:
  /// The device of that index, opened; or a sentence that says why it cannot be used.
  static Result<std::unique_ptr<Gpu>> make(const Driver &driver, int index);
  /// Lets values that use it be made. It is never destroyed afterwards.
  void publish() noexcept { open(number); }

  Storage *new_storage(std::size_t bytes) noexcept override;
  void let_go(Storage &storage) noexcept override;
  bool upload(std::byte *to, const std::byte *from, std::size_t bytes) noexcept override;
  bool download(std::byte *to, const std::byte *from, std::size_t bytes) noexcept override;
  const std::byte *host_copy(Storage &storage) noexcept override;
  void drop_host_copy(Storage &storage) noexcept override;
  bool run(const KernelCall &call) noexcept override;
  std::optional<IndexRange> index_range(const Meta &meta, const std::byte *data) noexcept override;
  std::optional<std::string> refusal() const override;
  std::string memory_text() const override;

  /// The greatest argument of a kernel.
  static constexpr std::size_t max_argument_bytes = 4096;
  /// One launch of enough blocks for `units`, which is not 0; `arguments` are the bytes of the
  /// kernel's struct. False: refused, or the device cannot be used.
  bool launch(const KernelFunction &kernel, std::uint64_t units,
              std::span<const std::byte> arguments) noexcept;
  /// A module of a cubin, or of PTX with a 0 behind it. Null: `failure` says why.
  Module load_module(const char *image, std::string &failure);
  /// Waits for the work so far, which may use it.
  void unload(Module module) noexcept;
  /// A function of a module, ready to be launched. Its handle is null if there is none.
  KernelFunction find_function(Module module, const std::string &name, unsigned threads,
                               unsigned shared_bytes);
  /// Waits until all work so far is done. False: the device is lost.
  bool finish() noexcept override;
  HeapStats memory() const noexcept { return heap.stats(); }
  void reset_memory_peak() noexcept { heap.reset_peak(); }
  void release_cached_memory() noexcept { heap.release_cached(); }
  const Limits &limits() const noexcept { return own_limits; }
  PackedFunctions &packed() noexcept { return packed_functions; }
  bool is_usable() const noexcept { return can_be_used(); }
  /// So far, those of graphs too.
  std::size_t launched() const noexcept { return launches.total(); }
  void *stream_handle() const noexcept { return stream; }
  /// Of a launch: more units than blocks are gone through in turn.
  unsigned blocks_for(std::uint64_t units) const noexcept;

private:
  friend class GraphTier;
  Gpu(const Driver &driver, int index, Context context, Stream stream,
      const Limits &limits) noexcept;

  std::byte *allocate(std::size_t bytes) noexcept override;
  void free(std::byte *block) noexcept override;
  void finish_work() noexcept override { finish(); }

  bool can_be_used() const noexcept;
  /// Whether the call went well; else notes why it did not.
  bool check(Status status) noexcept;

  const Driver &driver;
  const DeviceNumber number;
  const std::string own_name; ///< "cuda:0"
  const Context context;
  const Stream stream;
  const Limits own_limits;
  Heap heap;
  Staging staging;
  LaunchRing launches;
  PackedFunctions packed_functions{*this};
  std::mutex host_copies_lock;
  std::unordered_map<const Storage *, std::byte *> host_copies;
  Event finished = nullptr; ///< for finish()
  std::mutex finish_lock;
  std::atomic<bool> is_lost{false};
  mutable std::mutex why_lock;
  std::string why_lost;
  mutable std::string why_refused; ///< told once
};

/// Whether this process is the child of a fork, in which no GPU can be used.
bool in_child_of_fork() noexcept;

} // namespace jit::gpu
