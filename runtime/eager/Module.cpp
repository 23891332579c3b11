// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules: code from a file where it can be used, else its trace through the ops like any program,
// so that it is recorded, compiled and differentiated.
#include "runtime/base/Files.h"
#include "runtime/base/MappedFile.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/ModuleOnDevice.h"
#include "runtime/eager/Typed.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Profile.h"
#include "runtime/jit/Segment.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/program/Bundle.h"
#include "runtime/tensor/DeviceMemory.h"
#include "runtime/trace/Demands.h"
#include "runtime/trace/Inputs.h"
#include "runtime/trace/Span.h"

#include <tracejit/program.h>
#include <tracejit/trace.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace jit {
namespace {

/// Below, a copy is cheaper than pages of a mapping.
constexpr std::size_t least_mapped = std::size_t{1} << 20;

/// A function as it is called.
struct Function {
  BundleFunction bundle;
  std::uint64_t serial = 0; ///< of the process: a trace belongs to one function
  Demands demands;
  std::vector<std::uint32_t> inputs; ///< that the caller gives
  std::vector<Tensor> constants;     ///< by input; empty tensors where the caller gives one
  std::vector<Storage *> weights;    ///< of the program, as ProgramCall has them
  std::unique_ptr<FunctionOnDevices> devices = std::make_unique<FunctionOnDevices>();

