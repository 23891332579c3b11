// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as an IDX file, plain or compressed: refused with a message, or whole.
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
  std::uint64_t count = 1;
  for (const std::int64_t extent : array->shape)
    count *= static_cast<std::uint64_t>(extent);
  if (count != array->data.size())
    std::abort();
  return 0;
}
