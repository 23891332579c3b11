// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CodeMapping: blobs in memory that can be run.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/program/KernelBlob.h"

#include <memory>
#include <span>

namespace jit {

/// Written first, executable then, never both at a time. Unmapped when destroyed, on any thread;
/// nobody may run it then.
class TRACEJIT_PRIVATE CodeMapping {
public:
  /// Null and a message in `error` if the system refuses the memory.
  static std::shared_ptr<const CodeMapping> create(std::span<const KernelBlob> blobs,
                                                   std::string &error);
  ~CodeMapping();
  CodeMapping(const CodeMapping &) = delete;
  CodeMapping &operator=(const CodeMapping &) = delete;

  const std::byte *place(std::size_t blob) const { return places[blob]; }
  /// Function number `entry` of blob number `blob`.
  void *function(std::size_t blob, std::size_t entry) const { return entries[blob][entry]; }

private:
  CodeMapping(std::byte *memory, std::size_t bytes) : memory(memory), bytes(bytes) {}

  std::byte *memory;
  std::size_t bytes;
  std::vector<const std::byte *> places; ///< of the blobs
  std::vector<std::vector<void *>> entries;
};

} // namespace jit
