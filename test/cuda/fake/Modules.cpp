// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules: emulated libraries, as bytes or as PTX that names one.
#include "test/cuda/fake/Devices.h"
#include "test/cuda/fake/World.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <string_view>

namespace jit::gpu::fake {
namespace {

/// An image loaded, or why not.
struct Loaded {
  std::unique_ptr<emu::Library> library;
  Status status = Status::success;
  std::string why;
};

/// The linker puts the table of sections at the end.
std::size_t elf_bytes(const void *image) {
  Elf64_Ehdr header;
  std::memcpy(&header, image, sizeof header);
  return header.e_shoff + std::size_t{header.e_shentsize} * header.e_shnum;
}

/// The word behind `key` in a line that begins with it; empty: there is none.
std::string_view word_after(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1))
    if (at == 0 || text[at - 1] == '\n')
      return text.substr(at + key.size(), text.find_first_of("\r\n", at) - at - key.size());
  return {};
}

unsigned number_in(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_of("0123456789"), text.size());
  unsigned value = 0;
  std::from_chars(text.data() + begin, text.data() + text.size(), value);
  return value;
}

/// The highest PTX version of a driver, 78 for 7.8: NVIDIA's table of PTX releases.
unsigned max_ptx(int driver) {
  static constexpr std::pair<int, unsigned> releases[] = {
      {12000, 80}, {12010, 81}, {12020, 82}, {12030, 83}, {12040, 84}, {12050, 85},
      {12060, 85}, {12070, 86}, {12080, 87}, {12090, 88}, {13000, 90}, {13010, 91}};
  unsigned best = 78;
  for (const auto &[version, ptx] : releases)
    if (version <= driver)
      best = ptx;
  return best;
}

/// Why the driver refuses PTX of this version or target, if it does.
Status judge_ptx(const Settings &settings, std::string_view text, std::string &why) {
  const std::string_view version = word_after(text, ".version ");
  const std::size_t point = std::min(version.find('.'), version.size());
  const unsigned ptx = 10 * number_in(version) + number_in(version.substr(point));
  if (ptx > max_ptx(settings.driver)) {
    why = "PTX version " + std::string(version) + " is newer than the driver";
    return Status::unsupported_ptx_version;
  }
  const unsigned target = number_in(word_after(text, ".target "));
  if (target > static_cast<unsigned>(settings.capability)) {
    why = "PTX is for a newer device, sm_" + std::to_string(target);
    return Status::no_binary_for_gpu;
  }
  return Status::success;
}

Loaded load_ptx(const Settings &settings, std::string_view text) {
  Loaded loaded;
  loaded.status = judge_ptx(settings, text, loaded.why);
  if (loaded.status != Status::success)
    return loaded;
  std::string path(word_after(text, "// tracejit emulated "));
  if (path.empty()) {
    const std::string_view name = word_after(text, "// tracejit pack ");
    const char *const folder = std::getenv("TRACEJIT_EMU_PACK");
    path = std::string(folder ? folder : "") + "/" + std::string(name) + ".emu.so";
    if (name.empty() || !folder)
      loaded.why = name.empty() ? "the PTX has no line `// tracejit pack NAME`"
                                : "TRACEJIT_EMU_PACK is not set";
  }
  if (loaded.why.empty())
    loaded.library = emu::Library::open_file(path, loaded.why);
  if (!loaded.library)
    loaded.status = Status::invalid_ptx;
  return loaded;
}

/// Code runs on devices of its major capability that are not older.
Status judge_cubin(const Settings &settings, const tj_emu_image &image, std::string &why) {
  const int target = static_cast<int>(image.target), toolkit = static_cast<int>(image.toolkit);
  if (target && (target / 10 != settings.capability / 10 || target > settings.capability)) {
    why = "code for sm_" + std::to_string(target);
    return Status::no_binary_for_gpu;
  }
  if (toolkit / 1000 > settings.driver / 1000) {
    why = "code of toolkit " + std::to_string(toolkit);
    return Status::invalid_image;
  }
  return Status::success;
}

Loaded load(const Settings &settings, const void *image) {
  const char *const text = static_cast<const char *>(image);
  if (std::strncmp(text, ELFMAG, SELFMAG) == 0) {
    Loaded loaded;
    loaded.library = emu::Library::open_bytes(
        {static_cast<const std::byte *>(image), elf_bytes(image)}, loaded.why);
    loaded.status = loaded.library ? judge_cubin(settings, loaded.library->image(), loaded.why)
                                   : Status::invalid_image;
    return loaded;
  }
  if (*text == '/' || *text == '.' || *text == '\n')
    return load_ptx(settings, text);
  return {nullptr, Status::invalid_image, "neither ELF nor PTX"};
}

