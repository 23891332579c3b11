// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running a plan: addresses are resolved into the arena's tail, then the steps run one by one.
#include "runtime/program/PlannedProgram.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/program/Addresses.h"
#include "runtime/program/Cells.h"
#include "runtime/program/Products.h"
#include "runtime/scalar/LargeAngle.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <immintrin.h>
#include <new>
#include <set>

namespace jit {
namespace {

constexpr std::size_t line = 64;
std::size_t whole_lines(std::size_t bytes) { return (bytes + line - 1) / line * line; }
/// What the arguments of a kernel take, with the table behind them.
std::size_t address_bytes(const std::vector<Buffer> &buffers) {
  return whole_lines((buffers.size() + 1) * sizeof(std::byte *));
}

/// Whether an output was given the memory of an input.
bool updates(const KernelStep &step, std::byte *const *addresses) {
  for (std::size_t out = 0; out < step.buffers.size(); ++out)
    for (std::size_t in = 0; step.buffers[out].base == Buffer::Base::output && in < out; ++in)
      if (addresses[in] == addresses[out])
        return true;
  return false;
}

/// What a tile's epilogue needs to know.
struct EpilogueContext {
  const CompiledKernel *kernel;
  std::byte *const *buffers;
  const std::uint64_t *numbers;
  std::int64_t rows; ///< of a batch entry
};

void run_epilogue(void *context, std::int64_t batch, std::int64_t row, std::int64_t rows,
                  std::int64_t column, std::int64_t columns) {
  const auto &tile = *static_cast<const EpilogueContext *>(context);
  std::int64_t range[2] = {column, column + columns};
  const std::int64_t first = batch * tile.rows + row;
  tile.kernel->function(tile.buffers, tile.numbers, first, first + rows,
                        reinterpret_cast<std::byte *>(range));
}

void run_chunks(void *, std::uint64_t kind, std::int64_t chunks, void (*body)(void *, std::int64_t),
                void *context) {
  parallel_for(chunks, [&](std::int64_t chunk) { body(context, chunk); }, kind);
}

} // namespace

void PlannedProgram::Release::operator()(std::byte *p) const noexcept {
  ::operator delete(p, std::align_val_t(line));
}

struct PlannedProgram::Run {
  const PlannedProgram &program;
  const ProgramCall &call;
  const std::uint64_t *cells;
  std::byte *work; ///< memory for the step that runs