  const Graph &graph() const { return bundle.graph; }
};

void release_mapping(void *owner) { delete static_cast<std::shared_ptr<MappedFile> *>(owner); }

/// The bytes of a constant as a tensor that lies in the file, or a copy of it.
Result<Tensor> constant_tensor(const Meta &meta, std::span<const std::byte> bytes,
                               const std::shared_ptr<MappedFile> &file) {
  const Span span = span_of(meta);
  const std::size_t origin = static_cast<std::size_t>(span.origin) * itemsize(meta.dtype);
  Storage *storage = nullptr;
  if (bytes.size() >= least_mapped) {
    auto *owner = new std::shared_ptr<MappedFile>(file);
    storage =
        new_adopted(const_cast<std::byte *>(bytes.data()), bytes.size(), owner, release_mapping);
    if (!storage)
      delete owner;
  } else {
    storage = new_storage(bytes.size());
    if (storage && !bytes.empty())
      std::memcpy(storage->data, bytes.data(), bytes.size());
  }
  Impl *impl = storage ? new_ready(&meta, storage, storage->data + origin) : nullptr;
  if (!impl)
    return Failure{"out of memory for a constant " + describe(meta)};
  return detail::Access::tensor(impl);
}

/// What tells the traces of functions apart; addresses may be those of a module that is gone.
const void *trace_key(const Function &function) {
  return reinterpret_cast<const void *>(function.serial);
}

std::string prepare(Function &function, const std::shared_ptr<MappedFile> &file) {
  static std::atomic<std::uint64_t> last_serial{0};
  function.serial = ++last_serial;
  const Graph &graph = function.graph();
  function.demands = demands_of(graph);
  function.constants.resize(graph.inputs.size());
  for (std::uint32_t k = 0; k < graph.inputs.size(); ++k) {
    const auto constant = function.bundle.constants.find(k);
    if (constant == function.bundle.constants.end()) {
      function.inputs.push_back(k);
      continue;
    }
    Result<Tensor> tensor = constant_tensor(*graph.inputs[k], constant->second, file);
    if (!tensor)
      return tensor.message();
    function.constants[k] = std::move(*tensor);
  }
  if (find_unproven_index(graph, function.demands)) {
    if (function.bundle.program)
      function.bundle.why_no_program = "an index of the trace is computed, and may be out of range";
    function.bundle.program.reset();
    function.bundle.gpu_code.clear();
  }
  if (!function.bundle.program)
    return "";
  for (const std::uint32_t input : function.bundle.program->info().weights) {
    const Impl *constant = detail::Access::impl(function.constants[input]);
    function.weights.push_back(constant ? constant->storage : nullptr);
  }
  return "";
}

/// What one call was given.
struct Arguments {
  DeviceNumber device = on_cpu; ///< of all tensors
  const Program *program;       ///< the function's there, or null
  std::vector<Tensor> tensors;  ///< by input of the graph, constants too
  std::vector<Scalar> numbers;
};

[[noreturn]] void refuse(const Function &function, const std::string &why,
                         const std::source_location &site) {
  throw Error(ErrorCode::invalid_argument, function.bundle.names.function + ": " + why, site);
}

/// The number as the trace has it: whole numbers are floats, truths are both.
Scalar fitted(const Function &function, std::size_t k, const Operand &given,
              const std::source_location &site) {
  const Scalar number = detail::Access::scalar(given);
  const ScalarKind wanted = function.graph().scalars[k];
  if (detail::Access::is_huge(given) || number.kind() > wanted)
    refuse(function,
           "number " + function.bundle.names.numbers[k] + " is " +
               (wanted == ScalarKind::boolean ? "true or false" : "an integer"),
           site);
  if (wanted == ScalarKind::floating)
    return number.as_double();
  return wanted == ScalarKind::integer ? Scalar(number.as_int()) : number;
}

/// The operands of one call, where they lie.
using GivenOperands = std::span<const Operand *const>;

/// Where the first tensor lies; the CPU, if there is none.
DeviceNumber device_of(GivenOperands given) {
  for (const Operand *operand : given)
    if (!detail::Access::is_scalar(*operand))
      if (const Impl *impl = detail::Access::impl(*operand))
        return impl->meta->device;
  return on_cpu;
}

/// The constants, and what runs them, where a call is made.
Arguments begin_call(const Function &function, DeviceNumber device,
                     const std::source_location &site) {
  if (device == on_cpu)
    return {device, function.bundle.program.get(), function.constants, {}};
  const FunctionOnDevice &there =
      function.devices->on(device, function.bundle, function.constants, site);
  return {device, there.program.get(), there.constants, {}};
}

Arguments sort_out(const Function &function, GivenOperands given,
                   const std::source_location &site) {
  const Graph &graph = function.graph();
  Arguments arguments = begin_call(function, device_of(given), site);
  std::size_t tensors = 0;
  const auto count = [&] {
    refuse(function,
           "takes " + std::to_string(function.inputs.size()) + " tensors and " +
               std::to_string(graph.scalars.size()) + " numbers",
           site);
  };
  for (const Operand *each : given) {
    const Operand &operand = *each;
    if (detail::Access::is_scalar(operand)) {
      if (arguments.numbers.size() == graph.scalars.size())
        count();
      arguments.numbers.push_back(fitted(function, arguments.numbers.size(), operand, site));
      continue;
    }
    if (tensors == function.inputs.size())
      count();
    const std::uint32_t k = function.inputs[tensors++];
    const Impl *impl = detail::Access::impl(operand);
    const std::string &name = function.bundle.names.inputs[k];
    if (!impl)
      refuse(function, name + " is an empty tensor", site);
    const Meta &wanted = *graph.inputs[k];
    if (impl->meta->dtype != wanted.dtype || !std::ranges::equal(impl->meta->dims(), wanted.dims()))
      refuse(function, name + " is " + describe(wanted) + ", not " + describe(*impl->meta), site);
    if (impl->meta->device != arguments.device)
      refuse(function,
             name + " is " + describe(*impl->meta) +
                 ", and does not lie where the tensors before it do; move it with to()",
             site);
    arguments.tensors[k] = detail::Access::tensor_of(operand);
  }
  if (tensors != function.inputs.size() || arguments.numbers.size() != graph.scalars.size())
    count();
  return arguments;
}

/// The same values, lying in memory as the program on the CPU expects.
Tensor laid_out(const Tensor &tensor, const Meta &wanted, const std::source_location &site) {
  Impl &impl = *detail::Access::impl(tensor);
  detail::make_ready(impl, site);
  if (same_meta(*impl.meta, wanted))
    return tensor;
  std::vector<std::byte> elements(wanted.bytes());
  copy_strided(*impl.meta, impl.data(), elements.data());
  Result<Tensor> copy = lay_out(wanted, elements.data());
  if (!copy)
    throw Error(ErrorCode::out_of_memory, copy.message(), site);
  return std::move(*copy);
}

bool is_within(const std::optional<IndexRange> &range, std::int64_t number) {
  return !range || IndexRange{number, number}.is_within(*range);
}

/// What no op looks at, since the functions of the API have: the starts of slices, and elements
/// that are given as numbers.
void check_numbers(const Function &function, const Arguments &arguments,
                   const std::source_location &site) {
  const Demands &demands = function.demands;
  for (std::size_t k = 0; k < arguments.numbers.size(); ++k) {
    const Scalar number = arguments.numbers[k];
    const std::int64_t whole = number.as_int();
    const std::string name = "number " + function.bundle.names.numbers[k];
    if (!is_within(demands.numbers[k], whole))
      refuse(function,
             name + " is " + std::to_string(whole) + ", where a slice starts: it must be in [" +
                 std::to_string(demands.numbers[k]->min) + ", " +
                 std::to_string(demands.numbers[k]->max) + "]",
             site);
    if (demands.fills[k] &&
        (!is_within(demands.held[k], whole) || static_cast<double>(whole) != number.as_double()))
      refuse(function, name + " is no element of the dtype that it fills", site);
  }
}

/// Whether code may run on these values: what is out of range is for the ops to refuse or to
/// settle, and a tape sees ops only.
bool meets_demands(const Function &function, const Arguments &arguments) {
  for (std::size_t k = 0; k < arguments.numbers.size(); ++k)
    if (arguments.numbers[k].kind() == ScalarKind::integer &&
        !is_within(function.demands.held[k], arguments.numbers[k].as_int()))
      return false;
  for (std::size_t k = 0; k < arguments.tensors.size(); ++k) {
    Impl &impl = *detail::Access::impl(arguments.tensors[k]);
    const auto &range = function.demands.inputs[k];
    if (range && is_integer(impl.meta->dtype) && !known_range(impl).is_within(*range))
      return false;
  }
  return true;
}

bool is_on_tape(const Tensor &tensor) {
  const Impl &impl = *detail::Access::impl(tensor);
  return impl.edge.serial != 0 || impl.flags.load(std::memory_order_relaxed) & Impl::trainable;
}

Tensor new_tensor(const Meta *meta, const std::source_location &site) {
  Storage *storage = new_storage(meta->bytes(), meta->device);
  const std::string text = storage ? "" : describe(*meta);
  if (!storage)
    release_meta(meta->interned ? nullptr : meta);
  Impl *impl = storage ? new_ready(meta, storage, storage->data) : nullptr;
  if (!impl)
    throw Error(ErrorCode::out_of_memory, "out of memory for " + (text.empty() ? "a result" : text),
                site);
  return detail::Access::tensor(impl);
}

std::vector<Tensor> run_code(const Function &function, const Arguments &arguments,
                             const std::source_location &site) {
  const Graph &graph = function.graph();
  const Program &program = *arguments.program;
  const DeviceNumber device = arguments.device;
  std::vector<Tensor> outputs;
  std::vector<std::byte *> input_data, output_data;
  for (const Tensor &tensor : arguments.tensors)
    input_data.push_back(detail::Access::impl(tensor)->data());
  for (const std::uint32_t output : graph.outputs) {
    const Meta &meta = *graph.values[output].meta;
    outputs.push_back(new_tensor(contiguous_value_meta(meta.dtype, meta.dims(), device), site));
    output_data.push_back(detail::Access::impl(outputs.back())->data());
  }
  Storage *arena = new_storage(program.info().arena_bytes, device);
  if (!arena)
    throw Error(ErrorCode::out_of_memory, function.bundle.names.function + ": out of memory", site);
  const bool done = program.run({input_data, arguments.numbers, output_data, arena->data,
                                 device == on_cpu ? std::span<Storage *const>(function.weights)
                                                  : std::span<Storage *const>()});
  release(arena);
  if (!done) {
    const auto refusal = DeviceMemory::of(device).refusal();
    throw Error(refusal ? ErrorCode::device : ErrorCode::out_of_memory,
                function.bundle.names.function + ": " + refusal.value_or("out of memory"), site);
  }
  return outputs;
}

/// The ops of the trace, as if the user had called them at this line.
std::vector<Tensor> run_ops(const Function &function, const Arguments &arguments,
                            const std::source_location &site) {
  const Graph &graph = function.graph();
  std::vector<Tensor> values(graph.values.size());
  for (const GraphOp &op : graph.ops) {
    std::vector<Operand> operands;
    operands.reserve(op.operands.size());
    for (const OperandCode code : op.operands)
      if (code.kind() == OperandCode::scalar)
        operands.emplace_back(arguments.numbers[code.index()], site);
      else
        operands.emplace_back(code.kind() == OperandCode::input ? arguments.tensors[code.index()]
                                                                : values[code.index()],
                              site);
    const AttrWords attrs = op.attrs ? AttrWords(op.attrs->words) : AttrWords();
    const std::span results(values.data() + op.first_value, op.results);
    if (operands.empty())
      results[0] = detail::dispatch_at(site, op.op, attrs);
    else if (op.results == 1)
      results[0] = detail::dispatch(op.op, attrs, operands);
    else
      detail::dispatch_several(op.op, attrs, operands, results);
  }
  std::vector<Tensor> outputs;
  for (const std::uint32_t output : graph.outputs)
    outputs.push_back(values[output]);
  return outputs;
}

std::vector<Tensor> run_traced(const Function &function, const Arguments &arguments,
                               const std::source_location &site) {
  const TraceOptions options{.name = function.bundle.names.function};
  detail::TraceScope scope(
      detail::find_trace(&detail::type_identity<Function>, trace_key(function), options, site));
  std::vector<Tensor> outputs = run_ops(function, arguments, site);
  scope.finish();
  return outputs;
}

/// Whether all values have the strides that a program on a device expects.
bool lie_as_wanted(const Function &function, const Arguments &arguments,
                   const std::source_location &site) {
  for (std::size_t k = 0; k < arguments.tensors.size(); ++k) {
    Impl &impl = *detail::Access::impl(arguments.tensors[k]);
    detail::make_ready(impl, site);
    if (!std::ranges::equal(impl.meta->strides(), function.graph().inputs[k]->strides()))
      return false;
  }
  return true;
}

std::vector<Tensor> call_function(const Function &function, GivenOperands given,
                                  const std::source_location &site) {
  Arguments arguments = sort_out(function, given, site);
  const WhereItLies there(arguments.device);
  check_numbers(function, arguments, site);
  if (!arguments.program || mode() == Mode::off ||
      std::ranges::any_of(arguments.tensors, is_on_tape) ||
      (arguments.device != on_cpu && !lie_as_wanted(function, arguments, site)))
    return run_traced(function, arguments, site);
  for (std::size_t k = 0; k < arguments.tensors.size() && arguments.device == on_cpu; ++k)
    arguments.tensors[k] = laid_out(arguments.tensors[k], *function.graph().inputs[k], site);
  return meets_demands(function, arguments) ? run_code(function, arguments, site)
                                            : run_ops(function, arguments, site);
}

std::vector<ModuleTensor> describe_tensors(const std::vector<std::string> &names,
                                           const std::vector<const Meta *> &metas) {
  std::vector<ModuleTensor> all;
  for (std::size_t k = 0; k < metas.size(); ++k)
    all.push_back({names[k], metas[k]->dtype, {metas[k]->dims().begin(), metas[k]->dims().end()}});
  return all;
}

} // namespace

