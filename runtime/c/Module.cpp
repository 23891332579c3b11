// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules: opened, described, called.
#include "runtime/base/JsonText.h"
#include "runtime/base/Version.h"
#include "runtime/c/Border.h"
#include "runtime/c/Tensors.h"

#include <atomic>
#include <bit>
#include <cstring>
#include <memory>
#include <span>

namespace jit::c {
namespace {

/// What a function is called with; a module never changes.
struct Signature {
  std::string name;
  std::vector<ModuleTensor> inputs, outputs;
  std::vector<ModuleNumber> numbers;
};

std::vector<Signature> signatures_of(const Module &module) {
  std::vector<Signature> all;
  for (const std::string &name : module.functions())
    all.push_back({name, module.inputs(name), module.outputs(name), module.numbers(name)});
  return all;
}

} // namespace
} // namespace jit::c

struct tj_module {
  explicit tj_module(jit::Module opened)
      : module(std::move(opened)), functions(jit::c::signatures_of(module)) {}
  std::atomic<std::uint32_t> references{1};
  const jit::Module module;
  const std::vector<jit::c::Signature> functions;
};

namespace jit::c {
namespace {

constexpr std::source_location nowhere;

void check_flags(std::uint32_t flags, std::uint32_t known) {
  if (flags & ~known)
    refuse("unknown flags " + std::to_string(flags & ~known), ErrorCode::unsupported);
}

template <class T> T &given(T *pointer, const char *name) {
  if (!pointer)
    refuse(std::string(name) + " is NULL");
  return *pointer;
}

const char *kind_name(ScalarKind kind) {
  return kind == ScalarKind::boolean ? "bool" : kind == ScalarKind::integer ? "int" : "float";
}

/// [part(item), ...]
template <class T, class F> std::string json_list(const std::vector<T> &items, F part) {
  std::string text;
  for (const T &item : items)
    text += (text.empty() ? "" : ", ") + part(item);
  return "[" + text + "]";
}

std::string json_tensor(const ModuleTensor &tensor) {
  return "{\"name\": " + json_quoted(tensor.name) + ", \"dtype\": \"" +
         std::string(name(tensor.dtype)) + "\", \"shape\": " +
         json_list(tensor.shape, [](std::int64_t extent) { return std::to_string(extent); }) + "}";
}

std::string json_number(const ModuleNumber &number) {
  return "{\"name\": " + json_quoted(number.name) + ", \"kind\": \"" + kind_name(number.kind) +
         "\"}";
}

std::string json_module(const tj_module &module) {
  const auto json_function = [&](const Signature &function) {
    const ModuleRun run = module.module.how(function.name);
    const char *way = run.way == ModuleRun::Way::code       ? "code"
                      : run.way == ModuleRun::Way::compiled ? "compiled"
                                                            : "eager";
    return "{\"name\": " + json_quoted(function.name) + ", \"way\": \"" + way +
           "\", \"reason\": " + json_quoted(run.reason) +
           ", \"inputs\": " + json_list(function.inputs, json_tensor) +
           ", \"numbers\": " + json_list(function.numbers, json_number) +
           ", \"outputs\": " + json_list(function.outputs, json_tensor) + "}";
  };
  return std::string("{\"version\": \"") + library_version +
         "\", \"functions\": " + json_list(module.functions, json_function) + "}";
}

Scalar number_of(std::uint64_t bits, const ModuleNumber &wanted, const std::string &function) {
  if (wanted.kind == ScalarKind::floating)
    return std::bit_cast<double>(bits);
  if (wanted.kind == ScalarKind::integer)
    return static_cast<std::int64_t>(bits);
  if (bits > 1)
    refuse(function + ": " + wanted.name + " is 0 or 1, not " + std::to_string(bits));
  return bits == 1;
}

void check_count(const Signature &function, const char *what, std::size_t wanted,
                 std::size_t count) {
  if (wanted != count)
    refuse(function.name + " has " + std::to_string(wanted) + " " + what + ", not " +
           std::to_string(count));
}

/// Tensors that C gets, unless something fails on the way.
class NewTensors {
public:
  explicit NewTensors(std::size_t count) { tensors.reserve(count); }
  NewTensors(const NewTensors &) = delete;
  ~NewTensors() {
    for (DLManagedTensorVersioned *tensor : tensors)
      delete_managed(tensor);
  }
  void add(const Tensor &tensor) { tensors.push_back(new_managed(tensor)); }
  void hand_out(DLManagedTensorVersioned **outputs) noexcept {
    std::ranges::copy(tensors, outputs);
    tensors.clear();
  }

private:
  std::vector<DLManagedTensorVersioned *> tensors;
};

void run(const tj_module &module, std::int32_t number, GivenTensors &inputs,
         std::size_t input_count, std::span<const std::uint64_t> numbers,
         std::span<DLManagedTensorVersioned *> outputs) {
  if (number < 0 || static_cast<std::size_t>(number) >= module.functions.size())
    refuse("no function has the number " + std::to_string(number));
  const Signature &function = module.functions[static_cast<std::size_t>(number)];
  check_count(function, "inputs", function.inputs.size(), input_count);
  check_count(function, "numbers", function.numbers.size(), numbers.size());
  check_count(function, "outputs", function.outputs.size(), outputs.size());
  if (!numbers.empty() && !numbers.data())
    refuse(function.name + ": numbers is NULL");
  if (!outputs.empty() && !outputs.data())
    refuse(function.name + ": outputs is NULL");
  std::vector<Operand> operands;
  operands.reserve(input_count + numbers.size());
  for (Tensor &tensor : inputs.take(function.name, function.inputs))
    operands.emplace_back(std::move(tensor), nowhere);
  for (std::size_t k = 0; k < numbers.size(); ++k)
    operands.emplace_back(number_of(numbers[k], function.numbers[k], function.name), nowhere);
  const std::vector<Tensor> results = module.module.call(function.name, operands, nowhere);
  NewTensors made(results.size());
  for (const Tensor &tensor : results)
    made.add(tensor);
  made.hand_out(outputs.data());
}

} // namespace
} // namespace jit::c

