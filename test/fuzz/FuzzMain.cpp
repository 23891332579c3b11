// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracejit-fuzz: random programs, eager against compiled, bit by bit.
#include "runtime/base/Options.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/CheckGradients.h"
#include "test/fuzz/SaveFailure.h"

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
    "Examples: tracejit-fuzz --minutes 10\n"
    "          tracejit-fuzz --seed 7 --programs 1\n";

struct Arguments {
  std::uint64_t seed = 0, programs = 300, minutes = 0;
  bool keep_going = false, shrink = true, print = false, isolate = false, combinations = false;
};

/// For the signal handlers.
volatile std::uint64_t current_seed = 0;

void write_number(std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  static_cast<void>(!write(STDERR_FILENO, digits, static_cast<std::size_t>(end - digits)));
}

void on_crash(int signal) {
  static constexpr char before[] = "\ncrashed or hung; signal ";
  static constexpr char middle[] = "; reproduce: tracejit-fuzz --programs 1 --seed ";
  static_cast<void>(!write(STDERR_FILENO, before, sizeof before - 1));
  write_number(static_cast<std::uint64_t>(signal));
  static_cast<void>(!write(STDERR_FILENO, middle, sizeof middle - 1));
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
    } else {
      return false;
    }
  }
  arguments.combinations |= arguments.minutes > 0;
  return true;
}

void print_counts(const Counts &counts) {
  std::cout << counts.programs << " programs, " << counts.ops << " ops, " << counts.gradients
            << " gradients, " << counts.calls << " calls: " << counts.swaps << " swaps ("
            << counts.kernels_before << " kernels fused to " << counts.kernels_after << "), "
            << counts.hits << " compiled runs, " << counts.replays << " replays, " << counts.not_run
            << " programs without a compiled run (" << counts.unexplained.size()
            << " unexplained), " << counts.flushes << " calls with forced flushes, "
            << counts.slopes << " gradients checked by differences, " << counts.differences
            << " failures\n"
            << counts.weak_comparisons << " of " << counts.comparisons
            << " comparisons are weak (under 10 % distinct values), and all those of "
            << counts.weak_programs << " programs, which do not count as passed: "
            << counts.programs - counts.weak_programs - counts.not_run - counts.differences
            << " passed\n";
  for (const std::uint64_t seed : counts.unexplained)
    std::cout << "never compiled, no reason known: --seed " << seed << " --programs 1\n";
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
            << (arguments.combinations ? " --combinations" : "") << " --programs 1 --seed "
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

int run(const Arguments &arguments) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::minutes(arguments.minutes);
  Counts counts;
  std::uint64_t seed = arguments.seed;
  const auto more = [&] {
    return arguments.minutes ? Clock::now() < end : counts.programs < arguments.programs;
  };
  for (; more(); ++seed) {
    current_seed = seed;
    alarm(120);
    Program program = generate(seed);
    if (arguments.combinations)
      program.setting = combination(seed, program.setting);
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
      if (counts.differences >= 10 && !arguments.keep_going)
        break;
    }
  }
  alarm(0);
  print_counts(counts);
  // Silence of the compiler must not pass for equality.
  const bool compiled = counts.programs < 20 || arguments.isolate ||
                        (counts.hits > 0 && 20 * counts.unexplained.size() <= counts.programs);
  return counts.differences > 0 || !compiled;
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
  for (int signal : {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGBUS, SIGALRM})
    std::signal(signal, fuzz::on_crash);
  mutable_options().trial = false;
  mutable_options().budget = false;
  if (!arguments.isolate && !enable_compiler()) {
    std::cerr << "tracejit-fuzz: the compiler library is missing\n";
    return 1;
  }
  std::cout << "seed " << arguments.seed << std::endl;
  return fuzz::run(arguments);
}
