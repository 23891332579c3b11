// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an emulated library and the program that runs its kernels know of each other. The prelude
// `emu` of kernel texts spells out the first two structs, the end of each text the others.
#pragma once

extern "C" {

/// Where the thread that runs is: its number, its block, the grid, the block's shared memory.
struct tj_emu_place {
  unsigned thread, block, blocks;
  unsigned char *shared;
};

struct tj_emu_host {
  tj_emu_place *(*place)(void);
  /// Returns when all threads of the block have come here.
  void (*barrier)(void);
  /// Gives `value` and returns that of `lane` (0 to 31) of the warp; all lanes take part.
  unsigned long long (*exchange)(unsigned long long value, unsigned lane);
  /// Called for an access of 16 bytes whose address is no multiple of `alignment`.
  void (*misaligned)(const void *pointer, unsigned alignment);
};

struct tj_emu_kernel {
  const char *name;
  void (*run)(const void *arguments);
  unsigned argument_bytes, threads, shared_bytes;
  unsigned waits; // whether it has barriers or shuffles
};

/// Exported as `tj_emu_image` by each library, beside `void tj_emu_bind(const tj_emu_host *)`.
struct tj_emu_image {
  unsigned target;  // 90: for sm_90; 0: PTX, for all
  unsigned toolkit; // 13000: made by version 13.0
  unsigned count;
  const tj_emu_kernel *kernels;
};
}
