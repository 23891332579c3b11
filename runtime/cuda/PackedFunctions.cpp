// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/PackedFunctions.h"

#include "runtime/base/Log.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/Gpu.h"

#include <string_view>

namespace jit::gpu {

std::string PackedFunctions::name_of(ScalarFunction function, DType dtype, Layout layout,
                                     DType from) {
  constexpr std::string_view suffixes[] = {"_c", "_s", "_S"};
  std::string text(jit::name(function));
  if (function == ScalarFunction::cast && layout == Layout::contiguous)
    text.append("_").append(jit::name(from));
  return text.append("_")
      .append(jit::name(dtype))
      .append(suffixes[static_cast<std::size_t>(layout)]);
}

/// The lock is held.
const KernelFunction *PackedFunctions::load(std::string_view name) {
  if (const auto known = loaded.find(name); known != loaded.end())
    return known->second.get();
  const auto entry = loaded.try_emplace(std::string(name)).first;
  const PackedKernel *packed = find_packed(name);
  if (!packed)
    return nullptr;
  Module &module = modules[packed->module];
  std::string failure;
  if (!module) {
    module = gpu.load_module(packed_ptx(packed->module).c_str(), failure);
    log_line(LogComponent::runtime, module ? LogLevel::info : LogLevel::error,
             module ? "loaded kernels for " + entry->first : failure);
  }
  const KernelFunction found =
      module ? gpu.find_function(module, entry->first, packed->threads, 0) : KernelFunction{};
  if (found.handle)
    entry->second = std::make_unique<const KernelFunction>(found);
  return entry->second.get(); // null for ever: the CPU computes it
}

const KernelFunction *PackedFunctions::find(ScalarFunction function, DType dtype, Layout layout,
                                            DType from) noexcept {
  const auto at = [](auto value) { return static_cast<std::size_t>(value); };
  const bool is_cast = function == ScalarFunction::cast && layout == Layout::contiguous;
  Place &place = is_cast ? known_casts[at(from) * dtypes + at(dtype)]
                         : known[(at(function) * dtypes + at(dtype)) * layouts + at(layout)];
  if (const KernelFunction *there = place.load(std::memory_order_acquire)) [[likely]]
    return there;
  const KernelFunction *found = nullptr;
  if_memory([&] { found = find(name_of(function, dtype, layout, from)); });
  if (found)
    place.store(found, std::memory_order_release);
  return found;
}

const KernelFunction *PackedFunctions::find(std::string_view name) noexcept {
  const KernelFunction *found = nullptr;
  if_memory([&] {
    const std::lock_guard guard(lock);
    found = load(name);
  });
  return found;
}

} // namespace jit::gpu
