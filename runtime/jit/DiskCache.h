// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DiskCache: programs that earlier processes compiled. Never an error: what cannot be read is
// compiled, and what goes wrong with the folder switches the cache off for this process.
#pragma once

#include "runtime/jit/Compiler.h"
#include "runtime/program/CacheFolder.h"
#include "runtime/program/PlannedProgram.h"

#include <memory>
#include <optional>
#include <string>

namespace jit {

/// For the compile thread.
class DiskCache {
public:
  /// Entries are of the compiler library with this build id; the cache is off if it is empty.
  /// Further calls count only with another id, as after a library was replaced.
  void open(const std::string &compiler_id);
  void close() noexcept { folder.reset(); }
  /// Whether there is a program in the folder.
  bool has_entries() const;
  /// Null: the cache is off.
  const CacheFolder *place() const noexcept { return folder ? &*folder : nullptr; }
  /// Text: which libraries the entries belong to.
  std::string libraries() const;
  void give_up(const std::string &why) noexcept;

  /// The program, if it is there. Everything that decides about it is in the key, all of which is
  /// compared.
  std::unique_ptr<const Program> find(const Graph &graph, const CompileOptions &options);
  void add(const Graph &graph, const CompileOptions &options, const CompileResult &result);

private:
  std::vector<std::byte> file_of(const std::string &key, const CompileResult &result) const;
  std::string key_of(const Graph &graph, const CompileOptions &options) const;

  std::optional<CacheFolder> folder;
  std::string compiler, runtime; ///< build ids
};

} // namespace jit
