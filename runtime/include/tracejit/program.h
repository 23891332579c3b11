// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules: functions that `tracec compile --emit=package` has put into a file, called with tensors.
#pragma once

#include <tracejit/tensor.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

/// A tensor that a function of a module takes or gives.
struct ModuleTensor {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
};

/// A number that a function of a module takes.
struct ModuleNumber {
  std::string name;
  ScalarKind kind;
};

/// How the calls of a function run.
struct ModuleRun {
  enum class Way : std::uint8_t {
    code,     ///< by the code in the file
    compiled, ///< by code that was compiled from the trace in the file while the program ran
    eager,    ///< op by op
  };
  Way way;
  std::string reason; ///< why not by the code in the file; empty if it is
};

struct LoadOptions {
  /// Throw unsupported where the code in the file cannot be used, instead of running another way.
  bool require_code = false;
  /// False: nothing of the file is ever executed, only its traces and constants are used. For files
  /// of strangers; with code, a file is as trusted as a library that a program opens.
  bool code = true;
  /// If it is not empty: SHA-256 of the file's table in hexadecimal (`tracec info` prints it),
  /// which pins every byte that can be run.
  std::string sha256 = {};
  /// Compare the digests of constants too, which reads all of them.
  bool verify = false;
};

/// Functions of one file. A handle: copies are the same module. May be called on any number of
/// threads at once.
class Module {
public:
  /// call() of the first function, with up to eight arguments.
  std::vector<Tensor>
  operator()(std::source_location site = std::source_location::current()) const {
    return call({}, std::span<const Operand>(), site);
  }
  std::vector<Tensor> operator()(const Operand &a) const { return call_first({&a}); }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b) const {
    return call_first({&a, &b});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c) const {
    return call_first({&a, &b, &c});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c,
                                 const Operand &d) const {
    return call_first({&a, &b, &c, &d});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c,
                                 const Operand &d, const Operand &e) const {
    return call_first({&a, &b, &c, &d, &e});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c,
                                 const Operand &d, const Operand &e, const Operand &f) const {
    return call_first({&a, &b, &c, &d, &e, &f});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c,
                                 const Operand &d, const Operand &e, const Operand &f,
                                 const Operand &g) const {
    return call_first({&a, &b, &c, &d, &e, &f, &g});
  }
  std::vector<Tensor> operator()(const Operand &a, const Operand &b, const Operand &c,
                                 const Operand &d, const Operand &e, const Operand &f,
                                 const Operand &g, const Operand &h) const {
    return call_first({&a, &b, &c, &d, &e, &f, &g, &h});
  }
  /// Tensors and numbers are given in the order of inputs() and numbers(), mixed as you like.
  /// Shapes and dtypes are those of the trace; strides may be any. All tensors lie on one device,
  /// where the call runs. Gives the outputs in the order
  /// of outputs(). Throws invalid_argument for a wrong name, count, shape, dtype or number and for
  /// an index or the start of a slice that is out of range, out_of_memory.
  std::vector<Tensor> call(std::string_view function, std::initializer_list<Operand> arguments,
                           std::source_location site = std::source_location::current()) const;
  std::vector<Tensor> call(std::string_view function, std::span<const Operand> arguments,
                           std::source_location site = std::source_location::current()) const;

  std::vector<std::string>
  functions(std::source_location site = std::source_location::current()) const;
  /// Of the function of that name; of the first one without. Throw invalid_argument for a name that
  /// the module does not have.
  std::vector<ModuleTensor>
  inputs(std::string_view function = {},
         std::source_location site = std::source_location::current()) const;
  std::vector<ModuleTensor>
  outputs(std::string_view function = {},
          std::source_location site = std::source_location::current()) const;
  std::vector<ModuleNumber>
  numbers(std::string_view function = {},
          std::source_location site = std::source_location::current()) const;
  ModuleRun how(std::string_view function = {},
                std::source_location site = std::source_location::current()) const;

private:
  struct State;
  friend Module load_program(const std::filesystem::path &path, const LoadOptions &options,
                             std::source_location site);
  explicit Module(std::shared_ptr<const State> state) : state(std::move(state)) {}
  const State &opened(const std::source_location &site) const;
  std::vector<Tensor> call_list(std::string_view function,
                                std::span<const Operand *const> arguments,
                                const std::source_location &site) const;
  std::vector<Tensor> call_first(std::initializer_list<const Operand *> arguments) const;

  std::shared_ptr<const State> state;
};

/// Opens a file that `tracec compile --emit=package` has made. Constants of 1 MiB and more are
/// mapped, so that opening takes no time and processes share them: do not change the file
/// meanwhile. Throws io for a file that cannot be read or is damaged, unsupported for one of
/// another format or, with require_code, without code for this processor.
Module load_program(const std::filesystem::path &path, const LoadOptions &options = {},
                    std::source_location site = std::source_location::current());

/// Reads a profile, which `tracec profile` has made of saved traces: traced calls that are made for
/// the first time from here on, by traces of the same names, run the programs in it from their
/// first round, without the compiler. Everything else is as ever: what does not fit the source any
/// more is never met, and programs that turn out to be no gain are dropped. As trusted as a
/// library. The environment variable TRACEJIT_PROFILE names one, too. Returns how many programs
/// this processor can run. Throws io for a file that cannot be read or is damaged.
std::size_t load_profile(const std::filesystem::path &path,
                         std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
