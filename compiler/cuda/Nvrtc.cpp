// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/Nvrtc.h"

#include "runtime/base/OtherRights.h"
#include "runtime/cuda/NvrtcTypes.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

namespace jit::gpu {

using Status = nvrtc::Result;

struct Nvrtc::Functions {
#define TRACEJIT_NVRTC_POINTER(name, symbol, result, parameters) result(*name) parameters = nullptr;
  TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_NVRTC_POINTER)
#undef TRACEJIT_NVRTC_POINTER
};

namespace {

constexpr int oldest_major = 12;

std::string variable(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// Where pip puts NVIDIA's wheels below a folder that has lib/pythonX.Y/site-packages.
void add_wheels(const std::filesystem::path &prefix, std::vector<std::filesystem::path> &folders) {
  std::error_code none;
  for (const auto &entry : std::filesystem::directory_iterator(prefix / "lib", none)) {
    const std::filesystem::path packages = entry.path() / "site-packages" / "nvidia";
    if (!entry.path().filename().string().starts_with("python"))
      continue;
    for (const char *wheel : {"cu13/lib", "cuda_nvrtc/lib"})
      folders.push_back(packages / wheel);
  }
}

std::vector<std::filesystem::path> folders_of_environment() {
  std::vector<std::filesystem::path> folders;
  if (has_other_rights()) // nobody's environment names code for it
    return {"/usr/local/cuda/lib64"};
  for (const char *name : {"CUDA_PATH", "CUDA_HOME"})
    if (const std::string root = variable(name); !root.empty())
      for (const char *part : {"lib64", "lib", "targets/x86_64-linux/lib"})
        folders.push_back(std::filesystem::path(root) / part);
  folders.emplace_back("/usr/local/cuda/lib64");
  if (const std::string conda = variable("CONDA_PREFIX"); !conda.empty()) {
    folders.push_back(std::filesystem::path(conda) / "lib");
    add_wheels(conda, folders);
  }
  if (const std::string environment = variable("VIRTUAL_ENV"); !environment.empty())
    add_wheels(environment, folders);
  if (const std::string home = variable("HOME"); !home.empty())
    add_wheels(std::filesystem::path(home) / ".local", folders);
  return folders;
}

/// With every function, or null.
template <class Functions> const Functions *load(void *library) {
  auto functions = std::make_unique<Functions>();
  bool whole = true;
#define TRACEJIT_NVRTC_LOAD(name, symbol, result, parameters)                                      \
  functions->name = reinterpret_cast<decltype(functions->name)>(dlsym(library, #symbol));          \
  whole &= functions->name != nullptr;
  TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_NVRTC_LOAD)
#undef TRACEJIT_NVRTC_LOAD
  return whole ? functions.release() : nullptr;
}

} // namespace

std::vector<std::string> nvrtc_places(const std::string &wanted, int newest_major) {
  if (!wanted.empty() && !has_other_rights())
    return {wanted};
  std::vector<std::string> names, places;
  for (int major = newest_major; major >= oldest_major; --major)
    names.push_back("libnvrtc.so." + std::to_string(major));
  places = names; // a library of the process, then the loader's own folders
  for (const std::filesystem::path &folder : folders_of_environment())
    for (const std::string &name : names)
      places.push_back((folder / name).string());
  return places;
}

Result<Nvrtc> Nvrtc::open(const std::string &wanted, int driver_version) {
  const int newest_major = driver_version / 1000;
  std::string newer;
  for (const std::string &place : nvrtc_places(wanted, newest_major)) {
    void *library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      continue;
    const Functions *functions = load<Functions>(library);
    int major = 0, minor = 0;
    if (!functions || functions->Version(&major, &minor) != Status::success) {
      delete functions;
      continue;
    }
    if (major > newest_major) {
      newer = place + " is of CUDA " + std::to_string(major) + "." + std::to_string(minor);
      delete functions;
      continue;
    }
    Nvrtc found;
    found.functions = functions;
    found.found = place;
    found.version = 1000 * major + 10 * minor;
    return found;
  }
  const std::string wheel = newest_major >= 13 ? "nvidia-cuda-nvrtc" : "nvidia-cuda-nvrtc-cu12";
  return Failure{"no NVRTC that fits the driver, which serves CUDA " +
                 std::to_string(newest_major) + (newer.empty() ? "" : ": " + newer) +
                 "; a CUDA toolkit or `pip install " + wheel +
                 "` has it, option nvrtc=FILE names it"};
}

namespace {

/// The first line that says "error", else the first.
std::string first_error(const std::string &log) {
  std::size_t at = log.find("error");
  at = at == log.npos ? 0 : log.rfind('\n', at) + 1;
  return log.substr(at, std::min(log.find('\n', at) - at, std::size_t{500}));
}

} // namespace

Result<std::vector<char>> Nvrtc::compile(const std::string &text, int capability) const {
  const Functions &f = *functions;
  int count = 0;
  std::vector<int> known;
  if (f.GetNumSupportedArchs(&count) == Status::success && count > 0) {
    known.resize(static_cast<std::size_t>(count));
    if (f.GetSupportedArchs(known.data()) != Status::success)
      known.clear();
  }
  const bool is_known = std::ranges::find(known, capability) != known.end() || known.empty();
  int nearest = 0; // below: PTX is for a GPU and those after it
  for (const int each : known)
    nearest = each <= capability ? std::max(nearest, each) : nearest;
  if (!is_known && nearest == 0)
    return Failure{"NVRTC " + found + " knows no GPU of compute capability " +
                   std::to_string(capability / 10) + "." + std::to_string(capability % 10)};
  const std::string target =
      "--gpu-architecture=" +
      (is_known ? "sm_" + std::to_string(capability) : "compute_" + std::to_string(nearest));
  std::vector<const char *> options{target.c_str(),      "--std=c++17",     "--fmad=false",
                                    "--ftz=false",       "--prec-div=true", "--prec-sqrt=true",
                                    "--disable-warnings"};
  constexpr int first_with_minimal = 12040;
  if (version >= first_with_minimal)
    options.push_back("--minimal");
  nvrtc::Program program = nullptr;
  if (const Status status =
          f.CreateProgram(&program, text.c_str(), "tracejit.cu", 0, nullptr, nullptr);
      status != Status::success)
    return Failure{std::string("NVRTC: ") + f.GetErrorString(status)};
  const Status status = f.CompileProgram(program, static_cast<int>(options.size()), options.data());
  std::vector<char> image;
  std::size_t bytes = 0;
  std::string failure;
  if (status != Status::success) {
    std::string log;
    if (f.GetProgramLogSize(program, &bytes) == Status::success && bytes > 0) {
      log.resize(bytes);
      f.GetProgramLog(program, log.data());
    }
    failure = std::string("NVRTC: ") + f.GetErrorString(status) + ": " + first_error(log);
  } else if (is_known ? f.GetCUBINSize(program, &bytes) != Status::success
                      : f.GetPTXSize(program, &bytes) != Status::success) {
    failure = "NVRTC gives no code";
  } else {
    image.resize(bytes);
    if ((is_known ? f.GetCUBIN(program, image.data()) : f.GetPTX(program, image.data())) !=
        Status::success)
      failure = "NVRTC gives no code";
  }
  f.DestroyProgram(&program);
  if (!failure.empty())
    return Failure{std::move(failure)};
  return image;
}

} // namespace jit::gpu
