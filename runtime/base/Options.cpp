// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of options, and reading it from text and from the environment.
#include "runtime/base/Options.h"

#include "runtime/base/Log.h"
#include "runtime/base/PassNames.h"

#include <array>
#include <charconv>
#include <cstdlib>

namespace jit {
namespace {

// What a field is decides how it is read, written and set.
template <class T> struct Word {
  std::string_view text;
  T value;
};

constexpr std::array<Word<Mode>, 4> modes = {
    {{"off", Mode::off}, {"log", Mode::log}, {"on", Mode::on}, {"check", Mode::check}}};
constexpr std::array<Word<IsaChoice>, 3> isas = {
    {{"auto", IsaChoice::automatic}, {"v3", IsaChoice::v3}, {"v4", IsaChoice::v4}}};
constexpr std::array<Word<GraphChoice>, 3> graph_choices = {
    {{"auto", GraphChoice::automatic}, {"off", GraphChoice::off}, {"on", GraphChoice::on}}};
constexpr std::array<Word<DeferChoice>, 3> defers = {
    {{"on", DeferChoice::on}, {"off", DeferChoice::off}, {"now", DeferChoice::now}}};
constexpr std::array<Word<bool>, 2> switches = {{{"on", true}, {"off", false}}};

using Wrong = std::optional<std::string>; ///< as OptionInfo::set returns it

template <auto Field, const auto &Words> Wrong set_word(Options &options, std::string_view text) {
  for (const auto &word : Words)
    if (word.text == text) {
      options.*Field = word.value;
      return std::nullopt;
    }
  return "";
}

template <auto Field, const auto &Words> std::string get_word(const Options &options) {
  for (const auto &word : Words)
    if (word.value == options.*Field)
      return std::string(word.text);
  return {};
}

template <auto Field, int Max, int Min = 0> Wrong set_int(Options &options, std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < Min || value > Max)
    return "";
  options.*Field = value;
  return std::nullopt;
}

template <auto Field> std::string get_int(const Options &options) {
  return std::to_string(options.*Field);
}

template <auto Field> Wrong set_text(Options &options, std::string_view text) {
  options.*Field = text;
  return std::nullopt;
}

template <auto Field> std::string get_text(const Options &options) { return options.*Field; }

Wrong set_disable(Options &options, std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('+'), text.size());
    const std::string_view name = text.substr(0, end);
    if (!is_pass(name))
      return "no such pass: '" + std::string(name) + "'; passes are " + list_of_passes();
    if (end + 1 == text.size())
      return "nothing after the last +";
    names.emplace_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  options.disable = std::move(names);
  return std::nullopt;
}

std::string get_disable(const Options &options) {
  std::string text;
  for (const std::string &name : options.disable)
    text += (text.empty() ? "" : "+") + name;
  return text;
}

Wrong set_schedule(Options &options, std::string_view text) { return options.schedule.read(text); }

std::string get_schedule(const Options &options) { return options.schedule.text(); }

Wrong set_memory(Options &options, std::string_view text) {
  if (text == "auto") {
    options.memory_percent = -1;
    return std::nullopt;
  }
  if (!text.ends_with('%'))
    return "";
  return set_int<&Options::memory_percent, 10'000>(options, text.substr(0, text.size() - 1));
}

std::string get_memory(const Options &options) {
  return options.memory_percent < 0 ? "auto" : std::to_string(options.memory_percent) + "%";
}

constexpr int max_count = 1'000'000'000;

