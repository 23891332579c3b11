// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NVRTC whose code is emulated libraries (test/cuda/emu/Compile.h).
#include "runtime/cuda/NvrtcTypes.h"
#include "test/cuda/emu/Compile.h"
#include "test/cuda/fake/Settings.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>

namespace jit::gpu::nvrtc {

struct ProgramObject {
  std::string text, name, log, ptx, cubin;
  bool compiled = false;
};

} // namespace jit::gpu::nvrtc

namespace jit::gpu::fake {
namespace {

using nvrtc::Program;
using nvrtc::ProgramObject;
using nvrtc::Result;

enum class Entry : unsigned {
#define TRACEJIT_ENTRY(name, ...) name,
  TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_ENTRY)
#undef TRACEJIT_ENTRY
      count
};

struct Programs {
  std::mutex mutex;
  std::set<Program> known;
};

Programs &programs() {
  static Programs &all = *new Programs;
  return all;
}

Result enter(Entry entry) {
#define TRACEJIT_NAME(name, ...) "nvrtc" #name,
  static constexpr const char *names[] = {TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_NAME)};
#undef TRACEJIT_NAME
  static std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Entry::count)> calls{};
  const char *const name = names[static_cast<unsigned>(entry)];
  const std::uint64_t count = ++calls[static_cast<unsigned>(entry)];
  const auto code =
      failure_of(Settings::of_environment(), name, count, static_cast<int>(Result::internal_error));
  if (!code)
    return Result::success;
  log_line(std::string("fail ") + name + " " + std::to_string(*code));
  return static_cast<Result>(*code);
}

/// The same for entry points that take a program.
Result enter(Entry entry, Program program) {
  const Result result = enter(entry);
  if (result != Result::success)
    return result;
  const std::lock_guard lock(programs().mutex);
  return programs().known.contains(program) ? Result::success : Result::invalid_program;
}

/// What each major version compiles for.
std::vector<int> targets() {
  const Settings &settings = Settings::of_environment();
  if (!settings.nvrtc_targets.empty())
    return settings.nvrtc_targets;
  if (settings.nvrtc_version >= 13000)
    return {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
  std::vector<int> all = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};
  if (settings.nvrtc_version >= 12080)
    all.insert(all.end(), {100, 101, 120});
  return all;
}

/// What the options ask for.
struct Request {
  unsigned target = 75;
  bool virtual_target = false; // compute_NN: PTX only
  std::string wrong;
};

/// Options that take values of their own, and those that are whole.
bool is_option(std::string_view option) {
  static constexpr std::string_view whole[] = {
      "--minimal", "--disable-warnings", "-w", "--generate-line-info",
      "-lineinfo", "--device-debug",     "-G", "--no-cache"};
  static constexpr std::string_view with_value[] = {
      "--std=",           "-std=",
      "--fmad=",          "-fmad=",
      "--ftz=",           "-ftz=",
      "--prec-div=",      "-prec-div=",
      "--prec-sqrt=",     "-prec-sqrt=",
      "--maxrregcount=",  "--Ofast-compile=",
      "--split-compile=", "--extra-device-vectorization",
      "--define-macro=",  "-D"};
  if (std::find(std::begin(whole), std::end(whole), option) != std::end(whole))
    return true;
  return std::any_of(std::begin(with_value), std::end(with_value),
                     [&](std::string_view begin) { return option.starts_with(begin); });
}

void read_target(Request &request, std::string_view value) {
  const std::size_t number = value.find('_') + 1;
  request.virtual_target = value.starts_with("compute_");
  std::from_chars(value.data() + number, value.data() + value.size(), request.target);
  const std::vector<int> known = targets();
  if (!(value.starts_with("sm_") || request.virtual_target) ||
      std::find(known.begin(), known.end(), static_cast<int>(request.target)) == known.end())
    request.wrong = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
}

Request read_options(int count, const char *const *options) {
  Request request;
  for (int i = 0; i < count && request.wrong.empty(); ++i) {
    const std::string_view option = options[i];
    bool is_target = false;
    for (const std::string_view begin : {"--gpu-architecture=", "-arch="})
      if (option.starts_with(begin)) {
        is_target = true;
        read_target(request, option.substr(begin.size()));
      }
    if (!is_target && !is_option(option))
      request.wrong = "nvrtc: error: unrecognized option " + std::string(option) + " found\n";
  }
  return request;
}

std::string ptx_text(const std::string &library, unsigned target) {
  const int version = Settings::of_environment().nvrtc_version;
  const int major = version / 1000 - 4, minor = version % 1000 / 10;
  return "// tracejit emulated " + library + "\n.version " + std::to_string(major) + "." +
         std::to_string(std::min(minor, 9)) + "\n.target sm_" + std::to_string(target) +
         "\n.address_size 64\n";
}

Result compile(ProgramObject &program, const Request &request) {
  if (!request.wrong.empty()) {
    program.log = request.wrong;
    return Result::invalid_option;
  }
  const unsigned toolkit = static_cast<unsigned>(Settings::of_environment().nvrtc_version);
  const emu::Compilation code =
      emu::compile(program.text, request.virtual_target ? 0 : request.target, toolkit);
  program.log = code.log;
  if (code.path.empty())
    return Result::compilation;
  program.ptx = ptx_text(code.path, request.target);
  if (!request.virtual_target) {
    std::ostringstream bytes;
    bytes << std::ifstream(code.path, std::ios::binary).rdbuf();
    program.cubin = bytes.str();
  }
  program.compiled = true;
  return Result::success;
}

} // namespace
} // namespace jit::gpu::fake

