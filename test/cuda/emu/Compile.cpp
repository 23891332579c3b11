// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running the compiler, and keeping what it made.
#include "test/cuda/emu/Compile.h"
#include "compiler/cuda/text/Prelude.h"
#include "runtime/base/Sha256.h"
#include "test/cuda/emu/Sanitizers.h"
#include "test/cuda/emu/Text.h"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <span>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace jit::emu {
namespace {

namespace fs = std::filesystem;

/// Warnings are those of the printer's own tests. -march: __fmaf_rn has to be one instruction.
constexpr const char *flags[] = {
#ifdef TRACEJIT_EMU_ASAN
    "-fsanitize=address",
#endif
#ifdef TRACEJIT_EMU_TSAN
    "-fsanitize=thread",
#endif
    "-std=c++20",
    "-O1",
    "-g1",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-w",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-march=x86-64-v3",
    "-x",
    "c++"};

std::string read_file(const fs::path &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string prelude() {
  const char *const path = std::getenv("TRACEJIT_EMU_PRELUDE");
  return path ? read_file(path) : gpu::prelude_text(gpu::Prelude::emu);
}

/// 0: done. What the compiler prints goes to `log`.
int run_compiler(const std::string &input, const std::string &output, const std::string &log) {
  std::vector<std::string> words = {TRACEJIT_EMU_COMPILER};
  words.insert(words.end(), std::begin(flags), std::end(flags));
  words.insert(words.end(), {input, "-o", output});
  std::vector<char *> arguments;
  for (std::string &word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child)
    return -1;
  return status;
}

} // namespace

Compilation compile(std::string_view text, unsigned target, unsigned toolkit) {
  Compilation result;
  const std::string source = emulated_text(text, prelude(), target, toolkit, result.log);
  if (source.empty())
    return result;
  std::string key = TRACEJIT_EMU_COMPILER;
  for (const char *flag : flags)
    (key += ' ') += flag;
  key += '\n' + source;
  const char *const other = std::getenv("TRACEJIT_EMU_CACHE");
  const fs::path folder = other ? other : TRACEJIT_EMU_CACHE;
  const std::string hash = to_hex(sha256(std::as_bytes(std::span(key))));
  const fs::path library = folder / (hash + ".emu.so");
  if (fs::exists(library)) {
    result.path = library;
    return result;
  }
  static std::atomic<unsigned> number{0};
  const std::string own =
      folder / (hash + '.' + std::to_string(::getpid()) + '.' + std::to_string(number++));
  fs::create_directories(folder);
  std::ofstream(own + ".cpp", std::ios::binary) << source;
  const int status = run_compiler(own + ".cpp", own + ".so", own + ".log");
  result.log = read_file(own + ".log");
  if (status == 0) {
    fs::rename(own + ".so", library);
    result.path = library;
  } else if (result.log.empty()) {
    result.log = std::string(TRACEJIT_EMU_COMPILER) + " could not be run";
  }
  for (const char *end : {".cpp", ".log"})
    fs::remove(own + end);
  return result;
}

} // namespace jit::emu
