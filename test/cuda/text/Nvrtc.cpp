// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/Nvrtc.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <vector>

namespace jit::gpu::test {
namespace {

using Program = struct ProgramOfNvrtc *;

void *open_nvrtc(std::string &found) {
  for (const char *folder : {"", "/usr/local/cuda/lib64/"})
    for (const char *name : {"libnvrtc.so.13", "libnvrtc.so.12"}) {
      found = std::string(folder) + name;
      if (void *library = dlopen(found.c_str(), RTLD_NOW | RTLD_LOCAL))
        return library;
    }
  found.clear();
  return nullptr;
}

struct Nvrtc {
  std::string path;
  void *library = open_nvrtc(path);

  template <class... Argument> int call(const char *name, Argument... argument) const {
    auto function = reinterpret_cast<int (*)(Argument...)>(dlsym(library, name));
    return function == nullptr ? -1 : function(argument...);
  }
};

const Nvrtc &nvrtc() {
  static const Nvrtc one;
  return one;
}

} // namespace

std::string find_nvrtc() { return nvrtc().path; }

std::string compile_by_nvrtc(const std::string &text, const std::string &target) {
  const Nvrtc &n = nvrtc();
  Program program = nullptr;
  const std::string architecture = "--gpu-architecture=" + target;
  const char *options[] = {architecture.c_str(), "--std=c++17",       "--minimal",
                           "--fmad=false",       "--ftz=false",       "--prec-div=true",
                           "--prec-sqrt=true",   "--disable-warnings"};
  const char *const none = nullptr;
  n.call("nvrtcCreateProgram", &program, text.c_str(), "text.cu", 0, &none, &none);
  const int failed = n.call("nvrtcCompileProgram", program, static_cast<int>(std::size(options)),
                            static_cast<const char *const *>(options));
  std::size_t size = 0;
  std::string result;
  if (failed != 0) {
    n.call("nvrtcGetProgramLogSize", program, &size);
    result.resize(size);
    n.call("nvrtcGetProgramLog", program, result.data());
    ADD_FAILURE() << target << ": " << result.substr(0, 2000);
    result.clear();
  } else {
    n.call("nvrtcGetCUBINSize", program, &size);
    result.resize(size);
    n.call("nvrtcGetCUBIN", program, result.data());
  }
  n.call("nvrtcDestroyProgram", &program);
  return result;
}

} // namespace jit::gpu::test