struct Module::State {
  std::shared_ptr<MappedFile> file;
  KernelCache kernels;
  std::vector<Function> functions;

  const Function &find(std::string_view name, const std::source_location &site) const {
    if (name.empty())
      return functions.front();
    for (const Function &function : functions)
      if (function.bundle.names.function == name)
        return function;
    throw Error(ErrorCode::invalid_argument,
                "module: no function is called '" + std::string(name) + "'", site);
  }
};

const Module::State &Module::opened(const std::source_location &site) const {
  if (!state)
    throw Error(ErrorCode::invalid_argument, "module: it was moved away", site);
  return *state;
}

std::vector<Tensor> Module::call(std::string_view function,
                                 std::initializer_list<Operand> arguments,
                                 std::source_location site) const {
  return call(function, std::span(arguments.begin(), arguments.size()), site);
}

std::vector<Tensor> Module::call(std::string_view function, std::span<const Operand> arguments,
                                 std::source_location site) const {
  std::vector<const Operand *> list;
  for (const Operand &argument : arguments)
    list.push_back(&argument);
  return call_list(function, list, site);
}

std::vector<Tensor> Module::call_first(std::initializer_list<const Operand *> arguments) const {
  return call_list({}, {arguments.begin(), arguments.size()},
                   detail::Access::site(**arguments.begin()));
}

