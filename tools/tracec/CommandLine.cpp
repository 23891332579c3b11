// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/CommandLine.h"

#include "runtime/base/PassNames.h"
#include "runtime/base/Version.h"
#include "tools/tracec/Exit.h"

#include <CLI/CLI.hpp>

#include <charconv>

namespace tracec {
namespace {

constexpr const char *top_help =
    R"(tracec runs, compares, shows and times traces that tracejit recorded.

Usage: tracec COMMAND FILE [OPTION...]      FILE is a trace file, - standard input

Commands
  run     run a trace eagerly, compiled, or both ways and compare all bits
  dump    print a trace as the compiler sees it after a phase, or its assembly
  bench   time eager and compiled runs in turn

Options
  -h, --help     this text; `tracec COMMAND --help` lists the options of a command
  --version      version of tracec

Trace files are written by jit::save_trace and by programs run with TRACEJIT_SAVE=DIR.
Exit codes: 0 ok, 1 bad input, 2 usage, 3 bits differ, 4 unsupported, 5 over a limit, 70 bug.

Examples
  tracec run step-1.trace --mode=both --seed=7
  tracec dump step-1.trace --stage=fused
)";

template <class T> using Choices = std::vector<std::pair<std::string, T>>;
const Choices<RunMode> modes = {
    {"eager", RunMode::eager}, {"compiled", RunMode::compiled}, {"both", RunMode::both}};
const Choices<jit::Isa> isas = {{"v3", jit::Isa::v3}, {"v4", jit::Isa::v4}};
const Choices<std::string> stages = {{"trace", "trace"},     {"simplified", "simplified"},
                                     {"laidout", "laidout"}, {"fused", "fused"},
                                     {"planned", "planned"}, {"scheduled", "scheduled"},
                                     {"llvm", "llvm"},       {"asm", "asm"}};

/// An option whose value is one of a few words.
template <class T>
CLI::Option *add_choice(CLI::App &app, const std::string &flag, const Choices<T> &choices,
                        T &target, const std::string &help) {
  std::string words;
  for (const auto &[word, value] : choices)
    words += (words.empty() ? "" : "|") + word;
  const auto set = [&choices, &target, words, flag](const std::string &given) {
    for (const auto &[word, value] : choices)
      if (word == given) {
        target = value;
        return;
      }
    throw CLI::ValidationError(flag, "'" + given + "' is none of " + words);
  };
  return app.add_option_function<std::string>(flag, set, help)->type_name(words);
}

/// An option whose value is a whole number; anything else is refused, where CLI11 would wrap or
/// clamp it.
template <class T>
void add_number(CLI::App &app, const std::string &flag, T least, T most, T &target,
                const std::string &help) {
  const auto set = [&target, least, most, flag](const std::string &given) {
    T value{};
    const char *end = given.data() + given.size();
    const auto [stop, error] = std::from_chars(given.data(), end, value);
    if (error != std::errc() || stop != end || value < least || value > most)
      throw CLI::ValidationError(flag, "'" + given + "' is no number from " +
                                           std::to_string(least) + " to " + std::to_string(most));
    target = value;
  };
  app.add_option_function<std::string>(flag, set, help)->type_name("N");
}

void add_common(CLI::App &app, Request &request, jit::Isa &isa, std::uint32_t &trace,
                std::uint64_t &memory) {
  app.add_option("FILE", request.file, "trace file, - for standard input")
      ->required()
      ->type_name("");
  add_number(app, "--trace", 0u, ~0u, trace, "only this trace of the file, counted from 0");
  add_choice(app, "--isa", isas, isa, "x86-64 level of kernels and code");
  const auto known = [](const std::string &pass) {
    return jit::is_pass(pass) ? ""
                              : "no such pass: '" + pass + "'; passes are " + jit::list_of_passes();
  };
  app.add_option("--disable", request.disabled, "leave a pass of the compiler out")
      ->delimiter(',')
      ->check(known)
      ->allow_extra_args(false)
      ->type_name("PASS,...");
  const auto set_schedule = [&request](const std::string &text) {
    if (const auto wrong = request.schedule.read(text))
      throw CLI::ValidationError("--schedule", *wrong);
  };
  app.add_option_function<std::string>("--schedule", set_schedule,
                                       "fields of the schedules of kernels, for experiments")
      ->type_name("FIELD:N+...");
  add_number(app, "--memory", std::uint64_t{0}, std::uint64_t{1} << 40, memory,
             "bytes that a program may hold above its ops; unless given, the larger of an eighth "
             "and 1 MiB");
  app.add_option("--compiler", request.compiler, "the compiler library, if not the usual one")
      ->type_name("LIBRARY");
}

void add_values(CLI::App &app, Request &request) {
  app.add_option("--input", request.inputs, "read input %inK from a .npy file")
      ->allow_extra_args(false)
      ->type_name("K=FILE");
  add_number(app, "--seed", std::uint64_t{0}, ~std::uint64_t{0}, request.seed,
             "seed of the other inputs, 0 unless given");
  add_number(app, "--threads", 1, 64, request.threads, "threads of the kernels");
}

} // namespace

std::optional<Request> parse_command_line(int argc, char **argv) {
  Request request;
  auto isa = jit::Isa::v3;
  std::uint32_t trace = 0;
  std::uint64_t memory = 0;
  CLI::App app("", "tracec");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("tracec ") + jit::library_version);

  CLI::App *run = app.add_subcommand("run", "Run a trace and print its outputs.");
  add_common(*run, request, isa, trace, memory);
  add_choice(*run, "--mode", modes, request.mode, "eager unless given; both compares all bits");
  add_values(*run, request);

  CLI::App *dump = app.add_subcommand("dump", "Print a trace after a phase of the compiler.");
  add_common(*dump, request, isa, trace, memory);
  add_choice(*dump, "--stage", stages, request.stage, "phase to print after")->required();

  CLI::App *bench = app.add_subcommand("bench", "Time eager and compiled runs in turn.");
  add_common(*bench, request, isa, trace, memory);
  add_values(*bench, request);
  add_number(*bench, "--runs", 1u, 1'000'000u, request.runs,
             "timed runs of each way; half a second unless given");
  bench->add_option("--json", request.json, "write the numbers as JSON, - instead of the text")
      ->type_name("FILE");

  app.formatter_fn(
      [](const CLI::App *, std::string, CLI::AppFormatMode) { return std::string(top_help); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    app.exit(success);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    throw Exit(ExitCode::usage, "tracec: error: " + std::string(error.what()) +
                                    "\ntracec --help shows the commands");
  }
  request.command = run->parsed() ? Command::run : dump->parsed() ? Command::dump : Command::bench;
  for (CLI::App *command : {run, dump, bench}) {
    if (command->count("--isa"))
      request.isa = isa;
    if (command->count("--trace"))
      request.trace = trace;
    if (command->count("--memory"))
      request.memory = memory;
  }
  return request;
}

} // namespace tracec
