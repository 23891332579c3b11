// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/CommandLine.h"

#include "tools/tracec/Exit.h"

#include <CLI/CLI.hpp>

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

const std::map<std::string, RunMode> modes = {
    {"eager", RunMode::eager}, {"compiled", RunMode::compiled}, {"both", RunMode::both}};
const std::map<std::string, jit::Isa> isas = {{"v3", jit::Isa::v3}, {"v4", jit::Isa::v4}};
const std::vector<std::string> stages = {"trace",   "simplified", "laidout", "fused",
                                         "planned", "llvm",       "asm"};

/// "a|b|c" for help and messages, in the order of the list.
template <class Range, class Name> std::string alternatives(const Range &range, Name name) {
  std::string text;
  for (const auto &item : range)
    text += (text.empty() ? "" : "|") + std::string(name(item));
  return text;
}

/// An option whose value is one of a few words.
template <class T>
CLI::Option *add_choice(CLI::App &app, const std::string &flag, const std::map<std::string, T> &map,
                        T &target, const std::string &help) {
  const std::string words = alternatives(map, [](const auto &entry) { return entry.first; });
  const auto set = [&map, &target, words, flag](const std::string &word) {
    const auto found = map.find(word);
    if (found == map.end())
      throw CLI::ValidationError(flag, "'" + word + "' is none of " + words);
    target = found->second;
  };
  return app.add_option_function<std::string>(flag, set, help)->type_name(words);
}

void add_common(CLI::App &app, Request &request, jit::Isa &isa) {
  app.add_option("FILE", request.file, "trace file, - for standard input")
      ->required()
      ->type_name("");
  app.add_option("--trace", request.trace, "only this trace of the file, counted from 0")
      ->type_name("K");
  add_choice(app, "--isa", isas, isa, "x86-64 level of kernels and code");
  app.add_option("--disable", request.disabled, "leave a pass of the compiler out")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PASS,...");
  app.add_option("--compiler", request.compiler, "the compiler library, if not the usual one")
      ->type_name("LIBRARY");
}

void add_values(CLI::App &app, Request &request) {
  app.add_option("--input", request.inputs, "read input %inK from a .npy file")
      ->allow_extra_args(false)
      ->type_name("K=FILE");
  app.add_option("--seed", request.seed, "seed of the other inputs, 0 unless given")
      ->type_name("N");
  app.add_option("--threads", request.threads, "threads of the kernels")
      ->check(CLI::Range(1, 64))
      ->type_name("1..64");
}

} // namespace

std::optional<Request> parse_command_line(int argc, char **argv) {
  Request request;
  auto isa = jit::Isa::v3;
  CLI::App app("", "tracec");
  app.require_subcommand(1);
  app.set_version_flag("--version", "tracec " TRACEJIT_VERSION);

  CLI::App *run = app.add_subcommand("run", "Run a trace and print its outputs.");
  add_common(*run, request, isa);
  add_choice(*run, "--mode", modes, request.mode, "eager unless given; both compares all bits");
  add_values(*run, request);

  CLI::App *dump = app.add_subcommand("dump", "Print a trace after a phase of the compiler.");
  add_common(*dump, request, isa);
  dump->add_option("--stage", request.stage, "phase to print after")
      ->required()
      ->check([](const std::string &word) {
        return std::find(stages.begin(), stages.end(), word) != stages.end()
                   ? std::string()
                   : "'" + word + "' is no stage";
      })
      ->type_name(alternatives(stages, [](const std::string &stage) { return stage; }));

  CLI::App *bench = app.add_subcommand("bench", "Time eager and compiled runs in turn.");
  add_common(*bench, request, isa);
  add_values(*bench, request);
  bench->add_option("--runs", request.runs, "timed runs of each way; half a second unless given")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
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
  for (CLI::App *command : {run, dump, bench})
    if (command->count("--isa"))
      request.isa = isa;
  return request;
}

} // namespace tracec
