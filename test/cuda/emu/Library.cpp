// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening emulated libraries from files or from memory.
#include "test/cuda/emu/Library.h"
#include "test/cuda/emu/Block.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jit::emu {
namespace {

constexpr tj_emu_image no_table = {0, 0, 0, nullptr};
constexpr unsigned most_threads = 1024;

} // namespace

std::unique_ptr<Library> Library::open_file(const std::string &path, std::string &why) {
  void *const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    why = ::dlerror();
    return nullptr;
  }
  const auto bind = reinterpret_cast<void (*)(const tj_emu_host *)>(::dlsym(handle, "tj_emu_bind"));
  if (!bind) {
    why = path + " is no emulated library";
    ::dlclose(handle);
    return nullptr;
  }
  bind(&host());
  auto image = static_cast<const tj_emu_image *>(::dlsym(handle, "tj_emu_image"));
  if (!image)
    image = &no_table;
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

const tj_emu_kernel *Library::find(const std::string &name) {
  for (unsigned i = 0; i < image_->count; ++i)
    if (name == image_->kernels[i].name)
      return &image_->kernels[i];
  if (image_ != &no_table)
    return nullptr;
  const auto run = reinterpret_cast<void (*)(const void *)>(::dlsym(handle_, name.c_str()));
  if (!run)
    return nullptr;
  const auto [place, added] = found_.try_emplace(name);
  if (added)
    place->second = {place->first.c_str(), run, 0, most_threads, 0, 1};
  return &place->second;
}

} // namespace jit::emu
