// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that make values out of numbers.
#include "runtime/cuda/CreationArgs.h"
#include "runtime/cuda/Families.h"
#include "runtime/cuda/PackedLaunch.h"
#include "runtime/cuda/Pairs.h"
#include "runtime/cuda/Walk.h"
#include "runtime/ops/Attributes.h"

#include <cstdlib>

namespace jit::gpu {
namespace {

/// A launch of a kernel whose threads make `per_thread` elements.
Launched make(Gpu &gpu, const PackedName &name, std::size_t per_thread,
              const CreationArgs &args) noexcept {
  const std::uint64_t per_block = 256 * per_thread;
  return args.count == 0 ? Launched::yes
                         : launch_packed(gpu, name, (args.count + per_block - 1) / per_block, args);
}

/// Key, counter and what else the op has.
CreationArgs args_of(const KernelCall &call, std::byte *to) noexcept {
  CreationArgs args{to, static_cast<std::uint64_t>(call.results[0].meta->size), {}};
  for (std::size_t k = 0; k < call.operands.size(); ++k)
    args.number[k] = static_cast<std::uint64_t>(call.operands[k].scalar.as_int());
  return args;
}

Launched permutation(Gpu &gpu, const KernelCall &call) noexcept {
  const std::int64_t size = call.results[0].meta->size;
  if (size == 0)
    return Launched::yes;
  Pairs pairs(gpu, Pairs::in_long, 1, size);
  if (!pairs)
    return Launched::refused;
  Launched launched = make(gpu, {"random_pairs"}, 2, args_of(call, pairs.data()));
  if (launched == Launched::yes)
    launched = pairs.sort();
  if (launched != Launched::yes)
    return launched;
  Walk walk(gpu);
  walk.push(size, {1, 0, 0});
  return pairs.write_places(walk, call.results[0].data);
}

} // namespace

Launched run_creation(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const std::string_view dtype = name(result.meta->dtype);
  const std::size_t per_block = 16 / itemsize(result.meta->dtype); // of random numbers
  switch (call.op) {
  case OpKind::full:
    return run_fill(gpu, call);
  case OpKind::arange: {
    const ArangeAttrs attrs = ArangeAttrs::decode(call.attrs);
    return make(
        gpu, {"arange_", dtype}, 1,
        {result.data,
         static_cast<std::uint64_t>(result.meta->size),
         {static_cast<std::uint64_t>(attrs.start), static_cast<std::uint64_t>(attrs.step)}});
  }
  case OpKind::uniform:
    return make(gpu, {"uniform_", dtype}, per_block, args_of(call, result.data));
  case OpKind::normal:
    return make(gpu, {"normal_", dtype}, per_block, args_of(call, result.data));
  case OpKind::randint:
    return make(gpu, {"randint_", dtype}, 2, args_of(call, result.data));
  case OpKind::permutation:
    return permutation(gpu, call);
  default: // of other families
    std::abort();
  }
}

} // namespace jit::gpu
