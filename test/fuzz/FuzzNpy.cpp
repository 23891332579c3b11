// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as an .npy file: refused with a message, or decoded within bounds.
#include "runtime/tensor/Npy.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte *>(data), size);
  const jit::Result<jit::NpyHeader> header = jit::parse_npy(file);
  if (!header) {
    if (header.message().empty())
      std::abort();
    return 0;
  }
  if (header->data_offset + header->data_bytes != size)
    std::abort();
  std::vector<std::byte> target(header->data_bytes);
  jit::decode_npy(*header, data ? file.data() + header->data_offset : nullptr, target.data());
  // What was read can be written and read again.
  const std::string again = jit::npy_header(header->dtype, header->shape);
  const jit::Result<jit::NpyHeader> second =
      jit::parse_npy(std::as_bytes(std::span(again)), again.size() + header->data_bytes);
  if (!second || second->dtype != header->dtype || second->data_bytes != header->data_bytes)
    std::abort();
  return 0;
}