using jit::c::given;
using jit::c::guarded;

int tj_load(const char *path, uint32_t flags, const char *sha256, tj_module **module) {
  return guarded("tj_load", [&] {
    given(module, "module") = nullptr;
    given(path, "path");
    jit::c::check_flags(flags, TJ_NO_CODE | TJ_REQUIRE_CODE | TJ_VERIFY);
    jit::LoadOptions options;
    options.require_code = flags & TJ_REQUIRE_CODE;
    options.code = !(flags & TJ_NO_CODE);
    options.verify = flags & TJ_VERIFY;
    options.sha256 = sha256 ? sha256 : "";
    *module = new tj_module(jit::load_program(path, options, jit::c::nowhere));
  });
}

void tj_retain(tj_module *module) {
  if (module)
    module->references.fetch_add(1, std::memory_order_relaxed);
}

void tj_release(tj_module *module) {
  if (module && module->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete module;
}

int tj_function(const tj_module *module, const char *name, int32_t *function) {
  return guarded("tj_function", [&] {
    const auto &functions = given(module, "module").functions;
    std::size_t k = 0;
    while (name && k < functions.size() && functions[k].name != name)
      ++k;
    if (k == functions.size())
      jit::c::refuse("no function is called '" + std::string(name) + "'");
    given(function, "function") = static_cast<int32_t>(k);
  });
}

int tj_describe(const tj_module *module, char *text, size_t capacity, size_t *bytes) {
  return guarded("tj_describe", [&] {
    const std::string json = jit::c::json_module(given(module, "module"));
    if (capacity) {
      const std::size_t length = std::min(json.size(), capacity - 1);
      std::memcpy(&given(text, "text"), json.data(), length);
      text[length] = 0;
    }
    if (bytes)
      *bytes = json.size() + 1;
  });
}

int tj_run(const tj_module *module, int32_t function, DLManagedTensorVersioned *const *inputs,
           size_t input_count, const uint64_t *numbers, size_t number_count,
           DLManagedTensorVersioned **outputs, size_t output_count, uint32_t flags) {
  jit::c::GivenTensors tensors(inputs, input_count, flags & TJ_GIVE_INPUTS);
  for (std::size_t k = 0; outputs && k < output_count; ++k)
    outputs[k] = nullptr;
  return guarded("tj_run", [&] {
    jit::c::check_flags(flags, TJ_GIVE_INPUTS);
    jit::c::run(given(module, "module"), function, tensors, input_count, {numbers, number_count},
                {outputs, output_count});
  });
}
