// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/CommandLine.h"

#include "runtime/base/PassNames.h"
#include "runtime/base/Version.h"
#include "tools/tracec/Exit.h"
#include "tools/tracec/ManPage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>

namespace tracec {
namespace {

constexpr const char *top_help =
    R"(tracec runs, compares, shows, times and compiles traces that tracejit recorded.

Usage: tracec COMMAND FILE [OPTION...]      FILE is a trace file, - standard input

Commands
  run     run a trace eagerly, compiled, or both ways and compare all bits
  dump    print a trace as the compiler sees it after a phase, or its assembly
  bench   time eager and compiled runs in turn
  compile make an object file, a library or a bundle of traces
  profile make a file with which a program starts compiled
  info    print what is in a bundle, a profile or a file of the cache
  import  say what of a file can be compiled ahead

Options
  -h, --help     this text; `tracec COMMAND --help` lists the options of a command
  --version      version of tracec; --man: all options as a manual page

Trace files are written by jit::save_trace and by programs run with TRACEJIT_SAVE=DIR.
Exit codes: 0 ok, 1 bad input, 2 usage, 3 bits differ, 4 unsupported, 5 over a limit, 70 bug.

Examples
  tracec run step-1.trace --mode=both --seed=7
  tracec dump step-1.trace --stage=fused
  tracec compile step-1.trace -o step --target=x86-64-v3
)";

template <class T> using Choices = std::vector<std::pair<std::string, T>>;
const Choices<RunMode> modes = {
    {"eager", RunMode::eager}, {"compiled", RunMode::compiled}, {"both", RunMode::both}};
const Choices<jit::Isa> isas = {{"v3", jit::Isa::v3}, {"v4", jit::Isa::v4}};
const Choices<Emit> emits = {{"object", Emit::object},
                             {"static", Emit::archive},
                             {"shared", Emit::shared},
                             {"package", Emit::package}};
const Choices<Header> headers = {{"c", Header::c}, {"c++", Header::cpp}};
const Choices<Weights> places = {{"embed", Weights::embed}, {"file", Weights::file}};
const Choices<std::string> stages = {{"trace", "trace"},     {"simplified", "simplified"},
                                     {"laidout", "laidout"}, {"fused", "fused"},
                                     {"planned", "planned"}, {"scheduled", "scheduled"},
                                     {"llvm", "llvm"},       {"asm", "asm"},
                                     {"cuda", "cuda"}};

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

void add_common(CLI::App &app, Request &request, std::uint32_t &trace, std::uint64_t &memory) {
  app.add_option("FILE", request.file, "trace file, - for standard input")
      ->required()
      ->type_name("");
  add_number(app, "--trace", 0u, ~0u, trace, "only this trace of the file, counted from 0");
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

constexpr std::array gpu_capabilities = {80, 86, 89, 90, 100, 120};
std::string target_list() {
  std::string text = "targets are x86-64-v3, x86-64-v4, native";
  for (const int capability : gpu_capabilities)
    text +=
        (capability == gpu_capabilities.back() ? " and sm_" : ", sm_") + std::to_string(capability);
  return text;
}

/// One word of --target.
void add_target(const std::string &word, Request &request) {
  if (word == "list") {
    std::cout << "x86-64-v3\nx86-64-v4\nnative\n";
    for (const int capability : gpu_capabilities)
      std::cout << "sm_" << capability << "\n";
    throw CLI::Success();
  }
  for (const int capability : gpu_capabilities)
    if (word == "sm_" + std::to_string(capability)) {
      if (std::ranges::find(request.gpus, capability) == request.gpus.end())
        request.gpus.push_back(capability);
      return;
    }
  if (word == "native") {
    request.native = true;
    request.targets.push_back(jit::detected_isa());
  } else if (word == "x86-64-v3" || word == "x86-64-v4") {
    request.targets.push_back(word.back() == '3' ? jit::Isa::v3 : jit::Isa::v4);
  } else {
    throw CLI::ValidationError("--target", "no target '" + word + "'; " + target_list());
  }
}

/// "1M", "512K" or a number of bytes.
void add_size(CLI::App &app, const std::string &flag, std::int64_t &target,
              const std::string &help) {
  const auto set = [&target, flag](const std::string &given) {
    const char *end = given.data() + given.size();
    const auto [stop, error] = std::from_chars(given.data(), end, target);
    const std::string unit(stop, end);
    const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0;
    if (error != std::errc() || (shift == 0 && !unit.empty()) || target < 1 ||
        target > (std::int64_t{1} << 40) >> shift)
      throw CLI::ValidationError(flag, "'" + given + "' is no size such as 512K, 1M or 32M");
    target <<= shift;
  };
  app.add_option_function<std::string>(flag, set, help)->type_name("SIZE");
}

/// What profiles and compiled files have in common.
void add_targets(CLI::App &app, Request &request) {
  const auto set = [&request](const std::vector<std::string> &words) {
    for (const std::string &word : words)
      add_target(word, request);
  };
  app.add_option_function<std::vector<std::string>>(
         "--target", set, "processors: x86-64-v3 and x86-64-v4 unless given; list: show")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TARGET,...");
  add_size(app, "--l2", request.l2, "cache that the code is made for, 1M unless given");
  add_size(app, "--l3", request.l3, "the same of the last level, 32M unless given");
  add_number(app, "--max-seconds", 0u, 1'000'000u, request.max_seconds,
             "CPU time that compiling may take, 60 unless given; 0: any");
}

void add_compile(CLI::App &app, Request &request) {
  app.add_option("-o,--output", request.output,
                 "name of the files, endings are added; that of FILE unless given")
      ->type_name("NAME");
  add_choice(app, "--emit", emits, request.emit, "object unless given");
  add_choice(app, "--header", headers, request.header, "c++: NAME.hpp too, a class over NAME.h");
  add_targets(app, request);
  app.add_option("--function", request.function, "what the function is called, if not as the trace")
      ->type_name("NAME");
  app.add_option("--name", request.names, "call a value (in0, num0, out0) so in the header")
      ->allow_extra_args(false)
      ->type_name("VALUE=NAME");
  app.add_option("--constant", request.constants,
                 "make input %inK part of the file: a .npy file, or an array of a .npz file")
      ->allow_extra_args(false)
      ->type_name("K=FILE[:ARRAY]");
  add_choice(app, "--weights", places, request.weights,
             "where constants lie; file: NAME.weights; unless given so above 64 MiB");
  app.add_option("--donate", request.donated,
                 "callers may give out0 the memory of in0, which is overwritten then")
      ->allow_extra_args(false)
      ->type_name("in0=out0");
  app.add_option("--linker", request.linker, "for shared: a program; $CC, else cc, unless given")
      ->type_name("PROGRAM");
}

void add_device(CLI::App &app, Request &request) {
  const auto set = [&request](const std::string &text) {
    constexpr std::string_view kind = "cuda:";
    const char *end = text.data() + text.size();
    if (text == "cuda") {
      request.device = 0;
      return;
    }
    if (text.starts_with(kind)) {
      const auto [stop, error] = std::from_chars(text.data() + kind.size(), end, request.device);
      if (error == std::errc() && stop == end && request.device >= 0)
        return;
    }
    throw CLI::ValidationError("--device", "'" + text + "' is no device such as cuda:0");
  };
  app.add_option_function<std::string>(
         "--device", set, "run on a GPU; with --mode=both the CPU's eager run is compared, too")
      ->type_name("cuda:N");
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

/// The message, if there is no such command.
static std::optional<std::string> unknown_command(CLI::App &app, const std::string &name) {
  std::string known;
  for (const CLI::App *command : app.get_subcommands([](CLI::App *) { return true; })) {
    if (command->get_name() == name)
      return std::nullopt;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return "unknown command '" + name + "'; commands are " + known;
}

std::optional<Request> parse_command_line(int argc, char **argv) {
  Request request;
  auto isa = jit::Isa::v3;
  std::uint32_t trace = 0;
  std::uint64_t memory = 0;
  CLI::App app("", "tracec");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("tracec ") + jit::library_version);

  CLI::App *run = app.add_subcommand("run", "Run a trace and print its outputs.");
  add_common(*run, request, trace, memory);
  add_choice(*run, "--mode", modes, request.mode, "eager unless given; both compares all bits");
  add_values(*run, request);
  add_device(*run, request);

  CLI::App *dump = app.add_subcommand("dump", "Print a trace after a phase of the compiler.");
  add_common(*dump, request, trace, memory);
  add_choice(*dump, "--stage", stages, request.stage, "phase to print after")->required();

  CLI::App *bench = app.add_subcommand("bench", "Time eager and compiled runs in turn.");
  add_common(*bench, request, trace, memory);
  add_values(*bench, request);
  add_number(*bench, "--runs", 1u, 1'000'000u, request.runs,
             "timed runs of each way; half a second unless given");
  bench->add_option("--json", request.json, "write the numbers as JSON, - instead of the text")
      ->type_name("FILE");

  CLI::App *compile = app.add_subcommand("compile", "Make a file that other programs link.");
  add_common(*compile, request, trace, memory);
  add_compile(*compile, request);

  CLI::App *profile = app.add_subcommand("profile", "Make a file with which a program starts.");
  profile->add_option("FILE", request.files, "trace files")->required()->type_name("");
  profile->add_option("-o,--output", request.output, "the file, with its ending .tjp")
      ->required()
      ->type_name("FILE");
  add_targets(*profile, request);

  CLI::App *info =
      app.add_subcommand("info", "Print what is in a file, and execute nothing of it.");
  info->add_option("FILE", request.file, "bundle, profile or file of the cache")
      ->required()
      ->type_name("");
  info->add_flag("--verify", request.verify, "compare the digests of all sections");

  CLI::App *import = app.add_subcommand("import", "Look at a file that is to be compiled ahead.");
  add_common(*import, request, trace, memory);
  import->add_flag("--check", request.check, "say what cannot be compiled, how often and why");

  for (CLI::App *command : {run, dump, bench})
    add_choice(*command, "--isa", isas, isa, "x86-64 level of kernels and code");

  app.formatter_fn(
      [](const CLI::App *, std::string, CLI::AppFormatMode) { return std::string(top_help); });
  if (argc == 2 && std::string_view(argv[1]) == "--man") {
    std::cout << man_page(app, top_help);
    return std::nullopt;
  }
  try {
    if (argc > 1 && argv[1][0] != '-')
      if (const auto message = unknown_command(app, argv[1]))
        throw CLI::ValidationError(*message);
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    app.exit(success);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    throw Exit(ExitCode::usage, "tracec: error: " + std::string(error.what()) +
                                    "\ntracec --help shows the commands");
  }
  request.command = run->parsed()       ? Command::run
                    : dump->parsed()    ? Command::dump
                    : bench->parsed()   ? Command::bench
                    : compile->parsed() ? Command::compile
                    : profile->parsed() ? Command::profile
                    : info->parsed()    ? Command::info
                                        : Command::import;
  for (CLI::App *command : {run, dump, bench, compile, import}) {
    if (command != compile && command != import && command->count("--isa"))
      request.isa = isa;
    if (command->count("--trace"))
      request.trace = trace;
    if (command->count("--memory"))
      request.memory = memory;
  }
  if (request.targets.empty() && request.gpus.empty())
    request.targets = {jit::Isa::v3, jit::Isa::v4};
  std::ranges::sort(request.targets);
  const auto twice = std::ranges::unique(request.targets);
  request.targets.erase(twice.begin(), twice.end());
  return request;
}

} // namespace tracec
