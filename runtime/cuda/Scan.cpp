// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans: blocks by themselves, what each begins with, and that joined to its elements, a launch
// each; axes of one block take one launch.
#include "runtime/cuda/RowLaunch.h"
#include "runtime/kernels/AxisCut.h"
#include "runtime/ops/Attributes.h"

namespace jit::gpu {
namespace {

StridedView line(const std::byte *data, DType dtype, std::int64_t count) noexcept {
  StridedView view;
  view.data = data;
  view.dtype = dtype;
  view.push(count, 1);
  return view;
}

/// Rows and columns, as the kernels number them.
StridedView rows_of(const AxisCut &cut) noexcept {
  StridedView rows;
  for (const StridedView *part : {&cut.before, &cut.behind})
    for (int axis = 0; axis < part->rank; ++axis)
      if (part->dims[axis] != 1)
        rows.push(part->dims[axis], part->strides[axis]);
  return rows;
}

class ScanLaunches {
public:
  /// From the last element to the first if `reverse`.
  ScanLaunches(Gpu &gpu, const AxisCut &x, bool reverse, std::byte *result) noexcept
      : gpu(gpu), scratch(gpu), dtype(x.before.dtype), reverse(reverse) {
    const std::int64_t columns = x.behind.size();
    blocks = ceil_div(x.extent, scan_block);
    items = x.before.size() * blocks * columns;
    args.result = result;
    args.x = first_of(x);
    args.step = reverse ? -x.stride : x.stride;
    args.rows = static_cast<std::uint64_t>(x.before.size());
    args.columns = static_cast<std::uint64_t>(columns);
    args.extent = static_cast<std::uint64_t>(x.extent);
    args.blocks = static_cast<std::uint64_t>(blocks);
    args.result_first = reverse ? (x.extent - 1) * columns : 0;
    args.result_step = reverse ? -columns : columns;
    set_axes(args.axes, rows_of(x));
  }

  Launched cumulate(std::string_view kind) noexcept {
    if (!take(args.totals) || (blocks > 1 && !take(args.carries)))
      return Launched::refused;
    const bool by_rows = args.columns == 1;
    const Launched launched =
        launch({"scan", kind, name(dtype), by_rows ? "rows" : "columns"},
               ceil_div(items, row_threads), by_rows ? scan_tile_bytes(dtype) : 0);
    return launched == Launched::yes
               ? join({"scan", kind, name(dtype), "carry"}, {"scan", kind, name(dtype), "join"})
               : launched;
  }

  Launched linear(const AxisCut &factors) noexcept {
    args.factors = first_of(factors);
    args.factor_step = reverse ? -factors.stride : factors.stride;
    set_axes(args.factor_axes, rows_of(factors));
    std::byte *products =
        scratch.take(static_cast<std::int64_t>(args.rows * args.extent * args.columns), dtype);
    args.products = products;
    if (!products || !take(args.totals) || !take(args.total_products) || !take(args.carries))
      return Launched::refused;
    const Launched launched =
        launch({"linear", name(dtype), "columns"}, ceil_div(items, row_threads));
    return launched == Launched::yes
               ? join({"linear", name(dtype), "carry"}, {"linear", name(dtype), "join"})
               : launched;
  }

private:
  const std::byte *first_of(const AxisCut &cut) const noexcept {
    const auto item = static_cast<std::int64_t>(itemsize(dtype));
    return cut.before.data + (reverse ? (cut.extent - 1) * cut.stride * item : 0);
  }
  /// An element for each block of each column.
  bool take(void *&place) noexcept {
    place = scratch.take(items, dtype);
    return place != nullptr;
  }
  using Words = std::initializer_list<std::string_view>;
  Launched launch(Words kernel, std::int64_t units, unsigned shared_bytes = 0) noexcept {
    return start(gpu, find_kernel(gpu, kernel), units, args, shared_bytes);
  }
  Launched join(Words carry, Words elements) noexcept {
    if (blocks == 1)
      return Launched::yes;
    const Launched launched = launch(carry, ceil_div(items / blocks, row_threads));
    return launched == Launched::yes
               ? launch(elements, args.columns == 1 ? items : ceil_div(items, row_threads))
               : launched;
  }

  Gpu &gpu;
  DeviceScratch scratch;
  const DType dtype;
  const bool reverse;
  std::int64_t blocks, items;
  ScanArgs args{};
};

/// Sums and products of integers, which wrap, are scanned in 64 bits.
Launched run_cumulative(Gpu &gpu, const KernelCall &call) noexcept {
  const CumulativeSumAttrs attrs = CumulativeSumAttrs::decode(call.attrs);
  const KernelResult &result = call.results[0];
  const DType to = result.meta->dtype, scanned = is_float(to) ? to : DType::i64;
  const std::int64_t size = result.meta->size;
  DeviceScratch scratch(gpu);
  StridedView x = view_of(*call.operands[0].meta, call.operands[0].data);
  Launched launched = Launched::yes;
  // Floats become what the dtype holds before they become 64 bits.
  if (x.dtype != to && is_float(x.dtype))
    launched = convert(gpu, scratch, to, x);
  if (launched == Launched::yes && x.dtype != scanned)
    launched = convert(gpu, scratch, scanned, x);
  if (launched != Launched::yes)
    return launched;
  std::byte *wide = to == scanned ? result.data : scratch.take(size, scanned);
  if (!wide)
    return Launched::refused;
  launched = ScanLaunches(gpu, AxisCut(x, attrs.axis), attrs.reverse, wide)
                 .cumulate(call.op == OpKind::cumulative_sum ? "sum" : "prod");
  return launched != Launched::yes || to == scanned
             ? launched
             : run_copy(gpu, line(wide, scanned, size), to, result.data);
}

} // namespace

Launched run_scan(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  if (call.op != OpKind::linear_scan)
    return run_cumulative(gpu, call);
  const LinearScanAttrs attrs = LinearScanAttrs::decode(call.attrs);
  const AxisCut factors(call.operands[0], attrs.axis), terms(call.operands[1], attrs.axis);
  return ScanLaunches(gpu, terms, attrs.reverse, call.results[0].data).linear(factors);
}

} // namespace jit::gpu