constexpr std::array<OptionInfo, 22> table = {{
    {"mode", "off|log|on|check", "what the runtime does beyond plain eager", false,
     set_word<&Options::mode, modes>, get_word<&Options::mode, modes>},
    {"isa", "auto|v3|v4", "x86-64 level of kernels and compiled code", true,
     set_word<&Options::isa, isas>, get_word<&Options::isa, isas>},
    {"threads", "0..64", "most threads of the kernel pool; 0: one for each CPU", false,
     set_int<&Options::threads, 64>, get_int<&Options::threads>},
    {"trial", "on|off", "time compiled against eager before switching", false,
     set_word<&Options::trial, switches>, get_word<&Options::trial, switches>},
    {"budget", "on|off", "limit the share of CPU spent on compiling", false,
     set_word<&Options::budget, switches>, get_word<&Options::budget, switches>},
    {"threshold", "-1..1000000000",
     "recorded runs after which a path is compiled; -1: as its trace says", false,
     set_int<&Options::threshold, max_count, -1>, get_int<&Options::threshold>},
    {"flush_every", "0..1000000000", "run pending work after so many ops; 0: never", false,
     set_int<&Options::flush_every, max_count>, get_int<&Options::flush_every>},
    {"turns", "0..100", "percent of matched ops at which a run goes on eagerly, for tests", false,
     set_int<&Options::turns, 100>, get_int<&Options::turns>},
    {"defer", "on|off|now",
     "store what is held when a value is read only once it is needed; now: without learning", false,
     set_word<&Options::defer, defers>, get_word<&Options::defer, defers>},
    {"memory", "auto|0%..10000%", "what a program may hold above its ops", false, set_memory,
     get_memory},
    {"packed", "0..1000000", "MiB of weights that are kept packed for products, in all", false,
     set_int<&Options::packed_mib, 1'000'000>, get_int<&Options::packed_mib>},
    {"disable", "PASS+PASS", "passes of the compiler to leave out", true, set_disable, get_disable},
    {"schedule", "FIELD:N+FIELD:N", "fields of the schedules of kernels, for experiments", true,
     set_schedule, get_schedule},
    {"save", "DIR", "folder that receives every compiled trace as a file", false,
     set_text<&Options::save>, get_text<&Options::save>},
    {"cuda", "on|off", "whether NVIDIA GPUs may be used", false, set_word<&Options::cuda, switches>,
     get_word<&Options::cuda, switches>},
    {"cuda_sync", "on|off", "wait after every launch on a GPU, so that its error is at its op",
     false, set_word<&Options::cuda_sync, switches>, get_word<&Options::cuda_sync, switches>},
    {"cuda_graphs", "auto|off|on",
     "launch the kernels of a program on a GPU as one graph; auto: where that is quicker", false,
     set_word<&Options::cuda_graphs, graph_choices>,
     get_word<&Options::cuda_graphs, graph_choices>},
    {"nvrtc", "FILE", "NVIDIA's run-time compiler, if not the one that is found", false,
     set_text<&Options::nvrtc>, get_text<&Options::nvrtc>},
    {"compiler", "FILE", "the compiler library, if not the one beside libtracejit", false,
     set_text<&Options::compiler>, get_text<&Options::compiler>},
    {"cache", "DIR|off", "folder of compiled programs, if not ~/.cache/tracejit", false,
     set_text<&Options::cache>, get_text<&Options::cache>},
    {"profile", "FILE", "programs that came with the program, from tracec profile", false,
     set_text<&Options::profile>, get_text<&Options::profile>},
    {"report", "FILE", "report that is written at exit: JSON if it ends in .json, else text", false,
     set_text<&Options::report>, get_text<&Options::report>},
}};

const OptionInfo *find(std::string_view name) noexcept {
  for (const OptionInfo &option : table)
    if (option.name == name)
      return &option;
  return nullptr;
}

std::string names() {
  std::string text;
  for (const OptionInfo &option : table)
    text += " " + std::string(option.name);
  return text;
}

std::optional<std::string> parse_entry(std::string_view entry, Options &options) {
  const std::string shown = "TRACEJIT: '" + std::string(entry) + "': ";
  const std::size_t equals = entry.find('=');
  if (equals == entry.npos) {
    if (!table.front().set(options, entry))
      return std::nullopt;
    return shown + "no such mode; modes are " + std::string(table.front().values) +
           ", other options are written name=value with the names" + names();
  }
  const OptionInfo *option = find(entry.substr(0, equals));
  if (!option)
    return shown + "no such option; options are" + names();
  const Wrong wrong = option->set(options, entry.substr(equals + 1));
  if (!wrong)
    return std::nullopt;
  return shown + (wrong->empty() ? "the value must be " + std::string(option->values) : *wrong);
}

struct Environment {
  Options options;
  std::optional<std::string> error;

  Environment() {
    if (const char *text = std::getenv("TRACEJIT"))
      error = parse_options(text, options);
    if (const char *folder = std::getenv("TRACEJIT_SAVE"))
      options.save = folder;
    if (const char *folder = std::getenv("TRACEJIT_CACHE"))
      options.cache = folder;
    if (const char *file = std::getenv("TRACEJIT_PROFILE"))
      options.profile = file;
    if (const char *text = std::getenv("TRACEJIT_LOG"))
      if (std::optional<std::string> problem = set_log_levels(text))
        error = error ? *error + "; " + *problem : *problem;
  }
};

// Never destroyed: ops may run in destructors of static objects.
Environment &environment() {
  static Environment &instance = *new Environment;
  return instance;
}

} // namespace

std::span<const OptionInfo> option_table() noexcept { return table; }

std::optional<std::string> parse_options(std::string_view text, Options &options) {
  Options result = options;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (std::optional<std::string> error = parse_entry(text.substr(0, end), result))
      return error;
    if (end + 1 == text.size())
      return "TRACEJIT: nothing after the last comma";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  options = std::move(result);
  return std::nullopt;
}

std::string to_text(const Options &options) {
  const Options defaults;
  std::string text;
  for (const OptionInfo &option : table)
    if (const std::string value = option.get(options); value != option.get(defaults))
      text += (text.empty() ? "" : ",") + std::string(option.name) + "=" + value;
  return text;
}

std::string code_key(const Options &options) {
  std::string text;
  for (const OptionInfo &option : table)
    if (option.affects_code)
      text += (text.empty() ? "" : ",") + std::string(option.name) + "=" + option.get(options);
  return text;
}

constinit std::atomic<const Options *> detail::known_options{nullptr};

const Options &detail::read_options() {
  const Options &read = environment().options;
  known_options.store(&read, std::memory_order_release);
  return read;
}

const std::optional<std::string> &environment_error() { return environment().error; }
Options &mutable_options() { return environment().options; }

} // namespace jit
