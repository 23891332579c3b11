// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The linker runs without a shell, on files in a folder of its own that goes in any case.
#include "tools/tracec/Link.h"

#include "runtime/base/Files.h"
#include "runtime/jit/LoadCompiler.h"
#include "tools/tracec/Exit.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <vector>

extern char **environ;

namespace tracec {
namespace {

namespace fs = std::filesystem;

class WorkFolder {
public:
  explicit WorkFolder(const fs::path &beside) {
    std::string name = (fs::absolute(beside).parent_path() / ".tracec-XXXXXX").string();
    if (!mkdtemp(name.data()))
      throw Exit(ExitCode::input, "tracec: error: " + name + ": " + std::strerror(errno));
    path = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  WorkFolder(const WorkFolder &) = delete;

  fs::path path;
};

void write(const fs::path &path, std::span<const char> bytes) {
  const std::span<const std::byte> part = std::as_bytes(bytes);
  if (const auto message = jit::write_file(path, {&part, 1}))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
}

/// Exit status, or -1 and a message.
int run(const std::vector<std::string> &words, std::string &message) {
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none; // the caller holds signals back
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    message = words[0] + ": " + std::strerror(error);
    return -1;
  }
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
    ;
  if (ended == child && WIFEXITED(status))
    return WEXITSTATUS(status);
  message = ended == child ? words[0] + " was ended by signal " + std::to_string(WTERMSIG(status))
                           : words[0] + ": " + std::strerror(errno);
  return -1;
}

/// The words of --linker, else of $CC, else cc.
std::vector<std::string> linker_words(const std::string &given) {
  const char *from_environment = std::getenv("CC");
  std::istringstream text(!given.empty()                          ? given
                          : from_environment && *from_environment ? from_environment
                                                                  : "cc");
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  if (words.empty())
    throw Exit(ExitCode::usage, "tracec: error: --linker names no program");
  return words;
}

} // namespace

fs::path rt_library() {
  Dl_info self{};
  fs::path path = "libtracejit-rt.a";
  if (dladdr(reinterpret_cast<const void *>(&jit::load_compiler), &self) && self.dli_fname)
    path = fs::absolute(self.dli_fname).replace_filename(path);
  std::error_code none;
  if (!fs::exists(path, none))
    throw Exit(ExitCode::unsupported,
               "tracec: error: " + path.string() +
                   " is missing, with which files that hold products or library steps are linked");
  return path;
}

void link_shared(const std::string &linker, const fs::path &output, std::span<const char> object,
                 std::span<const std::string> shown, bool needs_rt) {
  const WorkFolder folder(output);
  const fs::path object_file = folder.path / "object.o", made = folder.path / "made.so",
                 names = folder.path / "names";
  write(object_file, object);
  std::string script = "{ global:";
  for (const std::string &name : shown)
    script += " " + name + ";";
  script += " local: *; };\n";
  write(names, script);

  std::vector<std::string> words = linker_words(linker);
  for (const std::string &word :
       {std::string("-shared"), std::string("-nostdlib"), std::string("-Wl,--build-id=none"),
        std::string("-Xlinker"), "-soname=" + output.filename().string(),
        std::string("-Wl,-z,defs"), std::string("-Wl,-z,noexecstack"),
        std::string("-Wl,--gc-sections"), std::string("-Xlinker"),
        "--version-script=" + names.string(), std::string("-o"), made.string(),
        object_file.string()})
    words.push_back(word);
  if (needs_rt)
    for (const std::string &word :
         {rt_library().string(), std::string("-lc"), std::string("-lgcc")})
      words.push_back(word);
  std::string message;
  const int status = run(words, message);
  if (status != 0)
    throw Exit(ExitCode::unsupported,
               "tracec: error: the linker failed: " +
                   (message.empty() ? words[0] + " returned " + std::to_string(status) : message));
  std::error_code problem;
  fs::rename(made, output, problem);
  if (problem)
    throw Exit(ExitCode::input, "tracec: error: " + output.string() + ": " + problem.message());
}

} // namespace tracec
