// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Contraction.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/ContractChoice.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/Scratch.h"
#include "runtime/kernels/ProductShapes.h"

namespace jit::gpu {
namespace {

/// One launch of a kernel of the pack.
template <class Args>
Launched launch(Gpu &gpu, const std::string &kernel, std::uint64_t units, unsigned shared_bytes,
                const Args &args) noexcept {
  const KernelFunction *found = gpu.packed().find(kernel);
  if (!found)
    return gpu.is_usable() ? Launched::no_kernel : Launched::refused;
  KernelFunction function = *found;
  function.shared_bytes = shared_bytes;
  return gpu.launch(function, units, std::as_bytes(std::span(&args, 1))) ? Launched::yes
                                                                         : Launched::refused;
}

Launched launch_product(Gpu &gpu, const ContractArgs &args, const ContractChoice &choice, void *c) {
  ProductArgs p = product_args(args, choice);
  p.a = args.a;
  p.b = args.b;
  p.c = c;
  return launch(gpu, choice.tile.kernel(name(args.dtype)), p.units,
                contract_shared_bytes(choice.tile, args.dtype), p);
}

std::string join_kernel(DType dtype) { return "contract_join_" + std::string(name(dtype)); }

/// Sums of chunks of k, or all of it.
Launched launch_parts(Gpu &gpu, const ContractArgs &args, DeviceScratch &scratch,
                      ProductParts &parts) {
  ContractChoice choice = choose_contract(args, gpu.limits().multiprocessors);
  const std::int64_t size = args.m * args.n * batch_size(args.batch);
  std::byte *const sums =
      choice.parts > 1 ? scratch.take(size * choice.parts, args.dtype) : nullptr;
  if (!sums)
    choice.parts = 1;
  void *const c = sums ? sums : args.c;
  parts = {c, static_cast<std::uint64_t>(choice.parts)};
  return launch_product(gpu, args, choice, c);
}

Launched launch_join(Gpu &gpu, const ContractArgs &args, const ProductParts &parts) {
  const std::int64_t size = args.m * args.n * batch_size(args.batch);
  const JoinArgs join{args.c, parts.first, static_cast<unsigned long long>(size), parts.count};
  constexpr std::int64_t per_unit = 256;
  return launch(gpu, join_kernel(args.dtype), static_cast<std::uint64_t>(units_of(size, per_unit)),
                0, join);
}

/// Chunks of rows, then chunks of their sums, until each row has one.
Launched run_vecdot(Gpu &gpu, const KernelCall &call) {
  const KernelResult &result = call.results[0];
  const DType dtype = result.meta->dtype;
  const VecdotShape shape(call);
  if (shape.full[0].dtype != dtype || shape.full[1].dtype != dtype)
    return Launched::no_kernel;
  const auto step_of = [](const StridedView &view) { return view.strides[view.rank - 1]; };
  DeviceScratch scratch(gpu);
  DotArgs p{};
  StridedView rows[2] = {shape.rows[0], shape.rows[1]};
  p.a_step = step_of(shape.full[0]);
  p.b_step = step_of(shape.full[1]);
  p.a = rows[0].data;
  p.b = rows[1].data;
  for (std::int64_t count = shape.count;;) {
    const std::int64_t chunks = chunks_of_row(count);
    p.count = static_cast<unsigned long long>(count);
    p.axes = 0;
    p.units = 1;
    add_axis(p, chunks, 0, 0);
    for (int axis = rows[0].rank; axis-- > 0;)
      add_axis(p, rows[0].dims[axis], rows[0].strides[axis], rows[1].strides[axis]);
    std::byte *const sums =
        chunks == 1 ? result.data : scratch.take(result.meta->size * chunks, dtype);
    if (!sums)
      return Launched::refused;
    p.c = sums;
    const Launched launched =
        launch(gpu, "dot_" + std::string(name(dtype)), p.units, dot_shared_bytes(dtype), p);
    if (chunks == 1 || launched != Launched::yes)
      return launched;
    p.a = sums;
    p.b = nullptr; // their products with 1
    p.a_step = 1;
    rows[0].rank = 0;
    rows[0].push(result.meta->size, chunks);
    rows[1].strides[0] = 0;
    count = chunks;
  }
}

} // namespace

Launched run_parts(Gpu &gpu, const ContractArgs &given, DeviceScratch &scratch,
                   ProductParts &parts) noexcept {
  const ContractArgs args = folded_batch(given);
  parts = {args.c, 1};
  if (args.m == 0 || args.n == 0 || batch_size(args.batch) == 0)
    return Launched::yes;
  if (args.batch.rank > most_batch_axes)
    return Launched::no_kernel;
  Launched launched = Launched::refused;
  if_memory([&] { launched = launch_parts(gpu, args, scratch, parts); });
  return launched;
}

Launched run_product(Gpu &gpu, const ContractArgs &args) noexcept {
  DeviceScratch scratch(gpu);
  ProductParts parts{};
  Launched launched = run_parts(gpu, args, scratch, parts);
  if (launched != Launched::yes || parts.count == 1)
    return launched;
  launched = Launched::refused;
  if_memory([&] { launched = launch_join(gpu, args, parts); });
  return launched;
}

void load_product(Gpu &gpu, const ContractArgs &given) noexcept {
  const ContractArgs args = folded_batch(given);
  const ContractChoice choice = choose_contract(args, gpu.limits().multiprocessors);
  if_memory([&] {
    gpu.packed().find(choice.tile.kernel(name(args.dtype)));
    if (choice.parts > 1)
      gpu.packed().find(join_kernel(args.dtype));
  });
}

Launched run_contraction(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  if (!is_vecdot(call))
    return run_product(gpu, MatmulShape(call).args);
  Launched launched = Launched::refused;
  if_memory([&] { launched = run_vecdot(gpu, call); });
  return launched;
}

} // namespace jit::gpu