/// Fills the caller's buffer for errors.
void report(const std::string &why, unsigned options, const JitOption *names, void **values) {
  char *buffer = nullptr;
  std::size_t bytes = 0;
  for (unsigned i = 0; i < options; ++i) {
    if (names[i] == JitOption::error_log)
      buffer = static_cast<char *>(values[i]);
    if (names[i] == JitOption::error_log_bytes)
      bytes = reinterpret_cast<std::uintptr_t>(values[i]);
  }
  if (!buffer || !bytes)
    return;
  const std::size_t count = why.copy(buffer, bytes - 1);
  buffer[count] = 0;
}

} // namespace
} // namespace jit::gpu::fake

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuModuleLoadDataEx(Module *module, const void *image, unsigned options, JitOption *names,
                          void **values) {
  return call(Entry::ModuleLoadDataEx, Need::context, [&](World &world, auto &) {
    if (!module || !image || (options && (!names || !values)))
      return Status::invalid_value;
    Loaded loaded = load(world.settings, image);
    if (loaded.status != Status::success) {
      log_line("module refused: " + loaded.why);
      report(loaded.why, options, names, values);
      return loaded.status;
    }
    *module = world.keep(new ModuleObject(world.current(), std::move(loaded.library)));
    std::string line = "module";
    for (unsigned i = 0; i < (*module)->library->image().count; ++i)
      line += std::string(" ") + (*module)->library->image().kernels[i].name;
    log_line(line);
    return Status::success;
  });
}

/// Launches that still wait fail, and the device is lost: the code is gone on a real one.
Status cuModuleUnload(Module module) {
  return call(Entry::ModuleUnload, Need::context, [&](World &world, auto &) {
    if (!world.knows(module) || module->context != world.current())
      return Status::invalid_handle;
    *module->unloaded = true;
    for (const auto &[name, function] : module->functions)
      world.forget(function.get());
    world.forget(module);
    delete module;
    log_line("unload");
    return Status::success;
  });
}

Status cuModuleGetFunction(Function *function, Module module, const char *name) {
  return call(Entry::ModuleGetFunction, Need::context, [&](World &world, auto &) {
    if (!function || !name)
      return Status::invalid_value;
    if (!world.knows(module) || module->context != world.current())
      return Status::invalid_handle;
    const tj_emu_kernel *const kernel = module->library->find(name);
    if (!kernel)
      return Status::not_found;
    std::unique_ptr<FunctionObject> &object = module->functions[name];
    if (!object) {
      object.reset(new FunctionObject{module, kernel, default_shared_bytes});
      world.keep(object.get());
    }
    *function = object.get();
    return Status::success;
  });
}

Status cuFuncGetAttribute(int *value, FunctionAttribute attribute, Function function) {
  return call(Entry::FuncGetAttribute, Need::context, [&](World &world, auto &) {
    if (!value)
      return Status::invalid_value;
    if (!world.knows(function))
      return Status::invalid_handle;
    switch (attribute) {
    case FunctionAttribute::max_threads_per_block:
      *value = static_cast<int>(function->kernel->threads);
      return Status::success;
    case FunctionAttribute::static_shared_bytes:
    case FunctionAttribute::constant_bytes:
      *value = 0;
      return Status::success;
    case FunctionAttribute::local_bytes:
      *value = world.settings.local_bytes;
      return Status::success;
    case FunctionAttribute::registers:
      *value = world.settings.registers;
      return Status::success;
    case FunctionAttribute::ptx_version:
    case FunctionAttribute::binary_version:
      *value = world.settings.capability;
      return Status::success;
    case FunctionAttribute::max_dynamic_shared_bytes:
      *value = function->max_dynamic_shared_bytes;
      return Status::success;
    }
    return Status::invalid_value;
  });
}

Status cuFuncSetAttribute(Function function, FunctionAttribute attribute, int value) {
  return call(Entry::FuncSetAttribute, Need::context, [&](World &world, auto &) {
    if (!world.knows(function))
      return Status::invalid_handle;
    if (attribute != FunctionAttribute::max_dynamic_shared_bytes || value < 0 ||
        value > max_shared_bytes(world.settings))
      return Status::invalid_value;
    function->max_dynamic_shared_bytes = value;
    return Status::success;
  });
}
