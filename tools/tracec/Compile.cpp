// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec compile: traces as a file that other programs link, and its header.
#include "runtime/base/Files.h"
#include "runtime/kernels/Target.h"
#include "runtime/tensor/Impl.h"
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/Constants.h"
#include "tools/tracec/CppHeader.h"
#include "tools/tracec/FoldConstants.h"
#include "tools/tracec/Link.h"
#include "tools/tracec/Package.h"
#include "tools/tracec/TraceFile.h"
#include "tools/tracec/Weights.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <sys/resource.h>
#include <unistd.h>

namespace tracec {
namespace {

namespace fs = std::filesystem;

/// Signals wait while files are half written, so that none is left behind.
class SignalsHeld {
public:
  SignalsHeld() {
    sigset_t all;
    sigemptyset(&all);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU})
      sigaddset(&all, signal);
    pthread_sigmask(SIG_BLOCK, &all, &before);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  SignalsHeld(const SignalsHeld &) = delete;

private:
  sigset_t before;
};

void over_time(int) {
  static constexpr std::string_view text =
      "tracec: error: compiling took more than --max-seconds\n";
  const auto ignored = write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(ignored);
  _exit(static_cast<int>(ExitCode::limit));
}

void limit_time(std::uint32_t seconds) {
  if (seconds == 0)
    return;
  rlimit limit{};
  getrlimit(RLIMIT_CPU, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, seconds);
  setrlimit(RLIMIT_CPU, &limit);
  std::signal(SIGXCPU, over_time);
}

/// "in0=out0", or the numbers alone, as numbers of an input and an output of the trace.
std::pair<std::size_t, std::size_t> split_donation(const std::string &text,
                                                   const jit::Graph &graph) {
  const std::size_t equals = text.find('=');
  const auto number = [&](std::string key, std::string_view kind, std::size_t count) {
    if (key.starts_with(kind))
      key.erase(0, kind.size());
    const bool digits =
        !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
    if (equals == std::string::npos || !digits || std::stoul(key) >= count)
      throw Exit(ExitCode::usage, "tracec: error: --donate '" + text +
                                      "' is not IN=OUT, as in0=out0: the trace has " +
                                      std::to_string(graph.inputs.size()) + " inputs and " +
                                      std::to_string(graph.outputs.size()) + " outputs");
    return static_cast<std::size_t>(std::stoul(key));
  };
  return {number(text.substr(0, equals), "in", graph.inputs.size()),
          number(equals == std::string::npos ? "" : text.substr(equals + 1), "out",
                 graph.outputs.size())};
}

std::map<std::string, std::string> given_names(const Request &request) {
  std::map<std::string, std::string> names;
  for (const std::string &text : request.names) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size())
      throw Exit(ExitCode::usage, "tracec: error: --name '" + text + "' is not VALUE=NAME");
    names[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return names;
}

/// `taken` are inputs of the trace that the function has no more.
void donate(std::pair<std::size_t, std::size_t> pair, const std::string &text,
            const std::vector<bool> &taken, CFunction &c, jit::ArtefactFunction &function) {
  const auto [in, out] = pair;
  if (taken[in])
    throw Exit(ExitCode::usage, "tracec: error: --donate " + text + ": that input is a constant");
  const auto given = static_cast<std::size_t>(
      std::count(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(in), false));
  if (!c.donated.emplace(given, out).second ||
      !function.options.donated.emplace(static_cast<std::uint32_t>(out), 0).second)
    throw Exit(ExitCode::usage, "tracec: error: --donate " + text + ": that is given already");
  // Among those of the graph that is compiled: constants may stand between them.
  std::uint32_t input = 0;
  for (std::size_t left = given;; ++input)
    if (!function.constants.contains(input) && left-- == 0)
      break;
  function.options.donated[static_cast<std::uint32_t>(out)] = input;
}

/// Whether constants lie in a file of their own.
bool lies_apart(const Request &request, const jit::ArtefactFunction &function) {
  std::size_t bytes = 0;
  for (const auto &[input, tensor] : function.constants)
    bytes += bytes_of(*tensor).size();
  if (request.weights == Weights::file && bytes == 0)
    throw Exit(ExitCode::usage,
               "tracec: error: --weights=file: no --constant is read by the trace");
  if (request.emit == Emit::package || bytes == 0)
    return false;
  constexpr std::size_t most_embedded = std::size_t{1} << 30; // reached by 32 bits
  constexpr std::size_t embedded_unasked = std::size_t{64} << 20;
  if (request.weights == Weights::embed && bytes > most_embedded)
    throw Exit(ExitCode::limit, "tracec: error: constants of " + std::to_string(bytes) +
                                    " bytes: more than 1 GiB cannot be part of the code; use "
                                    "--weights=file");
  return request.weights == Weights::file ||
         (request.weights == Weights::by_size && bytes > embedded_unasked);
}

void add_function(const Request &request, const jit::Graph &graph, Functions &functions) {
  const std::string wish = request.function.empty() ? graph.name : request.function;
  const std::string name = identifier(wish);
  if (request.emit != Emit::package && name.starts_with('_'))
    std::cerr << "tracec: the function is called " << name << ": '" << name.substr(1)
              << "' is taken by C, C++ or the C library, or begins with a digit\n";
  GraphWithConstants known{graph, read_constants(request, graph)};
  std::vector<bool> taken(graph.inputs.size());
  for (const auto &[input, tensor] : known.constants)
    taken[input] = true;
  known = fold_constants(std::move(known));
  const jit::Graph &left = functions.graphs.emplace_back(std::move(known.graph));
  jit::ArtefactFunction wanted;
  wanted.graph = &left;
  wanted.options = compile_options(request, left);
  wanted.name = name;
  for (const auto &[input, tensor] : known.constants) {
    wanted.constants[input] = jit::detail::Access::impl(tensor);
    functions.constants.push_back(tensor);
  }
  CFunction &c = functions.c.emplace_back(describe_for_c(graph, name, given_names(request), taken));
  for (const std::string &text : request.donated)
    donate(split_donation(text, graph), text, taken, c, wanted);
  if (lies_apart(request, wanted)) {
    functions.weights = lay_out_weights(wanted);
    add_weights(c, wanted.weights.bytes, jit::to_hex(wanted.weights.digest));
  }
  wanted.info = info_text(c, request.targets);
  functions.wanted.push_back(std::move(wanted));
}

/// Whether C would see one name twice: case does not tell constants of headers apart, and functions
/// have endings.
bool names_clash(const std::string &a, const std::string &b) {
  const auto same = [](const std::string &x, const std::string &y) {
    return std::ranges::equal(x, y, {}, toupper, toupper);
  };
  for (const char *ending : {"", "_run", "_check", "_workspace", "_error", "_info"})
    if (same(a + ending, b) || same(a, b + ending))
      return true;
  return false;
}

Functions make_functions(const Request &request, const std::vector<jit::Graph> &graphs) {
  Functions functions;
  if (request.emit != Emit::package && !request.gpus.empty())
    throw Exit(ExitCode::usage, "tracec: error: code for GPUs is for --emit=package");
  const bool lone = !request.function.empty() || !request.names.empty() ||
                    !request.constants.empty() || !request.donated.empty();
  if (graphs.size() > 1 && lone)
    throw Exit(ExitCode::usage, "tracec: error: --function, --name, --constant and --donate need "
                                "--trace: the file has " +
                                    std::to_string(graphs.size()) + " traces");
  if (request.emit == Emit::package && request.weights != Weights::by_size)
    throw Exit(ExitCode::usage, "tracec: error: --weights is not for --emit=package: a bundle maps "
                                "its constants");
  if (request.emit == Emit::package && !request.donated.empty())
    throw Exit(ExitCode::usage, "tracec: error: --donate is not for --emit=package: a module takes "
                                "the memory of inputs that nobody else holds");
  for (const jit::Graph &graph : graphs) {
    add_function(request, graph, functions);
    for (std::size_t k = 0; k + 1 < functions.c.size(); ++k)
      if (names_clash(functions.c[k].name, functions.c.back().name))
        throw Exit(ExitCode::input, shown_name(request) + ": error: two traces are called " +
                                        functions.c.back().name + "; choose one by --trace");
  }
  return functions;
}

/// Without its folder's name a stem, with the ending that belongs to the kind.
fs::path output_file(const Request &request, const char *ending) {
  fs::path path = request.output;
  if (path.empty())
    path = request.file == "-" ? "trace" : fs::path(request.file).filename();
  for (const char *known : {".o", ".a", ".so", ".tjb", ".h", ".hpp", ".trace", ".weights"})
    if (path.extension() == known)
      path.replace_extension();
  return path += ending;
}

const char *ending_of(Emit emit) {
  switch (emit) {
  case Emit::object:
    return ".o";
  case Emit::archive:
    return ".a";
  case Emit::shared:
    return ".so";
  case Emit::package:
    return ".tjb";
  }
  return "";
}

void write_parts(const fs::path &path, std::span<const std::span<const std::byte>> parts) {
  if (const auto message = jit::write_file(path, parts))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
}
void write_text(const fs::path &path, std::span<const char> text) {
  const std::span<const std::byte> part = std::as_bytes(text);
  write_parts(path, {&part, 1});
}

std::vector<std::string> shown_names(const std::vector<CFunction> &functions) {
  std::vector<std::string> names;
  for (const CFunction &function : functions)
    for (const char *ending : {"_run", "_check", "_workspace", "_error", "_info"})
      names.push_back(function.name + ending);
  for (const CFunction &function : functions)
    for (const char *ending : {"_weights_open", "_weights_close"})
      if (!function.weights.empty())
        names.push_back(function.name + ending);
  return names;
}

} // namespace

