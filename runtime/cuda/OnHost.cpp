// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/OnHost.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Span.h"

#include <atomic>
#include <vector>

namespace jit::gpu {
namespace {

std::atomic<std::uint64_t> runs{0};

/// The host's copies of the operands and its blocks for the results.
class Copies {
public:
  explicit Copies(DeviceBackend &device) noexcept : device(device) {}
  ~Copies() {
    for (Storage *block : blocks)
      release(block);
  }
  Copies(const Copies &) = delete;

  /// The operand in memory of the host.
  bool fetch(const KernelOperand &operand) {
    KernelOperand &copy = operands.emplace_back(operand);
    copy.storage = nullptr;
    if (!operand.meta)
      return true;
    const Span span = span_of(*operand.meta);
    const std::size_t step = itemsize(operand.meta->dtype);
    const std::size_t before = static_cast<std::size_t>(span.origin) * step;
    const std::size_t bytes = static_cast<std::size_t>(span.elements) * step;
    std::byte *const block = make_block(bytes);
    copy.data = block + before;
    return block && (bytes == 0 || device.download(block, operand.data - before, bytes));
  }
  bool make_result(const KernelResult &result) {
    std::byte *const block = make_block(result.meta->bytes());
    results.push_back({result.meta, block});
    return block != nullptr;
  }
  /// Takes the results to the device.
  bool deliver(std::span<const KernelResult> to) {
    for (std::size_t r = 0; r < to.size(); ++r)
      if (to[r].meta->size > 0 && !device.upload(to[r].data, results[r].data, to[r].meta->bytes()))
        return false;
    return true;
  }

  std::vector<KernelOperand> operands;
  std::vector<KernelResult> results;

private:
  std::byte *make_block(std::size_t bytes) {
    blocks.reserve(blocks.size() + 1);
    Storage *block = new_storage(bytes);
    if (!block)
      return nullptr;
    blocks.push_back(block);
    return block->data;
  }

  DeviceBackend &device;
  std::vector<Storage *> blocks;
};

bool run(DeviceBackend &device, const KernelCall &call) {
  Copies copies(device);
  for (const KernelOperand &operand : call.operands)
    if (!copies.fetch(operand))
      return false;
  for (const KernelResult &result : call.results)
    if (!copies.make_result(result))
      return false;
  return run_kernel({call.op, call.attrs, copies.operands, copies.results}) &&
         copies.deliver(call.results);
}

} // namespace

std::uint64_t host_runs() noexcept { return runs.load(std::memory_order_relaxed); }

bool run_on_host(DeviceBackend &device, const KernelCall &call) noexcept {
  runs.fetch_add(1, std::memory_order_relaxed);
  bool done = false;
  if_memory([&] { done = run(device, call); });
  return done;
}

} // namespace jit::gpu
