// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PackedFunctions: the kernels of eager ops on one device. A module is loaded when one of its
// kernels is first asked for: then the driver compiles its PTX, and keeps that on disk.
#pragma once

#include "runtime/cuda/KernelFunction.h"
#include "runtime/cuda/Pack.h"
#include "runtime/ops/OpTable.h"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace jit::gpu {

class Gpu;

/// How the operands of an elementwise kernel lie (FamilyArgs.h).
enum class Layout : std::uint8_t { contiguous, strided, wide };

class PackedFunctions {
public:
  explicit PackedFunctions(Gpu &gpu) noexcept : gpu(gpu) {}
  PackedFunctions(const PackedFunctions &) = delete;

  /// The kernel of a function of elements of a dtype; of casts, to that dtype, and from `from` if
  /// the layout is contiguous. Null: the pack has none, or the device refuses its module.
  const KernelFunction *find(ScalarFunction function, DType dtype, Layout layout,
                             DType from = DType::boolean) noexcept;

  /// Any other kernel by its name in the text. Takes a lock.
  const KernelFunction *find(std::string_view name) noexcept;

private:
  static constexpr std::size_t functions = static_cast<std::size_t>(ScalarFunction::none);
  static constexpr std::size_t dtypes = static_cast<std::size_t>(DType::f64) + 1;
  static constexpr std::size_t layouts = 3;
  using Place = std::atomic<const KernelFunction *>;

  const KernelFunction *load(std::string_view name);
  static std::string name_of(ScalarFunction function, DType dtype, Layout layout, DType from);

  Gpu &gpu;
  std::array<Place, functions * dtypes * layouts> known{};
  std::array<Place, dtypes * dtypes> known_casts{};
  std::mutex lock; ///< guards the rest
  std::map<std::uint32_t, Module> modules;
  /// By name, null: there is none.
  std::map<std::string, std::unique_ptr<const KernelFunction>, std::less<>> loaded;
};

} // namespace jit::gpu