  std::byte *address(const Buffer &buffer) const noexcept {
    return address_of(buffer, call,
                      [this](std::uint32_t n) { return program.constants[n].memory.get(); });
  }
  /// Arguments of a kernel, in the work memory, which moves on behind them.
  std::byte *const *addresses(const std::vector<Buffer> &buffers) noexcept {
    auto *list = reinterpret_cast<std::byte **>(work);
    for (std::size_t k = 0; k < buffers.size(); ++k)
      list[k] = address(buffers[k]);
    list[buffers.size()] =
        reinterpret_cast<std::byte *>(const_cast<scalar::OutsideFunction *>(scalar::outside_table));
    work += address_bytes(buffers);
    return list;
  }
  const std::uint64_t *numbers(const std::vector<std::uint32_t> &wanted) noexcept {
    auto *list = reinterpret_cast<std::uint64_t *>(work);
    for (std::size_t k = 0; k < wanted.size(); ++k)
      list[k] = cells[wanted[k]];
    work += whole_lines(wanted.size() * sizeof(std::uint64_t));
    return list;
  }
};

PlannedProgram::PlannedProgram(Plan given, PlanKernels table, Isa isa, std::uint32_t compiled,
                               double compile_ms, bool stored)
    : plan(std::move(given)), kernels(std::move(table)), isa(isa), workers(threads_now()) {
  for (const std::vector<std::byte> &constant : plan.constants) {
    // Vectors may read, never write, up to a line behind the last element.
    auto *copy = static_cast<std::byte *>(
        ::operator new(whole_lines(constant.size()) + line, std::align_val_t(line)));
    std::memcpy(copy, constant.data(), constant.size());
    constants.push_back({std::unique_ptr<std::byte, Release>(copy), constant.size()});
  }
  plan.constants.clear();

  std::size_t work = 0;
  for (const Step &step : plan.steps) {
    const std::string *name = nullptr;
    if (auto *kernel = std::get_if<KernelStep>(&step.what))
      name = &kernel->kernel;
    else if (auto *contract = std::get_if<ContractStep>(&step.what))
      name = contract->epilogue.empty() ? nullptr : &contract->epilogue;
    step_kernels.push_back(name ? &kernels.at(*name)->kernel : nullptr);
    work = std::max(work, step_bytes(step));
  }
  work = std::max(work, plan_groups());
  find_weights();
  cells_offset = whole_lines(plan.arena_bytes);
  work_offset = cells_offset + whole_lines(plan.cells.size() * sizeof(std::uint64_t));

  details.arena_bytes = work_offset + work;
  details.work_bytes = work;
  std::set<const KernelCode *> different;
  for (const auto &[name, code] : kernels)
    if (different.insert(code.get()).second)
      details.code_bytes += code->bytes;
  details.compile_ms = compile_ms;
  details.stored = stored;
  details.kernels_compiled = compiled;
  details.kernels_before = plan.kernels_before;
  details.kernels_after = static_cast<std::uint32_t>(plan.steps.size());
  details.donated_input = plan.donated_input;
  details.refusals = std::move(plan.refusals);
}

Plan PlannedProgram::copy_of_plan() const {
  Plan copy = plan;
  for (const Constant &constant : constants)
    copy.constants.emplace_back(constant.memory.get(), constant.memory.get() + constant.bytes);
  copy.refusals = details.refusals;
  return copy;
}

/// Inputs that contractions read as matrices worth packing.
void PlannedProgram::find_weights() {
  step_weights.assign(plan.steps.size(), -1);
  for (std::size_t k = 0; k < plan.steps.size(); ++k) {
    const auto *step = std::get_if<ContractStep>(&plan.steps[k].what);
    if (!step || step->b.base != Buffer::Base::input ||
        !contract_keeps_packed(contract_args(*step), isa, parallel_of(*step)))
      continue;
    const auto known = std::ranges::find(details.weights, step->b.index);
    step_weights[k] = static_cast<std::int32_t>(known - details.weights.begin());
    if (known == details.weights.end())
      details.weights.push_back(step->b.index);
  }
}

/// Finds the groups, whose steps have their memory side by side; how much the greatest one needs.
std::size_t PlannedProgram::plan_groups() {
  groups = find_groups(plan, step_kernels);
  step_work.assign(plan.steps.size(), 0);
  std::size_t most = 0;
  for (const StepGroup &group : groups) {
    std::size_t bytes = 0;
    for (std::uint32_t k = group.first; k < group.end; ++k) {
      step_work[k] = bytes;
      bytes += step_bytes(plan.steps[k]);
    }
    most = std::max(most, bytes);
  }
  return most;
}

/// Work memory of a step: arguments and scratch.
std::size_t PlannedProgram::step_bytes(const Step &step) const {
  if (auto *kernel = std::get_if<KernelStep>(&step.what)) {
    const CompiledKernel &compiled = kernels.at(kernel->kernel)->kernel;
    return address_bytes(kernel->buffers) +
           whole_lines(kernel->cells.size() * sizeof(std::uint64_t)) +
           compiled.scratch_bytes * static_cast<std::size_t>(compiled.chunks());
  }
  if (auto *contract = std::get_if<ContractStep>(&step.what))
    return address_bytes(contract->epilogue_buffers) +
           whole_lines(contract->epilogue_cells.size() * sizeof(std::uint64_t)) +
           whole_lines(
               contract_scratch_bytes(contract_args(*contract), isa, parallel_of(*contract)));
  const auto &library = std::get<LibraryStep>(step.what);
  return whole_lines(library.operands.size() * sizeof(KernelOperand)) +
         whole_lines(library.results.size() * sizeof(KernelResult)) +
         whole_lines(library_scratch(library));
}

/// Scratch of a library op, which its metadata decides.
std::size_t PlannedProgram::library_scratch(const LibraryStep &step) const {
  std::vector<KernelOperand> operands;
  for (const LibraryStep::Operand &operand : step.operands)
    operands.push_back({operand.is_number ? nullptr : operand.buffer.meta});
  std::vector<KernelResult> results;
  for (const Buffer &result : step.results)
    results.push_back({result.meta, nullptr});
  return scratch_bytes({step.op, step.attrs, operands, results}, workers);
}

bool PlannedProgram::run(const ProgramCall &call) const noexcept {
  const MxcsrGuard environment;
  if (planted(SeededBug::denormals_flushed))
    _mm_setcsr(_mm_getcsr() | 0x8040);
  auto *cells = reinterpret_cast<std::uint64_t *>(call.arena + cells_offset);
  for (std::size_t k = 0; k < plan.cells.size(); ++k) {
    cells[k] = cell_of(call.scalars[plan.cells[k].slot], plan.cells[k].dtype);
  }
  auto group = groups.begin();
  for (std::size_t k = 0; k < plan.steps.size();) {
    Run run{*this, call, cells, call.arena + work_offset};
    if (group != groups.end() && group->first == k) {
      run_group(*group, run);
      k = group++->end;
    } else {
      run_step(k++, run);
    }
  }
  return true;
}

void PlannedProgram::run_step(std::size_t number, Run &run) const noexcept {
  const auto &step = plan.steps[number].what;
  if (auto *kernel = std::get_if<KernelStep>(&step))
    run_step(*kernel, *step_kernels[number], run);
  else if (auto *contract = std::get_if<ContractStep>(&step))
    run_step(*contract, step_kernels[number],
             step_weights[number] < 0 || run.call.weights.empty()
                 ? nullptr
                 : run.call.weights[static_cast<std::size_t>(step_weights[number])],
             run);
  else
    run_step(std::get<LibraryStep>(step), run);
}

void PlannedProgram::run_group(const StepGroup &group, const Run &run) const noexcept {
  parallel_for(
      static_cast<std::int64_t>(group.count_pieces()),
      [&](std::int64_t piece) {
        const auto number = static_cast<std::size_t>(piece);
        for (std::uint32_t k = group.pieces[number]; k < group.pieces[number + 1]; ++k) {
          Run own{run.program, run.call, run.cells, run.work + step_work[k]};
          run_step(k, own);
        }
      },
      kind_of_job(&group));
}

void PlannedProgram::run_step(const KernelStep &step, const CompiledKernel &kernel,
                              Run &run) const noexcept {
  std::byte *const *buffers = run.addresses(step.buffers);
  const std::uint64_t *numbers = run.numbers(step.cells);
  KernelFunction *function =
      kernel.update && updates(step, buffers) ? kernel.update : kernel.function;
  if (kernel.parts)
    parallel_ranges(
        kernel.part_units, kernel.part_grain,
        [&](auto begin, auto end) { kernel.parts(buffers, numbers, begin, end, run.work); },
        kind_of_job(kernel.parts));
  const std::int64_t chunks = kernel.chunks();
  if (chunks == 1) {
    function(buffers, numbers, 0, kernel.units, run.work);
    return;
  }
  parallel_for(
      chunks,
      [&](std::int64_t chunk) {
        const std::int64_t begin = chunk * kernel.grain;
        const std::int64_t units = kernel.units - planted(SeededBug::last_unit_lost);
        function(buffers, numbers, begin, std::min(begin + kernel.grain, units),
                 run.work + static_cast<std::size_t>(chunk) * kernel.scratch_bytes);
      },
      kind_of_job(function));
}

ContractArgs PlannedProgram::contract_args(const ContractStep &step) const noexcept {
  ContractArgs args = shape_of(step);
  // Whether there is one decides about pieces of the work, and so about scratch.
  if (!step.epilogue.empty())
    args.epilogue = {run_epilogue, nullptr, step.whole_rows};
  return args;
}

/// Shared by threads above some work. The number of workers decides about scratch, so it is fixed
/// when the program is made; the pool may have fewer or more threads later.
Parallel PlannedProgram::parallel_of(const ContractStep &step) const noexcept {
  Parallel parallel;
  if (worth_sharing(step)) {
    parallel.run = run_chunks;
    parallel.workers = workers;
  }
  return parallel;
}

void PlannedProgram::run_step(const ContractStep &step, const CompiledKernel *epilogue,
                              Storage *weights, Run &run) const noexcept {
  EpilogueContext context{epilogue, nullptr, nullptr, step.m};

  ContractArgs args = contract_args(step);
  args.a = run.address(step.a);
  args.b = run.address(step.b);
  args.b_storage = weights;
  args.c = run.address(step.c);
  if (epilogue) {
    context.buffers = run.addresses(step.epilogue_buffers);
    context.numbers = run.numbers(step.epilogue_cells);
    args.epilogue.context = &context;
  }
  args.scratch = run.work;
  contract(args, isa, parallel_of(step));
}

void PlannedProgram::run_step(const LibraryStep &step, Run &run) const noexcept {
  auto *operands = reinterpret_cast<KernelOperand *>(run.work);
  for (std::size_t k = 0; k < step.operands.size(); ++k) {
    const LibraryStep::Operand &operand = step.operands[k];
    KernelOperand &to = *new (&operands[k]) KernelOperand;
    if (operand.is_number) {
      to.scalar = run.call.scalars[operand.slot];
    } else {
      to.meta = operand.buffer.meta;
      to.data = run.address(operand.buffer);
    }
  }
  run.work += whole_lines(step.operands.size() * sizeof(KernelOperand));
  auto *results = reinterpret_cast<KernelResult *>(run.work);
  for (std::size_t k = 0; k < step.results.size(); ++k)
    new (&results[k]) KernelResult{step.results[k].meta, run.address(step.results[k])};
  run.work += whole_lines(step.results.size() * sizeof(KernelResult));
  [[maybe_unused]] const bool ran = run_kernel(
      {step.op, step.attrs, {operands, step.operands.size()}, {results, step.results.size()}},
      {run.work, workers});
  assert(ran && "a kernel with scratch does not fail");
}

} // namespace jit
