// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches of kernels: what the driver refuses, and the jobs that the others become.
#pragma once

#include "test/cuda/fake/Streams.h"

namespace jit::gpu::fake {

/// A launch that was accepted, with its arguments copied.
struct LaunchCopy {
  const tj_emu_kernel *kernel = nullptr;
  std::shared_ptr<emu::Library> library; // in which the kernel is
  std::shared_ptr<std::atomic<bool>> unloaded;
  unsigned grid = 0, threads = 0, shared_bytes = 0;
  std::size_t argument_bytes = 0;
  std::shared_ptr<std::vector<std::max_align_t>> arguments;
};

/// Checks what the driver checks; beyond that, that the grid and blocks have x only and that the
/// arguments are as many bytes as the kernel takes.
Status copy_launch(World &world, const KernelNodeParams &params, LaunchCopy &copy);

/// Puts a launch in the queue. `what` is for the log: "launch" or "graph".
void submit(World &world, Stream stream, const LaunchCopy &launch, const char *what);

} // namespace jit::gpu::fake
