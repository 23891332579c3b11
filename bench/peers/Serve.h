// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Serve: a process that answers requests to run, one line each. Every side of a comparison is one,
// in C++ (here) or in Python (worker.py), so that all are asked the same in turns.
#pragma once

#include <tracejit/tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace peers {

/// Extents and other numbers of a computation by name.
using Sizes = std::map<std::string, std::int64_t>;
using Inputs = std::map<std::string, jit::Tensor>;

/// What the driver asks for: COMPUTATION SIZES THREADS FOLDER SETTING. The folder has the inputs,
/// one NAME.npy each.
struct Job {
  std::string computation;
  Sizes sizes;
  int threads = 1;
  std::filesystem::path folder;
  std::string setting;

  Inputs load_inputs() const;
};

/// "rows=4096,columns=4096"; "-" is none. Throws std::runtime_error with a sentence.
Sizes parse_sizes(const std::string &text);

struct Served {
  std::function<void(std::int64_t repeats)> run; ///< computes so often
  std::function<std::vector<jit::Tensor>()> outputs;
  std::string facts; ///< version and setting, for the reader of the table
  double compile_seconds = 0;
  std::function<std::int64_t()> transient_bytes = {}; ///< of one call; nothing: not known
};

/// Prepares, says "ready SECONDS FACTS" with the seconds that compiling took, then answers on stdin
/// and stdout until "quit" or the end.
///
/// "run REPEATS TIMINGS": seconds of a call, one number a timing, after REPEATS calls without.
///
/// "output FOLDER": how many outputs were written, as 0.npy, 1.npy and so on.
///
/// "memory": most bytes that a call holds beyond those held before it.
///
/// A computation that this side does not have is "unsupported", anything thrown "failed REASON".
/// Returns an exit code.
int serve(int count, char **words, const std::function<Served(const Job &)> &prepare);

/// Thrown by `prepare` for a computation that this side does not have.
struct Unsupported {};

} // namespace peers
