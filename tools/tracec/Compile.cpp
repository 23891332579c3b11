// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec compile: traces as a file that other programs link, and its header.
#include "runtime/base/Files.h"
#include "runtime/kernels/Target.h"
#include "runtime/tensor/Impl.h"
#include "runtime/tensor/Npz.h"
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/CppHeader.h"
#include "tools/tracec/Link.h"
#include "tools/tracec/Package.h"
#include "tools/tracec/TraceFile.h"

#include <algorithm>
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

/// "K=REST", where K is a number or the name of an input.
std::pair<std::size_t, std::string> split(const std::string &text, const jit::Graph &graph) {
  const std::size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  if (key.starts_with("in"))
    key.erase(0, 2);
  const bool digits =
      !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
  if (equals == std::string::npos || equals + 1 == text.size() || !digits)
    throw Exit(ExitCode::usage, "tracec: error: --constant '" + text + "' is not K=FILE[:ARRAY]");
  const std::size_t k = std::stoul(key);
  if (k >= graph.inputs.size())
    throw Exit(ExitCode::usage, "tracec: error: --constant " + text + ": the trace has " +
                                    std::to_string(graph.inputs.size()) + " inputs");
  return {k, text.substr(equals + 1)};
}

/// The elements of a member of an .npz file, "FILE.npz:ARRAY".
std::vector<std::byte> read_member(const std::string &file, const std::string &array,
                                   const jit::Meta &meta) {
  const auto fail = [&](const std::string &why) {
    return Exit(ExitCode::input, "tracec: error: " + why);
  };
  const jit::Result<jit::NpzFile> archive = jit::NpzFile::open(file);
  if (!archive)
    throw fail(archive.message());
  for (const jit::NpzMember &member : archive->members()) {
    if (member.name != array)
      continue;
    const jit::Result<std::vector<std::byte>> bytes = archive->read(member);
    if (!bytes)
      throw fail(bytes.message());
    const jit::Result<jit::NpyHeader> header = jit::parse_npy(*bytes);
    if (!header)
      throw fail(file + ": " + array + ": " + header.message());
    if (header->dtype != meta.dtype || !std::ranges::equal(jit::Dims(header->shape), meta.dims()))
      throw fail("the input is " + describe(meta) + ", " + file + ":" + array + " holds " +
                 jit::describe(header->dtype, header->shape));
    std::vector<std::byte> elements(header->data_bytes);
    jit::decode_npy(*header, bytes->data() + header->data_offset, elements.data());
    return elements;
  }
  throw fail(file + " has no array " + array);
}

/// A constant as the trace reads it, and its first element's place.
jit::Tensor read_constant(const std::string &file, const jit::Meta &meta, std::size_t k) {
  const std::size_t colon = file.rfind(".npz:");
  if (colon == std::string::npos)
    return read_npy(file, meta, "%in" + std::to_string(k));
  const std::vector<std::byte> elements =
      read_member(file.substr(0, colon + 4), file.substr(colon + 5), meta);
  jit::Result<jit::Tensor> tensor = jit::lay_out(meta, elements.data());
  if (!tensor)
    throw Exit(ExitCode::limit, "tracec: error: " + tensor.message());
  return std::move(*tensor);
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

void add_function(const Request &request, const jit::Graph &graph, Functions &functions) {
  const std::string wish = request.function.empty() ? graph.name : request.function;
  const std::string name = identifier(wish);
  if (request.emit != Emit::package && name.starts_with('_'))
    std::cerr << "tracec: the function is called " << name << ": '" << name.substr(1)
              << "' is taken by C, C++ or the C library, or begins with a digit\n";
  jit::ArtefactFunction wanted{&graph, compile_options(request, graph), name, "", {}};
  std::vector<bool> folded(graph.inputs.size());
  for (const std::string &text : request.constants) {
    const auto [k, file] = split(text, graph);
    constexpr std::size_t most_bytes = std::size_t{1} << 30; // reached by 32 bits
    if (request.emit != Emit::package && graph.inputs[k]->bytes() > most_bytes)
      throw Exit(ExitCode::limit, "tracec: error: --constant " + text +
                                      ": more than 1 GiB cannot be part of a file; use "
                                      "--emit=package");
    jit::Tensor tensor = read_constant(file, *graph.inputs[k], k);
    wanted.constants[static_cast<std::uint32_t>(k)] = jit::detail::Access::impl(tensor);
    functions.constants.push_back(std::move(tensor));
    folded[k] = true;
  }
  functions.c.push_back(describe_for_c(graph, name, given_names(request), folded));
  wanted.info = info_text(functions.c.back(), request.targets);
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
  const bool lone =
      !request.function.empty() || !request.names.empty() || !request.constants.empty();
  if (graphs.size() > 1 && lone)
    throw Exit(ExitCode::usage,
               "tracec: error: --function, --name and --constant need --trace: the file has " +
                   std::to_string(graphs.size()) + " traces");
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
  for (const char *known : {".o", ".a", ".so", ".tjb", ".h", ".hpp", ".trace"})
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

void write_text(const fs::path &path, std::span<const char> text) {
  const std::span<const std::byte> part = std::as_bytes(text);
  if (const auto message = jit::write_file(path, {&part, 1}))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
}

std::vector<std::string> shown_names(const std::vector<CFunction> &functions) {
  std::vector<std::string> names;
  for (const CFunction &function : functions)
    for (const char *ending : {"_run", "_check", "_workspace", "_error", "_info"})
      names.push_back(function.name + ending);
  return names;
}

} // namespace

ExitCode profile(const Request &request) {
  limit_time(request.max_seconds);
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
  std::cout << (needs_rt ? "; link with libtracejit-rt.a\n" : "\n");
  return ExitCode::ok;
}

} // namespace tracec