ExitCode profile(const Request &request) {
  limit_time(request.max_seconds);
  if (!request.gpus.empty())
    throw Exit(ExitCode::usage, "tracec: error: a profile has no code for GPUs");
  // Traces of one name are paths of one traced call, so functions have numbers.
  std::vector<std::vector<jit::Graph>> files;
  Functions functions;
  for (const std::string &file : request.files) {
    Request one = request;
    one.file = file;
    for (const jit::Graph &graph : files.emplace_back(read_traces(one))) {
      one.function = "path" + std::to_string(functions.c.size());
      add_function(one, graph, functions);
    }
  }
  if (functions.c.empty())
    throw Exit(ExitCode::input, "tracec: error: there is no trace in these files");
  const std::vector<std::byte> bundle = make_package(request, functions);
  const SignalsHeld held;
  write_text(request.output, {reinterpret_cast<const char *>(bundle.data()), bundle.size()});
  std::cout << request.output << ": " << functions.c.size() << " paths\n";
  return ExitCode::ok;
}

ExitCode compile(const Request &request) {
  limit_time(request.max_seconds);
  const std::vector<jit::Graph> graphs = read_traces(request);
  if (graphs.empty())
    throw Exit(ExitCode::input, shown_name(request) + ": error: there is no trace in it");
  const Functions functions = make_functions(request, graphs);
  const fs::path file = output_file(request, ending_of(request.emit));
  if (request.emit == Emit::package) {
    const std::vector<std::byte> bundle = make_package(request, functions);
    const SignalsHeld held;
    write_text(file, {reinterpret_cast<const char *>(bundle.data()), bundle.size()});
    std::cout << file.string() << '\n';
    return ExitCode::ok;
  }
  const jit::Artefact made = compiler().artefact(functions.wanted, request.targets);
  if (made.object.empty())
    throw Exit(ExitCode::unsupported,
               shown_name(request) + ": error: cannot be compiled: " + made.message);
  const SignalsHeld held;
  if (request.emit == Emit::shared)
    link_shared(request.linker, file, made.object, shown_names(functions.c), made.needs_rt);
  else
    write_text(file, request.emit == Emit::object ? made.object : made.archive);
  const fs::path weights = output_file(request, ".weights");
  const std::vector<std::byte> head = weights_header(functions.wanted.front().weights);
  if (!functions.weights.empty())
    write_parts(weights, std::array<std::span<const std::byte>, 2>{head, functions.weights});
  const bool needs_rt = made.needs_rt && request.emit != Emit::shared;
  const fs::path header = output_file(request, ".h");
  write_text(header,
             header_text(header.filename().string(), functions.c, request.targets, needs_rt));
  std::cout << file.string() << " and " << header.string();
  if (request.header == Header::cpp) {
    const fs::path cpp = output_file(request, ".hpp");
    write_text(cpp,
               cpp_header_text(cpp.filename().string(), header.filename().string(), functions.c));
    std::cout << ", " << cpp.string();
  }
  if (!functions.weights.empty())
    std::cout << ", " << weights.string();
  std::cout << (needs_rt ? "; link with libtracejit-rt.a\n" : "\n");
  return ExitCode::ok;
}

} // namespace tracec
