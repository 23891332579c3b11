// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DLPack's tensors, which come from C and go there.
#pragma once

#include <tracejit/dlpack_abi.h>
#include <tracejit/program.h>

#include <cstddef>
#include <string>
#include <vector>

namespace jit::c {

/// The inputs of a call. What was given up and has not become a tensor goes back to its deleter.
class GivenTensors {
public:
  GivenTensors(DLManagedTensorVersioned *const *given, std::size_t count, bool is_ours) noexcept
      : given(given), count(given ? count : 0), is_ours(is_ours) {}
  GivenTensors(const GivenTensors &) = delete;
  ~GivenTensors();
  /// One for each. Throws invalid_argument, unsupported and out_of_memory. `function` is for texts.
  /// Called once.
  std::vector<Tensor> take(const std::string &function, const std::vector<ModuleTensor> &wanted);

private:
  Tensor take_one(std::size_t k, const std::string &what, const ModuleTensor &wanted);
  bool came_before(std::size_t k) const noexcept;

  DLManagedTensorVersioned *const *given;
  std::size_t count;
  bool is_ours;
  std::size_t settled = 0; ///< inputs that have found their way, from the first on
};

/// A tensor for C, which delete_tensor gives back.
DLManagedTensorVersioned *new_managed(const Tensor &tensor);
void delete_managed(DLManagedTensorVersioned *tensor) noexcept;

} // namespace jit::c
