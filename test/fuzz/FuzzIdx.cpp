// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as an IDX file, plain or compressed: refused with a message, or whole.
#include "runtime/base/Meta.h"
#include "runtime/tensor/Idx.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const jit::Result<jit::IdxArray> array =
      jit::parse_idx({reinterpret_cast<const std::byte *>(data), size});
  if (!array) {
    if (array.message().empty())
      std::abort();
    return 0;
  }
  // A shape that a tensor can have, with as many elements as were read.
  const std::optional<std::int64_t> count = jit::checked_size(jit::DType::u8, array->shape);
  if (!count || static_cast<std::uint64_t>(*count) != array->data.size())
    std::abort();
  return 0;
}
