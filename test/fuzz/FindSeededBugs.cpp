// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// find-seeded-bugs: plants one wrong rule after another and looks for it with random programs. A
// fuzzer that lets one survive would let such a bug of ours pass too.
#include "runtime/base/Options.h"
#include "runtime/base/SeededBugs.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/CheckGradients.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace jit::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char *help =
    "find-seeded-bugs: plants the wrong rules of runtime/base/SeededBugs.h one by one; fails if\n"
    "random programs do not find one\n"
    "  --seed N     the first program's seed (default: drawn from the clock)\n"
    "  --seconds N  for all of them together (default: 600)\n"
    "  NAME...      only these\n";

struct BugInfo {
  SeededBug bug;
  std::string_view name, text;
};
constexpr BugInfo bugs[] = {
#define X(name, text) {SeededBug::name, #name, text},
    TRACEJIT_SEEDED_BUGS(X)
#undef X
};

/// What a child tells before it ends; one that dies or hangs has found its bug as well.
struct Found {
  std::uint64_t programs = 0;
  char failure[160] = "";
};

constexpr int found_status = 1, survived_status = 0, broken_status = 2;

/// In a process of its own: until a program fails.
[[noreturn]] void hunt(SeededBug bug, std::uint64_t seed, std::uint64_t programs, int report) {
#ifdef TRACEJIT_WITH_SEEDED_BUGS
  planted_bug = bug;
#else
  static_cast<void>(bug);
#endif
  mutable_options().trial = false;
  mutable_options().budget = false;
  if (!enable_compiler())
    _exit(broken_status);
  Counts counts;
  Found found;
  for (; found.programs < programs; ++seed) {
    alarm(60);
    ++found.programs;
    static_cast<void>(!pwrite(report, &found, sizeof found, 0));
    Program program = generate(seed);
    program.setting.check = false; // it would fill the log
    std::string failure = check(program, counts);
    if (failure.empty())
      failure = check_gradients(seed);
    if (failure.empty())
      continue;
    std::strncpy(found.failure, failure.c_str(), sizeof found.failure - 1);
    static_cast<void>(!pwrite(report, &found, sizeof found, 0));
    _exit(found_status);
  }
  _exit(survived_status);
}

struct Hunt {
  std::string_view name;
  SeededBug bug;
  pid_t child = -1;
  int report = -1;
  Clock::time_point begin{};
  bool caught = false;
};

void start(Hunt &hunted, std::uint64_t seed, std::uint64_t programs) {
  char path[] = "/tmp/seeded-bug-XXXXXX";
  hunted.report = mkstemp(path);
  unlink(path);
  hunted.begin = Clock::now();
  hunted.child = fork();
  if (hunted.child == 0)
    hunt(hunted.bug, seed, programs, hunted.report);
}

/// Says how it ended. True if the bug was found.
bool finish(Hunt &hunted, int status, std::string &how) {
  Found found;
  static_cast<void>(!pread(hunted.report, &found, sizeof found, 0));
  close(hunted.report);
  const std::chrono::duration<double> took = Clock::now() - hunted.begin;
  const bool died = WIFSIGNALED(status);
  how = died ? std::string("a program ended with ") + strsignal(WTERMSIG(status)) : found.failure;
  hunted.caught = died || WEXITSTATUS(status) == found_status;
  std::printf("%-24s %s after %llu programs, %.1f s  %s\n", std::string(hunted.name).c_str(),
              hunted.caught ? "found" : "SURVIVED", static_cast<unsigned long long>(found.programs),
              took.count(), how.c_str());
  std::fflush(stdout);
  return hunted.caught;
}

/// Runs them two at a time. Returns how many survived.
int hunt_all(std::vector<Hunt> hunts, std::uint64_t seed, int seconds) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::size_t next = 0, running = 0;
  int survived = 0;
  while (next < hunts.size() || running > 0) {
    for (; running < 2 && next < hunts.size(); ++next, ++running)
      start(hunts[next], seed + 1000000 * next, ~std::uint64_t{0});
    int status = 0;
    const pid_t child = waitpid(-1, &status, WNOHANG);
    if (child == 0 && Clock::now() < end) {
      usleep(20000);
      continue;
    }
    for (Hunt &hunted : hunts) {
      if (hunted.child <= 0 || (child > 0 && hunted.child != child))
        continue;
      if (child <= 0) { // out of time
        kill(hunted.child, SIGKILL);
        waitpid(hunted.child, &status, 0);
        status = 0;
      }
      std::string how;
      survived += !finish(hunted, status, how);
      hunted.child = 0;
      --running;
    }
    if (child <= 0)
      for (; next < hunts.size(); ++next, ++survived)
        std::printf("%-24s SURVIVED: no time was left\n", std::string(hunts[next].name).c_str());
  }
  return survived;
}

/// The same programs must pass without a bug, or finding one would say nothing.
bool passes_without(std::uint64_t seed) {
  std::vector<Hunt> control{{"(none)", SeededBug::none}};
  start(control[0], seed, 300);
  int status = 0;
  waitpid(control[0].child, &status, 0);
  std::string how;
  return !finish(control[0], status, how) && WIFEXITED(status) &&
         WEXITSTATUS(status) == survived_status;
}

int run(int count, char **words) {
  auto seed = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()) % 1000000000;
  int seconds = 600;
  std::vector<Hunt> hunts;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--seed" && i + 1 < count) {
      seed = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--seconds" && i + 1 < count) {
      seconds = std::atoi(words[++i]);
    } else if (const auto *bug = std::ranges::find(bugs, word, &BugInfo::name);
               bug != std::end(bugs)) {
      hunts.push_back({bug->name, bug->bug});
    } else {
      std::cerr << help;
      return 2;
    }
  }
  if (hunts.empty())
    for (const BugInfo &bug : bugs)
      hunts.push_back({bug.name, bug.bug});
  std::cout << "seed " << seed << std::endl;
  const auto begin = Clock::now();
  if (!passes_without(seed)) {
    std::cout << "programs fail without any seeded bug\n";
    return 1;
  }
  const int survived = hunt_all(hunts, seed, seconds);
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%zu seeded bugs, %d survived, %.0f s\n", hunts.size(), survived, took.count());
  return survived > 0;
}

} // namespace
} // namespace jit::fuzz

int main(int count, char **words) { return jit::fuzz::run(count, words); }
