// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fake libraries as a program sees them: opened by dlopen, in a process of each test's own,
// since the environment is read once.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "runtime/cuda/NvrtcTypes.h"

#include <functional>
#include <string>
#include <vector>

namespace jit::gpu::fake {

struct Driver {
#define TRACEJIT_POINTER(name, symbol, parameters) Status(*name) parameters = nullptr;
  TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_POINTER)
#undef TRACEJIT_POINTER
  unsigned long long (*calls)(const char *) = nullptr;
  unsigned (*live)(char *, unsigned) = nullptr;
  const char *(*protection)() = nullptr;

  /// From FAKE_FOLDER.
  static const Driver &open();
  std::string live_text() const;
};

struct Nvrtc {
#define TRACEJIT_POINTER(name, symbol, result, parameters) result(*name) parameters = nullptr;
  TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_POINTER)
#undef TRACEJIT_POINTER

  static const Nvrtc &open();
};

/// Runs `body` in a child whose TRACEJIT_FAKE_CUDA is `settings`, and returns its exit status as
/// waitpid() has it: 0 if no expectation failed. GoogleTest's expectations work as ever.
int in_child(const std::string &settings, const std::function<void()> &body);

/// EXPECTs that the child ends well.
void run_child(const std::string &settings, const std::function<void()> &body);

/// A context that is current, and a stream.
struct Device {
  explicit Device(int number = 0);

  Stream new_stream() const;
  DeviceAddress allocate(std::size_t bytes) const;
  /// Waits for the stream's work; the status of the wait.
  Status wait(Stream stream) const;
  void upload(DeviceAddress to, const void *from, std::size_t bytes) const;
  void download(void *to, DeviceAddress from, std::size_t bytes) const;
  /// A launch whose arguments are the bytes of a struct.
  Status launch(Function function, unsigned grid, unsigned threads, const void *arguments,
                std::size_t bytes, unsigned shared = 0, Stream on = nullptr) const;

  const Driver &driver;
  Context context = nullptr;
  Stream stream = nullptr;
};

/// Kernels behind the prelude's lines, as cubin for sm_90. Expects that NVRTC compiles them.
std::vector<char> cubin_of(const std::string &kernels);
std::string with_prelude(const std::string &kernels);

/// The kernels that most tests use. `add_one`: out[i] = in[i] + 1 for i < n; `sum`: out[0] = the
/// sum of in[0..n) by one block of 64 threads with barriers and shuffles, n at most 4096 * 64;
/// `wide`: 4096 bytes of arguments, of which it stores the last.
extern const char *const test_kernels;

struct AddOne {
  DeviceAddress out, in;
  unsigned n;
};

/// The function of a module of `test_kernels`.
Function function_of(const Device &device, const char *name);

} // namespace jit::gpu::fake
