// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/fuzz/SaveFailure.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <sys/wait.h>

namespace jit::fuzz {
namespace {

int count(std::string_view text, std::string_view what) {
  int times = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++times;
  return times;
}

/// tracec's exit status for "bits differ".
constexpr int bits_differ = 3;

std::string command(const Program &program, const std::string &file, int trace, int seed) {
  std::string text = "tracec run " + file + " --trace " + std::to_string(trace) +
                     " --mode=both --seed=" + std::to_string(seed) +
                     " --threads=" + std::to_string(program.setting.threads) +
                     " --isa=" + (program.setting.isa == Isa::v4 ? "v4" : "v3");
  for (const std::string &pass : program.setting.disabled)
    text += " --disable=" + pass;
  if (const std::string schedule = program.setting.schedule.text(); !schedule.empty())
    text += " --schedule=" + schedule;
  return text;
}

bool shows_it(const std::string &line) {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const int status =
      std::system(("'" + folder.string() + "'/" + line + " >/dev/null 2>&1").c_str());
  return WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == bits_differ);
}

} // namespace

std::string save_failure(const Program &program, const std::string &trace_text) {
  const std::string file = "fuzz-" + std::to_string(program.seed) + ".trace";
  std::ofstream(file) << trace_text;
  const int ops = count(trace_text, "\n%"), traces = count(trace_text, "tracejit-trace ");
  std::string text =
      file + ": " + std::to_string(traces) + " traces, " + std::to_string(ops) + " ops\n";
  // Its inputs are others than the program's.
  for (int trace = 0; trace < traces; ++trace)
    for (int seed = 0; seed < 10; ++seed)
      if (const std::string line = command(program, file, trace, seed); shows_it(line))
        return text + "the trace alone shows it: " + line + "\n";
  return text + "the trace alone does not show it: it takes the calls, handles or threads above\n";
}

} // namespace jit::fuzz
