// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracejit-fuzz: random programs, eager against compiled, bit by bit.
#include "runtime/base/Options.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/CheckGradients.h"
#include "test/fuzz/SaveFailure.h"
#include "test/fuzz/Shared.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace jit::fuzz {
namespace {

constexpr const char *help =
    "tracejit-fuzz: runs random programs eagerly and compiled and compares every bit\n"
    "  --seed N       the first program's seed (default: drawn from the clock)\n"
    "  --programs N   how many programs, with seeds N, N+1, ... (default: 300)\n"
    "  --minutes N    go on for N minutes instead, through the combinations\n"
    "  --combinations settings by number: instruction sets, threads, passes left out, a flush\n"
    "                 behind every op; without it they are drawn\n"
    "  --keep-going   do not stop at the tenth failure\n"
    "  --no-shrink    print failures as they were drawn\n"
    "  --isolate      run every program in a process of its own, so that crashes can be made "
    "small\n"
    "  --print        print every program before it runs\n"
    "  --device=cuda  the second run of each program is that of a GPU\n"
    "Examples: tracejit-fuzz --minutes 10\n"
    "          tracejit-fuzz --seed 7 --programs 1\n";

struct Arguments {
  std::uint64_t seed = 0, programs = 300, minutes = 0;
  bool keep_going = false, shrink = true, print = false, isolate = false, combinations = false;
  bool on_device = false;
};

/// For the signal handlers.
volatile std::uint64_t current_seed = 0;
volatile bool in_combinations = false;

void write_number(std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  static_cast<void>(!write(STDERR_FILENO, digits, static_cast<std::size_t>(end - digits)));
}

void on_crash(int signal) {
  static constexpr char before[] = "\ncrashed or hung; signal ";
  static constexpr char middle[] = "; reproduce: tracejit-fuzz --programs 1";
  static constexpr char combinations[] = " --combinations", end[] = " --seed ";
  static_cast<void>(!write(STDERR_FILENO, before, sizeof before - 1));
  write_number(static_cast<std::uint64_t>(signal));
  static_cast<void>(!write(STDERR_FILENO, middle, sizeof middle - 1));
  if (in_combinations)
    static_cast<void>(!write(STDERR_FILENO, combinations, sizeof combinations - 1));
  static_cast<void>(!write(STDERR_FILENO, end, sizeof end - 1));
  write_number(current_seed);
  static_cast<void>(!write(STDERR_FILENO, "\n", 1));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

bool read_arguments(int count, char **words, Arguments &arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    std::uint64_t *number = word == "--seed"       ? &arguments.seed
                            : word == "--programs" ? &arguments.programs
                            : word == "--minutes"  ? &arguments.minutes
                                                   : nullptr;
    if (number) {
      const std::string_view text = ++i < count ? words[i] : "";
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
      if (error != std::errc() || end != text.data() + text.size())
        return false;
    } else if (word == "--keep-going") {
      arguments.keep_going = true;
    } else if (word == "--no-shrink") {
      arguments.shrink = false;
    } else if (word == "--isolate") {
      arguments.isolate = true;
    } else if (word == "--combinations") {
      arguments.combinations = true;
    } else if (word == "--print") {
      arguments.print = true;
    } else if (word == "--device=cuda") {
      arguments.on_device = true;
    } else {
      return false;
    }
  }
  arguments.combinations |= arguments.minutes > 0;
  return true;
}

void print_totals(const Totals &counts) {
  std::cout << counts.programs << " programs, " << counts.ops << " ops, " << counts.gradients
            << " gradients, " << counts.calls << " calls: " << counts.swaps << " swaps ("
            << counts.kernels_before << " kernels fused to " << counts.kernels_after << "), "
            << counts.hits << " compiled runs, " << counts.replays << " replays, " << counts.not_run
            << " programs without a compiled run (" << counts.unexplained << " unexplained), "
            << counts.flushes << " calls with forced flushes, " << counts.slopes
            << " gradients checked by differences, " << counts.differences << " failures\n"
            << counts.weak_comparisons << " of " << counts.comparisons
            << " comparisons are weak (under 10 % distinct values), and all those of "
            << counts.weak_programs << " programs, which do not count as passed: " << counts.passed
            << " passed\n";
}

void print_unexplained(const Counts &counts) {
  for (const std::uint64_t seed : counts.unexplained_seeds)
    std::cout << "never compiled, no reason known: --seed " << seed << " --programs 1\n";
}

void print_counts(const Counts &counts) {
  print_totals(counts);
  print_unexplained(counts);
  std::cout << "exits:";
  for (const auto &[name, times] : counts.exits)
    std::cout << " " << name << " " << times;
  std::cout << "\nops:";
  for (const OpInfo &op : all_ops()) {
    const auto found = counts.per_op.find(std::string(op.name));
    std::cout << " " << op.name << " " << (found == counts.per_op.end() ? 0 : found->second);
  }
  std::cout << "\n";
  for (const auto &[reason, times] : counts.rejects)
    std::cout << "rejected " << times << " times: " << reason << "\n";
}

bool fails(const Program &program) {
  Counts counts;
  const std::string failure = check(program, counts);
  return !failure.empty() && failure.find("eager: ") == std::string::npos;
}

/// A child without threads of this process enables the compiler for itself.
bool fails_in_child(const Program &program) {
  const pid_t child = fork();
  if (child == 0) {
    for (int signal : {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGBUS, SIGALRM})
      std::signal(signal, SIG_DFL);
    alarm(60);
    _exit(enable_compiler() && fails(program) ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status != 0;
}

void report(const Program &program, const std::string &failure, const Arguments &arguments) {
  std::cout << "\nFAILED: " << failure << "\nreproduce: tracejit-fuzz"
            << (arguments.combinations ? " --combinations" : "")
            << (arguments.on_device ? " --device=cuda" : "") << " --programs 1 --seed "
            << program.seed << "\n";
  if (arguments.isolate) {
    std::cout << to_text(arguments.shrink ? shrink(program, fails_in_child) : program)
              << std::flush;
    return;
  }
  const Program small = arguments.shrink ? shrink(program, fails) : program;
  Counts ignored;
  std::string trace_text;
  const std::string now = check(small, ignored, &trace_text);
  std::cout << (arguments.shrink ? "made small (" + now + "): " : "") << to_text(small)
            << trace_text << save_failure(small, trace_text) << std::flush;
}

void run_one(std::uint64_t seed, const Arguments &arguments, Counts &counts) {
  current_seed = seed;
  alarm(120);
  Program program = generate(seed);
  if (arguments.combinations)
    program.setting = combination(seed, program.setting);
  program.setting.on_device = arguments.on_device;
  if (arguments.print)
    std::cout << to_text(program) << std::flush;
  std::string failure;
  if (!arguments.isolate) {
    failure = check(program, counts);
    bool decided = false;
    if (const std::string wrong = check_gradients(seed, &decided); !wrong.empty()) {
      std::cout << "\nFAILED: " << wrong << std::flush;
      ++counts.differences;
    }
    counts.slopes += decided;
  } else if (++counts.programs; fails_in_child(program)) {
    failure = "in a process of its own";
    ++counts.differences;
  }
  if (!failure.empty()) {
    alarm(600);
    report(program, failure, arguments);
  }
  alarm(0);
}

/// Silence of the compiler must not pass for equality.
bool passed(const Totals &counts, const Arguments &arguments) {
  const bool compiled = counts.programs < 20 || arguments.isolate || arguments.on_device ||
                        (counts.hits > 0 && 20 * counts.unexplained <= counts.programs);
  return counts.differences == 0 && compiled;
}

bool enough(const Totals &counts, const Arguments &arguments) {
  return counts.differences >= 10 && !arguments.keep_going;
}

/// Isolated programs enable it in their own processes.
bool has_compiler(const Arguments &arguments) {
  if (arguments.isolate || enable_compiler())
    return true;
  std::cerr << "tracejit-fuzz: the compiler library is missing\n";
  return false;
}

int run_here(const Arguments &arguments) {
  if (!has_compiler(arguments))
    return 1;
  Counts counts;
  for (std::uint64_t seed = arguments.seed;
       counts.programs < arguments.programs && !enough(counts, arguments); ++seed)
    run_one(seed, arguments, counts);
  print_counts(counts);
  return !passed(counts, arguments);
}

using Clock = std::chrono::steady_clock;

/// What a slice leaves behind, also if it crashes.
struct Slice {
  Totals totals;
  std::uint64_t next_seed;
};

/// False without a compiler.
bool run_slice(const Arguments &arguments, Clock::time_point end, Slice &slice) {
  constexpr std::uint64_t programs = 2000;
  Counts counts;
  if (!has_compiler(arguments))
    return false;
  while (counts.programs < programs && Clock::now() < end && !enough(counts, arguments)) {
    run_one(slice.next_seed++, arguments, counts);
    slice.totals = counts;
  }
  print_unexplained(counts);
  std::cout << std::flush;
  return true;
}

void add(const Totals &from, Totals &to) {
  static_assert(sizeof(Totals) % sizeof(std::uint64_t) == 0);
  const auto *words = reinterpret_cast<const std::uint64_t *>(&from);
  for (std::size_t k = 0; k < sizeof(Totals) / sizeof(std::uint64_t); ++k)
    reinterpret_cast<std::uint64_t *>(&to)[k] += words[k];
}

/// For minutes, in processes of some programs each: traces live as long as their process, and a
/// crash shall not end everything.
int run_slices(const Arguments &arguments) {
  const auto end = Clock::now() + std::chrono::minutes(arguments.minutes);
  Slice &slice = shared<Slice>();
  slice.next_seed = arguments.seed;
  Totals totals;
  while (Clock::now() < end && !enough(totals, arguments)) {
    slice.totals = {};
    const pid_t child = fork();
    if (child == 0)
      _exit(!run_slice(arguments, end, slice));
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
      return 1;
    add(slice.totals, totals);
    totals.differences += WIFSIGNALED(status);
  }
  print_totals(totals);
  return !passed(totals, arguments);
}

} // namespace
} // namespace jit::fuzz

int main(int count, char **words) {
  using namespace jit;
  fuzz::Arguments arguments;
  arguments.seed =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) %
      1000000000;
  if (!fuzz::read_arguments(count, words, arguments)) {
    std::cerr << fuzz::help;
    return 2;
  }
  fuzz::in_combinations = arguments.combinations;
  for (int signal : {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGBUS, SIGALRM})
    std::signal(signal, fuzz::on_crash);
  mutable_options().trial = false;
  mutable_options().budget = false;
  if (options().cache.empty())
    mutable_options().cache = "off"; // a million programs that nobody wants again
  std::cout << "seed " << arguments.seed << std::endl;
  return arguments.minutes ? fuzz::run_slices(arguments) : fuzz::run_here(arguments);
}
