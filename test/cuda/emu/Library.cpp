// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening emulated libraries from files or from memory.
#include "test/cuda/emu/Library.h"
#include "test/cuda/emu/Block.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jit::emu {

std::unique_ptr<Library> Library::open_file(const std::string &path, std::string &why) {
  void *const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    why = ::dlerror();
    return nullptr;
  }
  const auto bind = reinterpret_cast<void (*)(const tj_emu_host *)>(::dlsym(handle, "tj_emu_bind"));
  const auto image = static_cast<const tj_emu_image *>(::dlsym(handle, "tj_emu_image"));
  if (!bind || !image) {
    why = path + " is no emulated library";
    ::dlclose(handle);
    return nullptr;
  }
  bind(&host());
  return std::unique_ptr<Library>(new Library(handle, image));
}

std::unique_ptr<Library> Library::open_bytes(std::span<const std::byte> bytes, std::string &why) {
  const int file = ::memfd_create("emulated-library", MFD_CLOEXEC);
  std::unique_ptr<Library> library;
  std::size_t done = 0;
  while (file >= 0 && done < bytes.size()) {
    const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count <= 0)
      break;
    done += static_cast<std::size_t>(count);
  }
  if (done == bytes.size())
    library = open_file("/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file), why);
  else
    why = "no memory for the library";
  if (library)
    library->file_ = file;
  else if (file >= 0)
    ::close(file);
  return library;
}

Library::~Library() {
  ::dlclose(handle_);
  if (file_ >= 0)
    ::close(file_);
}

const tj_emu_kernel *Library::find(std::string_view name) const {
  for (unsigned i = 0; i < image_->count; ++i)
    if (name == image_->kernels[i].name)
      return &image_->kernels[i];
  return nullptr;
}

} // namespace jit::emu