std::vector<Tensor> Module::call_list(std::string_view function,
                                      std::span<const Operand *const> arguments,
                                      const std::source_location &site) const {
  const MxcsrGuard environment;
  const std::shared_ptr<const State> held = state; // whatever the user does meanwhile
  return detail::typed("call", site, [&] {
    return call_function(opened(site).find(function, site), arguments, site);
  });
}

std::vector<std::string> Module::functions(std::source_location site) const {
  std::vector<std::string> names;
  for (const Function &function : opened(site).functions)
    names.push_back(function.bundle.names.function);
  return names;
}

std::vector<ModuleTensor> Module::inputs(std::string_view function,
                                         std::source_location site) const {
  const Function &f = opened(site).find(function, site);
  std::vector<std::string> names;
  std::vector<const Meta *> metas;
  for (const std::uint32_t k : f.inputs) {
    names.push_back(f.bundle.names.inputs[k]);
    metas.push_back(f.graph().inputs[k]);
  }
  return describe_tensors(names, metas);
}

std::vector<ModuleTensor> Module::outputs(std::string_view function,
                                          std::source_location site) const {
  const Function &f = opened(site).find(function, site);
  std::vector<const Meta *> metas;
  for (const std::uint32_t output : f.graph().outputs)
    metas.push_back(f.graph().values[output].meta);
  return describe_tensors(f.bundle.names.outputs, metas);
}

