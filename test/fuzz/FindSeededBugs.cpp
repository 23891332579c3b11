// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// find-seeded-bugs: plants one wrong rule after another and looks for it with random programs. A
// fuzzer that lets one survive would let such a bug of ours pass too.
#include "runtime/base/Options.h"
#include "runtime/base/SeededBugs.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/CheckGradients.h"
#include "test/fuzz/Shared.h"

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

/// What a child tells as it goes; one that dies or hangs has found its bug as well.
struct Found {
  std::uint64_t programs = 0, seed = 0; ///< the last one's
  char failure[160] = "";
};

enum Ending { survived, found, broken };

/// In a process of its own: until a program fails.
Ending hunt(SeededBug bug, std::uint64_t seed, std::uint64_t programs, Found &report) {
#ifdef TRACEJIT_WITH_SEEDED_BUGS
  planted_bug = bug;
#else
  static_cast<void>(bug);
#endif
  mutable_options().trial = false;
  mutable_options().budget = false;
  if (!enable_compiler())
    return broken;
  Counts counts;
  for (; report.programs < programs; ++seed) {
    alarm(60);
    ++report.programs;
    report.seed = seed;
    Program program = generate(seed);
    program.setting.check = false; // it would fill the log
    std::string failure = check(program, counts);
    if (failure.empty())
      failure = check_gradients(seed);
    if (failure.empty())
      continue;
    failure.copy(report.failure, sizeof report.failure - 1);
    return found;
  }
  return survived;
}

struct Hunt {
  const BugInfo *bug;
  Found *report = &shared<Found>();
  pid_t child = 0;
  Clock::time_point begin = Clock::now();
};

void start(Hunt &hunted, std::uint64_t seed, std::uint64_t programs) {
  hunted.begin = Clock::now();
  hunted.child = fork();
  if (hunted.child == 0)
    _exit(hunt(hunted.bug->bug, seed, programs, *hunted.report));
}

Ending ending(int status) {
  return WIFSIGNALED(status) ? found : static_cast<Ending>(WEXITSTATUS(status));
}

/// Programs that fail with no bug planted find nothing.
constexpr BugInfo no_bug{SeededBug::none, "(none)", "no bug at all"};

Ending without_bug(std::uint64_t seed, std::uint64_t programs, Found &report) {
  Hunt control{&no_bug, &report};
  start(control, seed, programs);
  int status = 0;
  waitpid(control.child, &status, 0);
  return ending(status);
}

/// Says how it ended. True if the bug was found.
bool finish(const Hunt &hunted, int status) {
  const Found &report = *hunted.report;
  const std::chrono::duration<double> took = Clock::now() - hunted.begin;
  std::string how = WIFSIGNALED(status)
                        ? std::string("a program ended with ") + strsignal(WTERMSIG(status))
                        : report.failure;
  bool caught = ending(status) == found;
  if (caught && without_bug(report.seed, 1, shared<Found>()) != survived) {
    caught = false;
    how = "seed " + std::to_string(report.seed) + " fails without the bug too: " + how;
  }
  std::printf("%-24s %s after %llu programs, %.1f s  %s\n", std::string(hunted.bug->name).c_str(),
              caught ? "found" : "SURVIVED", static_cast<unsigned long long>(report.programs),
              took.count(),
              caught || !how.empty() ? how.c_str() : std::string(hunted.bug->text).c_str());
  std::fflush(stdout);
  return caught;
}

/// Runs them two at a time. Returns how many survived.
int hunt_all(std::vector<Hunt> hunts, std::uint64_t seed, int seconds) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::size_t next = 0, running = 0;
  int left = 0;
  const auto close = [&](Hunt &hunted, int status) {
    left += !finish(hunted, status);
    hunted.child = 0;
    --running;
  };
  for (; Clock::now() < end && (next < hunts.size() || running > 0); usleep(5000)) {
    for (; running < 2 && next < hunts.size(); ++next, ++running)
      start(hunts[next], seed + 1000000 * next, ~std::uint64_t{0});
    for (Hunt &hunted : hunts)
      if (int status = 0; hunted.child > 0 && waitpid(hunted.child, &status, WNOHANG) > 0)
        close(hunted, status);
  }
  for (Hunt &hunted : hunts)
    if (hunted.child > 0) { // out of time
      kill(hunted.child, SIGKILL);
      waitpid(hunted.child, nullptr, 0);
      close(hunted, survived);
    }
  for (; next < hunts.size(); ++next, ++left)
    std::printf("%-24s SURVIVED: no time was left\n", std::string(hunts[next].bug->name).c_str());
  return left;
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
      hunts.push_back({bug});
    } else {
      std::cerr << help;
      return 2;
    }
  }
  if (hunts.empty())
    for (const BugInfo &bug : bugs)
      hunts.push_back({&bug});
  std::cout << "seed " << seed << std::endl;
  const auto begin = Clock::now();
  if (Found &report = shared<Found>(); without_bug(seed, 300, report) != survived) {
    std::cout << "seed " << report.seed << " fails without any seeded bug: " << report.failure
              << "\n";
    return 1;
  }
  const int left = hunt_all(hunts, seed, seconds);
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%zu seeded bugs, %d survived, %.0f s\n", hunts.size(), left, took.count());
  return left > 0;
}

} // namespace
} // namespace jit::fuzz

int main(int count, char **words) { return jit::fuzz::run(count, words); }