// Every entry point, exported.
#define TRACEJIT_DECLARE(name, symbol, result, parameters)                                         \
  extern "C" __attribute__((visibility("default"))) result symbol parameters;
TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_DECLARE)

using namespace jit::gpu::fake;

const char *nvrtcGetErrorString(Result result) {
  switch (result) {
#define TRACEJIT_CASE(enumerator, value, text)                                                     \
  case Result::enumerator:                                                                         \
    return text;
    TRACEJIT_NVRTC_RESULTS(TRACEJIT_CASE)
  }
  return "NVRTC_ERROR unknown";
}

Result nvrtcVersion(int *major, int *minor) {
  if (const Result result = enter(Entry::Version); result != Result::success)
    return result;
  if (!major || !minor)
    return Result::invalid_input;
  *major = Settings::of_environment().nvrtc_version / 1000;
  *minor = Settings::of_environment().nvrtc_version % 1000 / 10;
  return Result::success;
}

Result nvrtcGetNumSupportedArchs(int *count) {
  if (const Result result = enter(Entry::GetNumSupportedArchs); result != Result::success)
    return result;
  if (!count)
    return Result::invalid_input;
  *count = static_cast<int>(targets().size());
  return Result::success;
}

Result nvrtcGetSupportedArchs(int *archs) {
  if (const Result result = enter(Entry::GetSupportedArchs); result != Result::success)
    return result;
  if (!archs)
    return Result::invalid_input;
  for (const int target : targets())
    *archs++ = target;
  return Result::success;
}

/// No headers: our texts include nothing.
Result nvrtcCreateProgram(Program *program, const char *text, const char *name, int headers,
                          const char *const *, const char *const *) {
  if (const Result result = enter(Entry::CreateProgram); result != Result::success)
    return result;
  if (!program || !text || headers != 0)
    return Result::invalid_input;
  auto made = std::make_unique<ProgramObject>();
  made->text = text;
  made->name = name && *name ? name : "default_program";
  const std::lock_guard lock(programs().mutex);
  *program = made.release();
  programs().known.insert(*program);
  return Result::success;
}

Result nvrtcDestroyProgram(Program *program) {
  if (const Result result = enter(Entry::DestroyProgram, program ? *program : nullptr);
      result != Result::success)
    return result;
  const std::lock_guard lock(programs().mutex);
  programs().known.erase(*program);
  delete *program;
  *program = nullptr;
  return Result::success;
}

Result nvrtcCompileProgram(Program program, int count, const char *const *options) {
  const Result result = enter(Entry::CompileProgram, program);
  std::string line = "nvrtc ";
  if (result != Result::success) {
    if (result != Result::invalid_program)
      program->log = "as TRACEJIT_FAKE_CUDA has it\n";
    return result;
  }
  line += program->name;
  for (int i = 0; i < count; ++i)
    line += std::string(" ") + options[i];
  log_line(line);
  return compile(*program, read_options(count, options));
}

namespace {

Result size_of(Entry entry, Program program, std::size_t *bytes, std::string ProgramObject::*part,
               std::size_t end) {
  if (const Result result = enter(entry, program); result != Result::success)
    return result;
  if (!bytes)
    return Result::invalid_input;
  if (part != &ProgramObject::log && !program->compiled)
    return Result::invalid_program;
  const std::string &text = program->*part;
  *bytes = text.empty() && part == &ProgramObject::cubin ? 0 : text.size() + end;
  return Result::success;
}

Result copy_of(Entry entry, Program program, char *to, std::string ProgramObject::*part,
               std::size_t end) {
  if (const Result result = enter(entry, program); result != Result::success)
    return result;
  if (!to)
    return Result::invalid_input;
  const std::string &text = program->*part;
  if (part != &ProgramObject::log && text.empty())
    return Result::invalid_program;
  std::memcpy(to, text.c_str(), text.size() + end);
  return Result::success;
}

} // namespace

Result nvrtcGetProgramLogSize(Program program, std::size_t *bytes) {
  return size_of(Entry::GetProgramLogSize, program, bytes, &ProgramObject::log, 1);
}
Result nvrtcGetProgramLog(Program program, char *log) {
  return copy_of(Entry::GetProgramLog, program, log, &ProgramObject::log, 1);
}
Result nvrtcGetPTXSize(Program program, std::size_t *bytes) {
  return size_of(Entry::GetPTXSize, program, bytes, &ProgramObject::ptx, 1);
}
Result nvrtcGetPTX(Program program, char *ptx) {
  return copy_of(Entry::GetPTX, program, ptx, &ProgramObject::ptx, 1);
}
Result nvrtcGetCUBINSize(Program program, std::size_t *bytes) {
  return size_of(Entry::GetCUBINSize, program, bytes, &ProgramObject::cubin, 0);
}
Result nvrtcGetCUBIN(Program program, char *cubin) {
  return copy_of(Entry::GetCUBIN, program, cubin, &ProgramObject::cubin, 0);
}
