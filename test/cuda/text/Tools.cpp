// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/Tools.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace jit::gpu::test {
namespace {

/// FNV-1a, twice with different beginnings.
std::string digest(const std::string &text) {
  std::uint64_t a = 0xcbf29ce484222325, b = 0x9e3779b97f4a7c15;
  for (unsigned char c : text) {
    a = (a ^ c) * 0x100000001b3;
    b = (b ^ c) * 0x100000001b3 + 1;
  }
  char digits[40];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(a),
                static_cast<unsigned long long>(b));
  return digits;
}

void replace(std::string &text, const std::string &what, const std::string &by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size())
    text.replace(at, what.size(), by);
}

} // namespace

std::string contents(const std::string &file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string output_of(const std::string &command) {
  FILE *pipe = popen(command.c_str(), "r");
  if (pipe == nullptr)
    return {};
  std::string output;
  char part[4096];
  while (const std::size_t n = std::fread(part, 1, sizeof part, pipe))
    output.append(part, n);
  return pclose(pipe) == 0 ? output : std::string();
}

std::string made_by(const std::string &command, const std::string &source,
                    const std::string &extension) {
  std::filesystem::create_directories(TEST_CACHE);
  const std::string stem = std::string(TEST_CACHE) + "/" + digest(command + "\n" + source);
  const std::string result = stem + extension;
  if (std::filesystem::exists(result))
    return result;
  const std::string own = stem + "." + std::to_string(getpid());
  std::ofstream(own + ".cu") << source;
  std::string line = command + " 2> " + own + ".log";
  replace(line, "%in", own + ".cu");
  replace(line, "%out", own + extension);
  const bool made =
      std::system(line.c_str()) == 0; // NOLINT(cert-env33-c): the test's own compilers
  const std::string log = contents(own + ".log");
  std::filesystem::remove(own + ".log");
  if (!made) {
    ADD_FAILURE() << line << "\n" << log.substr(0, 4000);
    return {};
  }
  std::filesystem::rename(own + ".cu", stem + ".cu");
  std::filesystem::rename(own + extension, result);
  return result;
}

bool has_ptx_clang() {
  return output_of(TEST_CUDA_CLANG " --print-targets 2> /dev/null").find("nvptx64") !=
         std::string::npos;
}

std::string ptx_by_clang(const std::string &text) {
  const std::string file = made_by(
      TEST_CUDA_CLANG " -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudainc "
                      "-nocudalib --cuda-feature=+ptx78 -std=c++20 -ffp-contract=off -O2 -w "
                      "-Wno-unknown-cuda-version -S -o %out %in",
      text, ".ptx");
  return file.empty() ? file : contents(file);
}

} // namespace jit::gpu::test
