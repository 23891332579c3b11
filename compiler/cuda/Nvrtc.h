// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nvrtc: NVIDIA's run-time compiler, opened when the first program for a GPU is compiled.
#pragma once

#include "runtime/base/Result.h"

#include <string>
#include <vector>

namespace jit::gpu {

class Nvrtc {
public:
  /// For code that goes to another machine.
  static constexpr int any_driver = 13999;
  /// The newest library whose CUDA is not newer than the driver's (12080: 12.8), which would not
  /// take what it makes; or a sentence that says where it was looked for. `wanted`: of option
  /// nvrtc, empty: none.
  static Result<Nvrtc> open(const std::string &wanted, int driver_version);

  /// A cubin for a capability (90: 9.0); or, where it does not know that, PTX with a 0 behind it
  /// for the newest that it knows. The failure has the first error of its log.
  Result<std::vector<char>> compile(const std::string &text, int capability) const;
  /// Where the library is, for the log.
  const std::string &path() const { return found; }

private:
  struct Functions;
  const Functions *functions = nullptr; ///< live as long as the process
  std::string found;
  int version = 0; ///< 12080: of CUDA 12.8
};

/// Files that may be the library, in the order in which they are tried: beside `wanted`, which is
/// tried alone, names for the loader, then folders that the environment names.
std::vector<std::string> nvrtc_places(const std::string &wanted, int newest_major);

} // namespace jit::gpu
