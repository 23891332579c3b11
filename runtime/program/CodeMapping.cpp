// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/CodeMapping.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>

namespace jit {

static std::size_t aligned(std::size_t bytes) {
  return (bytes + KernelBlob::alignment - 1) / KernelBlob::alignment * KernelBlob::alignment;
}

std::shared_ptr<const CodeMapping> CodeMapping::create(std::span<const KernelBlob> blobs,
                                                       std::string &error) {
  std::size_t bytes = 0;
  for (const KernelBlob &blob : blobs)
    bytes += aligned(blob.bytes.size());
  const auto fail = [&error] {
    error = "no memory for code: " + std::string(std::strerror(errno));
    return nullptr;
  };
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return fail();
  const std::shared_ptr<CodeMapping> mapping(
      new CodeMapping(static_cast<std::byte *>(memory), bytes));
  std::byte *place = mapping->memory;
  for (const KernelBlob &blob : blobs) {
    std::memcpy(place, blob.bytes.data(), blob.bytes.size());
    mapping->places.push_back(place);
    std::vector<void *> &list = mapping->entries.emplace_back();
    for (const std::size_t entry : blob.entries)
      list.push_back(place + entry);
    place += aligned(blob.bytes.size());
  }
  if (mprotect(memory, bytes, PROT_READ | PROT_EXEC) != 0)
    return fail();
  return mapping;
}

CodeMapping::~CodeMapping() { munmap(memory, bytes); }

} // namespace jit
