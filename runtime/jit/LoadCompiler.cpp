// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/LoadCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/base/Version.h"
#include "runtime/jit/CompilerNote.h"

#include <dlfcn.h>
#include <filesystem>

namespace jit {

static constexpr const char *library_name = "libtracejit-compiler.so";

/// With a slash: the loader would search its own folders for a mere name.
static std::filesystem::path compiler_path() {
  std::error_code no_folder;
  if (!options().compiler.empty())
    return std::filesystem::absolute(options().compiler, no_folder);
  Dl_info self{};
  if (!dladdr(reinterpret_cast<const void *>(&load_compiler), &self) || !self.dli_fname)
    return std::filesystem::absolute(library_name, no_folder);
  return std::filesystem::absolute(self.dli_fname, no_folder).replace_filename(library_name);
}

static bool fits(const std::filesystem::path &path, std::string &message) {
  const Result<std::string> version = read_compiler_version(path);
  if (!version)
    message = "the compiler library cannot be opened: " + version.message();
  else if (version->empty())
    message = path.string() + " is no compiler of tracejit: it has no note of its version";
  else if (*version != library_version)
    message = path.string() + " is of version " + *version + ", but libtracejit of version " +
              library_version + ": use the one that came with it";
  else
    return true;
  return false;
}

bool compiler_fits(std::string &message) { return fits(compiler_path(), message); }

std::string compiler_build_id() { return read_build_id(compiler_path()); }

std::unique_ptr<Compiler> load_compiler(std::string &message) {
  const std::filesystem::path path = compiler_path();
  if (!fits(path, message))
    return nullptr;
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void *symbol = library ? dlsym(library, create_compiler_symbol) : nullptr;
  if (!symbol) {
    const char *reason = dlerror();
    message = "the compiler library cannot be opened: " + (reason ? reason : path.string());
    return nullptr;
  }
  return std::unique_ptr<Compiler>(reinterpret_cast<CreateCompiler *>(symbol)());
}

} // namespace jit