std::vector<ModuleNumber> Module::numbers(std::string_view function,
                                          std::source_location site) const {
  const Function &f = opened(site).find(function, site);
  std::vector<ModuleNumber> numbers;
  for (std::size_t k = 0; k < f.graph().scalars.size(); ++k)
    numbers.push_back({f.bundle.names.numbers[k], f.graph().scalars[k]});
  return numbers;
}

ModuleRun Module::how(std::string_view function, std::source_location site) const {
  const Function &f = opened(site).find(function, site);
  if (f.bundle.program && mode() != Mode::off)
    return {ModuleRun::Way::code, ""};
  const std::string why = f.bundle.program ? "the mode is off" : f.bundle.why_no_program;
  const TraceOptions options{.name = f.bundle.names.function};
  const auto reports = detail::explain_trace(
      detail::find_trace(&detail::type_identity<Function>, trace_key(f), options, site), site);
  const bool compiled = std::ranges::any_of(
      reports, [](const TraceReport &report) { return report.state == "active"; });
  return {compiled ? ModuleRun::Way::compiled : ModuleRun::Way::eager, why};
}

Module load_program(const std::filesystem::path &path, const LoadOptions &options,
                    std::source_location site) {
  return detail::typed("load_program", site, [&] {
    const auto fail = [&](ErrorCode code, const std::string &why) {
      return Error(code, "load_program: " + why, site);
    };
    Result<MappedFile> mapped = MappedFile::open(path);
    if (!mapped)
      throw fail(ErrorCode::io, mapped.message());
    const auto state = std::make_shared<Module::State>();
    state->file = std::make_shared<MappedFile>(std::move(*mapped));
    const BundleOptions wanted{options.code, options.verify, active_isa(), options.sha256};
    Result<std::vector<BundleFunction>> read =
        read_bundle(state->file->bytes(), path.string(), wanted, state->kernels);
    if (!read)
      throw fail(ErrorCode::io, read.message());
    for (BundleFunction &bundle : *read) {
      Function &function = state->functions.emplace_back();
      function.bundle = std::move(bundle);
      if (const std::string problem = prepare(function, state->file); !problem.empty())
        throw fail(ErrorCode::out_of_memory, problem);
      if (options.require_code && !function.bundle.program)
        throw fail(ErrorCode::unsupported, path.string() + ": " + function.bundle.names.function +
                                               ": " + function.bundle.why_no_program);
    }
    return Module(state);
  });
}

std::size_t load_profile(const std::filesystem::path &path, std::source_location site) {
  return detail::typed("load_profile", site, [&] {
    const Result<std::size_t> usable = profile::add(path);
    if (!usable)
      throw Error(ErrorCode::io, "load_profile: " + usable.message(), site);
    return *usable;
  });
}

} // namespace jit
