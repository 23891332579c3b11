// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/LoadCompiler.h"

#include "runtime/base/Options.h"

#include <dlfcn.h>
#include <filesystem>

namespace jit {

/// Where libtracejit itself was loaded from.
static std::filesystem::path own_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void *>(&load_compiler), &info) || !info.dli_fname)
    return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

std::unique_ptr<Compiler> load_compiler(std::string &message) {
  const std::filesystem::path path = options().compiler.empty()
                                         ? own_folder() / "libtracejit-compiler.so"
                                         : std::filesystem::path(options().compiler);
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    message = dlerror();
    return nullptr;
  }
  auto *create = reinterpret_cast<CreateCompiler *>(dlsym(library, create_compiler_symbol));
  if (!create) {
    message = path.string() + ": not a tracejit compiler";
    return nullptr;
  }
  std::unique_ptr<Compiler> compiler(create());
  if (!compiler)
    message = path.string() + ": the compiler could not be made";
  return compiler;
}

} // namespace jit
