// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the user asked for.
#pragma once

#include "runtime/base/ScheduleFields.h"
#include "runtime/kernels/Isa.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tracec {

enum class Command { run, dump, bench, compile, profile, info, import };
enum class RunMode { eager, compiled, both };
enum class Emit { object, archive, shared, package };
enum class Header { c, cpp };
enum class Weights { by_size, embed, file };

struct Request {
  Command command = Command::run;
  std::string file;                   ///< "-": standard input
  std::vector<std::string> files;     ///< of a profile
  std::optional<std::uint32_t> trace; ///< only this one of the file

  RunMode mode = RunMode::eager;
  std::vector<std::string> inputs; ///< "0=x.npy"
  std::uint64_t seed = 0;

  std::string stage;
  std::uint32_t runs = 0; ///< pairs of timed runs; 0: as many as half a second takes
  std::string json;       ///< where the JSON goes; empty: nowhere

  std::string output; ///< without an ending
  Emit emit = Emit::object;
  Header header = Header::c;
  std::vector<jit::Isa> targets; ///< the least first
  std::vector<int> gpus;         ///< compute capabilities, 90: 9.0
  bool native = false;           ///< for this machine, its caches included
  std::int64_t l2 = 1 << 20, l3 = 32 << 20;
  std::string function, linker;
  std::vector<std::string> names, constants; ///< "in0=x", "0=w.npy"
  std::vector<std::string> donated;          ///< "in0=out0"
  Weights weights = Weights::by_size;
  bool verify = false;            ///< digests of all sections
  bool check = false;             ///< of an import: look only
  std::uint32_t max_seconds = 60; ///< of CPU time; 0: as long as it takes

  std::optional<jit::Isa> isa;
  int threads = 0; ///< 0: one for each CPU
  int device = -1; ///< number of a GPU; -1: the CPU
  std::vector<std::string> disabled;
  jit::ScheduleChanges schedule;
  std::optional<std::uint64_t> memory; ///< bytes above what the ops hold
  std::string compiler;                ///< path of the library; empty: the usual one
};

/// Prints help or version and returns nothing if that was asked for; throws Exit(usage).
std::optional<Request> parse_command_line(int argc, char **argv);

} // namespace tracec
