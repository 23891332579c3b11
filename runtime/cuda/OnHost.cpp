// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/OnHost.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/program/Products.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Span.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

namespace jit::gpu {
namespace {

std::atomic<std::uint64_t> runs{0};

/// Copies in memory of the host, which live as long as this.
class Copies {
public:
  explicit Copies(DeviceBackend &device) noexcept : device(device) {}
  ~Copies() {
    for (Storage *block : blocks)
      release(block);
  }
  Copies(const Copies &) = delete;

  /// A block of the host; nullptr: no memory.
  std::byte *make(std::size_t bytes) {
    blocks.reserve(blocks.size() + 1);
    Storage *block = new_storage(bytes);
    if (!block)
      return nullptr;
    blocks.push_back(block);
    return block->data;
  }
  /// Element [0, ..., 0] of a copy of a tensor with its strides; nullptr: not to be had.
  std::byte *fetch(const Meta &meta, const std::byte *data) {
    const Span span = span_of(meta);
    const std::size_t step = itemsize(meta.dtype);
    const std::size_t before = static_cast<std::size_t>(span.origin) * step;
    const std::size_t bytes = static_cast<std::size_t>(span.elements) * step;
    std::byte *const block = make(bytes);
    const bool there = block && (bytes == 0 || device.download(block, data - before, bytes));
    return there ? block + before : nullptr;
  }
  /// The whole span of a fetched tensor.
  bool put_back(const Meta &meta, std::byte *to, const std::byte *from) {
    const Span span = span_of(meta);
    const auto step = static_cast<std::int64_t>(itemsize(meta.dtype));
    const std::int64_t before = span.origin * step;
    return span.elements == 0 || device.upload(to - before, from - before,
                                               static_cast<std::size_t>(span.elements * step));
  }
  bool deliver(const Meta &meta, std::byte *to, const std::byte *from) {
    return meta.size == 0 || device.upload(to, from, meta.bytes());
  }

private:
  DeviceBackend &device;
  std::vector<Storage *> blocks;
};

bool run(DeviceBackend &device, const KernelCall &call) {
  Copies copies(device);
  std::vector<KernelOperand> operands(call.operands.begin(), call.operands.end());
  std::vector<KernelResult> results(call.results.begin(), call.results.end());
  for (KernelOperand &operand : operands) {
    operand.storage = nullptr;
    if (operand.meta && !(operand.data = copies.fetch(*operand.meta, operand.data)))
      return false;
  }
  for (KernelResult &result : results)
    if (!(result.data = copies.make(result.meta->bytes())))
      return false;
  if (!run_kernel({call.op, call.attrs, operands, results}))
    return false;
  for (std::size_t r = 0; r < results.size(); ++r)
    if (!copies.deliver(*results[r].meta, call.results[r].data, results[r].data))
      return false;
  return true;
}

/// C with the strides by which the product stores it.
Meta rows_of(const ContractStep &step) {
  DimList dims(Dims(step.batch_sizes)), strides(Dims(step.c_batch_strides));
  for (const auto &[extent, stride] :
       {std::pair(step.m, step.c_row_stride), std::pair(step.n, std::int64_t{1})}) {
    dims.push_back(extent);
    strides.push_back(stride);
  }
  Meta meta{};
  meta.dtype = step.dtype;
  meta.rank = static_cast<std::uint8_t>(dims.size());
  meta.size = *checked_size(step.dtype, dims);
  std::ranges::copy(Dims(dims), meta.dim_values);
  std::ranges::copy(Dims(strides), meta.stride_values);
  return meta;
}

bool run(DeviceBackend &device, const ContractStep &step, const ProductPlaces &places) {
  Copies copies(device);
  ContractArgs args = shape_of(step);
  args.a = copies.fetch(*step.a.meta, places.a);
  args.b = copies.fetch(*step.b.meta, places.b);
  // C may be rows of a joined value: what lies between them has to stay.
  const Meta rows = rows_of(step);
  std::byte *const c = copies.fetch(rows, places.c);
  args.c = c;
  const Parallel alone;
  args.scratch = copies.make(contract_scratch_bytes(args, active_isa(), alone));
  if (!args.a || !args.b || !c || !args.scratch)
    return false;
  contract(args, active_isa(), alone);
  return copies.put_back(rows, places.c, c);
}

} // namespace

std::uint64_t host_runs() noexcept { return runs.load(std::memory_order_relaxed); }

bool run_on_host(DeviceBackend &device, const KernelCall &call) noexcept {
  runs.fetch_add(1, std::memory_order_relaxed);
  bool done = false;
  if_memory([&] { done = run(device, call); });
  return done;
}

bool contract_on_host(DeviceBackend &device, const ContractStep &step,
                      const ProductPlaces &places) noexcept {
  runs.fetch_add(1, std::memory_order_relaxed);
  bool done = false;
  if_memory([&] { done = run(device, step, places); });
  return done;
}

} // namespace jit::gpu
