// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/LoadCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/base/Version.h"

#include <dlfcn.h>
#include <filesystem>

namespace jit {

static constexpr const char *library_name = "libtracejit-compiler.so";

/// Beside the library that this code is in; by name alone if that is not known.
static std::string default_path() {
  Dl_info self{};
  if (!dladdr(reinterpret_cast<const void *>(&load_compiler), &self) || !self.dli_fname)
    return library_name;
  return (std::filesystem::path(self.dli_fname).parent_path() / library_name).string();
}

std::unique_ptr<Compiler> load_compiler(std::string &message) {
  const std::string path = options().compiler.empty() ? default_path() : options().compiler;
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    const char *reason = dlerror();
    message = "the compiler library cannot be opened: " + std::string(reason ? reason : path);
    return nullptr;
  }
  void *symbol = dlsym(library, create_compiler_symbol);
  if (!symbol) {
    message = path + " is no compiler of tracejit: it lacks " + create_compiler_symbol;
    return nullptr;
  }
  void *version = dlsym(library, compiler_version_symbol);
  const std::string found = version ? reinterpret_cast<CompilerVersion *>(version)() : "unknown";
  if (found != library_version) {
    message = path + " is of version " + found + ", but libtracejit of version " + library_version +
              ": use the one that came with it";
    return nullptr;
  }
  message.clear();
  return std::unique_ptr<Compiler>(reinterpret_cast<CreateCompiler *>(symbol)());
}

} // namespace jit
