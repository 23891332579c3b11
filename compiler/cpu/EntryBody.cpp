// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps as code: addresses on the stack, then a call of a kernel or of libtracejit-rt.
#include "compiler/cpu/EntryBody.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/program/Products.h"
#include "runtime/rt/WriteWords.h"

namespace jit::cpu {

static constexpr std::uint64_t line = 64;
static std::uint64_t whole_lines(std::uint64_t bytes) { return (bytes + line - 1) / line * line; }

static ContractArgs describe(const ContractStep &step) {
  ContractArgs args = shape_of(step);
  if (!step.epilogue.empty())
    args.epilogue = {[](auto...) {}, nullptr, step.whole_rows};
  return args;
}

EntryBody::EntryBody(EntryParts &parts, const LoweredPlan &lowered, const llvm::Twine &name)
    : parts(parts), lowered(lowered), plan(*lowered.plan),
      name((name + (lowered.isa == Isa::v4 ? "_v4" : "_v3")).str()), b(parts.module.getContext()) {}

std::uint64_t EntryBody::work_offset() const { return whole_lines(plan.arena_bytes); }

std::uint64_t EntryBody::fixed_scratch(const Step &step) const {
  const auto *kernel = std::get_if<KernelStep>(&step.what);
  if (!kernel)
    return 0;
  const CompiledKernel &facts = kernel_of(kernel->kernel).kernel;
  return facts.scratch_bytes * static_cast<std::uint64_t>(facts.chunks());
}

std::optional<std::uint64_t> EntryBody::fixed_workspace() const {
  std::uint64_t most = 0;
  for (const Step &step : plan.steps) {
    if (asks_rt(step))
      return std::nullopt;
    most = std::max(most, fixed_scratch(step));
  }
  return work_offset() + whole_lines(most);
}

llvm::Value *EntryBody::stack(llvm::Type *element, std::size_t count, const char *what) {
  llvm::BasicBlock &top = run->getEntryBlock();
  llvm::IRBuilder<> at_top(&top, top.begin());
  // Steps run one after another: those that need as much share the place.
  llvm::Value *&place = stacks[what + std::to_string(count)];
  if (!place)
    place = at_top.CreateAlloca(element, b.getInt64(count));
  return place;
}

llvm::Value *EntryBody::base(const Buffer &buffer) {
  const auto slot = [&](llvm::Value *list, std::uint32_t k) {
    return b.CreateLoad(parts.pointer, b.CreateConstGEP1_64(parts.pointer, list, k));
  };
  switch (buffer.base) {
  case Buffer::Base::input: {
    const EntryInput &input = (*lowered.inputs)[buffer.index];
    if (input.constant)
      return input.constant;
    return b.CreateConstGEP1_64(b.getInt8Ty(), slot(given.inputs, input.slot), input.offset);
  }
  case Buffer::Base::output:
    return slot(given.outputs, buffer.index);
  case Buffer::Base::arena:
    return b.CreateConstGEP1_64(b.getInt8Ty(), given.workspace, buffer.arena_offset);
  case Buffer::Base::constant:
    return constants[buffer.index];
  }
  return nullptr;
}

llvm::Value *EntryBody::address(const Buffer &buffer) {
  const std::size_t bytes = itemsize(buffer.meta->dtype);
  llvm::Value *place = base(buffer);
  if (buffer.offset != 0)
    place = b.CreateGEP(b.getInt8Ty(), place,
                        b.getInt64(static_cast<std::uint64_t>(buffer.offset) * bytes));
  for (const Buffer::Term &term : buffer.terms) {
    llvm::Value *stride = b.getInt64(static_cast<std::uint64_t>(term.stride) * bytes);
    place = b.CreateGEP(b.getInt8Ty(), place, b.CreateMul(number_as_int(term.slot), stride));
  }
  return place;
}

/// Scalar::as_int().
llvm::Value *EntryBody::number_as_int(std::uint32_t slot) {
  const bool floating = lowered.graph->scalars[slot] == ScalarKind::floating;
  llvm::Value *place = b.CreateConstGEP1_64(parts.i64, given.numbers, slot);
  if (!floating)
    return b.CreateLoad(parts.i64, place);
  return b.CreateIntrinsic(llvm::Intrinsic::fptosi_sat, {parts.i64, b.getDoubleTy()},
                           {b.CreateLoad(b.getDoubleTy(), place)});
}

/// ScalarValue(number, dtype) with zeros behind it, as 8 bytes.
llvm::Value *EntryBody::number_as(std::uint32_t slot, DType dtype) {
  const bool floating = lowered.graph->scalars[slot] == ScalarKind::floating;
  llvm::Value *place = b.CreateConstGEP1_64(parts.i64, given.numbers, slot);
  llvm::Type *real = b.getDoubleTy();
  if (is_float(dtype)) {
    llvm::Type *type = dtype == DType::f32 ? b.getFloatTy() : real;
    llvm::Value *number =
        floating ? b.CreateLoad(real, place) : b.CreateSIToFP(b.CreateLoad(parts.i64, place), type);
    if (dtype == DType::f64)
      return b.CreateBitCast(number, parts.i64);
    if (floating)
      number = b.CreateFPTrunc(number, type);
    return b.CreateZExt(b.CreateBitCast(number, parts.i32), parts.i64);
  }
  if (dtype == DType::boolean)
    return b.CreateZExt(
        floating ? b.CreateFCmpUNE(b.CreateLoad(real, place), llvm::ConstantFP::get(real, 0))
                 : b.CreateICmpNE(b.CreateLoad(parts.i64, place), b.getInt64(0)),
        parts.i64);
  llvm::Value *number = number_as_int(slot);
  const unsigned bits = 8 * static_cast<unsigned>(itemsize(dtype));
  if (bits == 64)
    return number;
  if (floating) { // saturates
    const std::uint64_t most = (std::uint64_t{1} << (bits - !is_unsigned(dtype))) - 1;
    const std::uint64_t least = is_unsigned(dtype) ? 0 : ~most;
    number = b.CreateIntrinsic(llvm::Intrinsic::smax, {parts.i64}, {number, b.getInt64(least)});
    number = b.CreateIntrinsic(llvm::Intrinsic::smin, {parts.i64}, {number, b.getInt64(most)});
  }
  return b.CreateZExt(b.CreateTrunc(number, b.getIntNTy(bits)), parts.i64);
}

llvm::Value *EntryBody::addresses(const std::vector<Buffer> &buffers, const LoweredKernel &kernel) {
  llvm::Value *list = stack(parts.pointer, buffers.size() + 1, "addresses");
  for (std::size_t k = 0; k < buffers.size(); ++k)
    b.CreateStore(address(buffers[k]), b.CreateConstGEP1_64(parts.pointer, list, k));
  if (kernel.calls_outside) {
    llvm::Constant *table = parts.module.getOrInsertGlobal("tj_rt1_outside", parts.pointer);
    llvm::cast<llvm::GlobalVariable>(table)->setVisibility(llvm::GlobalValue::HiddenVisibility);
    b.CreateStore(table, b.CreateConstGEP1_64(parts.pointer, list, buffers.size()));
  }
  return list;
}

llvm::Value *EntryBody::numbers(const std::vector<std::uint32_t> &wanted) {
  if (wanted.empty())
    return llvm::ConstantPointerNull::get(b.getPtrTy());
  llvm::Value *list = stack(parts.i64, wanted.size(), "numbers");
  for (std::size_t k = 0; k < wanted.size(); ++k)
    b.CreateStore(b.CreateLoad(parts.i64, b.CreateConstGEP1_64(parts.i64, cells, wanted[k])),
                  b.CreateConstGEP1_64(parts.i64, list, k));
  return list;
}

/// Whether no input lies where an output does.
llvm::Value *EntryBody::is_apart(const KernelStep &step, std::size_t output, llvm::Value *list) {
  const auto address = [&](std::size_t k) {
    return b.CreateLoad(parts.i64, b.CreateConstGEP1_64(parts.i64, list, k));
  };
  llvm::Value *apart = b.getTrue();
  for (std::size_t k = 0; k < step.inputs; ++k)
    if (step.buffers[k].base == Buffer::Base::input)
      apart = b.CreateAnd(apart, b.CreateICmpNE(address(k), address(output)));
  return apart;
}

/// Stores that go past the caches want whole lines of the output, and no input there: else another
/// code runs.
llvm::Value *EntryBody::choose(const KernelStep &step, const LoweredKernel &kernel,
                               llvm::Value *list) {
  llvm::Function *function = parts.module.getFunction(kernel.function);
  if (kernel.update.empty() || planted(SeededBug::wrong_twin))
    return function;
  llvm::Value *bits = b.getInt64(0);
  for (std::size_t k = step.inputs; k < step.buffers.size(); ++k)
    bits = b.CreateOr(bits, b.CreateLoad(parts.i64, b.CreateConstGEP1_64(parts.i64, list, k)));
  llvm::Value *fits = b.CreateICmpEQ(b.CreateAnd(bits, line - 1), b.getInt64(0));
  for (std::size_t k = step.inputs; k < step.buffers.size(); ++k)
    if (step.buffers[k].base == Buffer::Base::output &&
        lowered.donated->contains(step.buffers[k].index))
      fits = b.CreateAnd(fits, is_apart(step, k, list));
  return b.CreateSelect(fits, function, parts.module.getFunction(kernel.update));
}

/// void piece(context, number), with context = {function, buffers, numbers, scratch}.
llvm::Function *EntryBody::thunk(std::int64_t units, std::int64_t grain,
                                 std::size_t scratch_bytes) {
  llvm::Function *function =
      parts.function(parts.none, {parts.pointer, parts.i64}, name + "_piece");
  llvm::IRBuilder<> code(&function->getEntryBlock());
  const EnvironmentCode environment(code);
  llvm::Value *context = function->getArg(0), *number = function->getArg(1);
  const auto field = [&](unsigned k) {
    return code.CreateLoad(parts.pointer, code.CreateConstGEP1_64(parts.pointer, context, k));
  };
  llvm::Value *begin = code.CreateMul(number, code.getInt64(static_cast<std::uint64_t>(grain)));
  llvm::Value *end =
      code.CreateIntrinsic(llvm::Intrinsic::smin, {parts.i64},
                           {code.CreateAdd(begin, code.getInt64(static_cast<std::uint64_t>(grain))),
                            code.getInt64(static_cast<std::uint64_t>(units))});
  llvm::Value *scratch = code.CreateGEP(code.getInt8Ty(), field(3),
                                        code.CreateMul(number, code.getInt64(scratch_bytes)));
  auto *type = llvm::FunctionType::get(
      parts.none, {parts.pointer, parts.pointer, parts.i64, parts.i64, parts.pointer}, false);
  code.CreateCall(type, field(0), {field(1), field(2), begin, end, scratch})->setDoesNotThrow();
  environment.restore(code);
  code.CreateRetVoid();
  return function;
}

void EntryBody::pieces(llvm::Value *function, llvm::Function *thunk, std::int64_t count,
                       llvm::Value *buffers, llvm::Value *cells_of_step) {
  llvm::Value *context = stack(parts.pointer, 4, "context");
  for (const auto &[k, value] : llvm::enumerate(
           std::initializer_list<llvm::Value *>{function, buffers, cells_of_step, work}))
    b.CreateStore(value, b.CreateConstGEP1_64(parts.pointer, context, k));
  auto *type = llvm::FunctionType::get(
      parts.none, {parts.pointer, parts.i64, parts.pointer, parts.pointer}, false);
  const std::int64_t run = count - planted(SeededBug::thunk_loses_chunk);
  b.CreateCall(type, serial,
               {given.pool, b.getInt64(static_cast<std::uint64_t>(run)), thunk, context})
      ->setDoesNotThrow();
}

void EntryBody::step(const KernelStep &step) {
  const LoweredKernel &code = kernel_of(step.kernel);
  const CompiledKernel &facts = code.kernel;
  const std::int64_t chunks = facts.chunks();
  if (chunks == 0)
    return;
  llvm::Value *list = addresses(step.buffers, code), *own = numbers(step.cells);
  const auto call = [&](llvm::Value *function, std::int64_t units) {
    auto *type = llvm::FunctionType::get(
        parts.none, {parts.pointer, parts.pointer, parts.i64, parts.i64, parts.pointer}, false);
    b.CreateCall(type, function,
                 {list, own, b.getInt64(0), b.getInt64(static_cast<std::uint64_t>(units)), work})
        ->setDoesNotThrow();
  };
  if (!code.parts.empty()) {
    llvm::Function *function = parts.module.getFunction(code.parts);
    const std::int64_t count = (facts.part_units + facts.part_grain - 1) / facts.part_grain;
    if (count == 1)
      call(function, facts.part_units);
    else if (count > 1)
      pieces(function, thunk(facts.part_units, facts.part_grain, 0), count, list, own);
  }
  llvm::Value *function = choose(step, code, list);
  if (chunks == 1)
    call(function, facts.units);
  else
    pieces(function, thunk(facts.units, facts.grain, facts.scratch_bytes), chunks, list, own);
}

/// void epilogue(context, batch, row, rows, column, columns), with context = {buffers, numbers}.
llvm::Function *EntryBody::epilogue(const ContractStep &step) {
  llvm::Function *function = parts.function(
      parts.none, {parts.pointer, parts.i64, parts.i64, parts.i64, parts.i64, parts.i64},
      name + "_epilogue");
  llvm::IRBuilder<> code(&function->getEntryBlock());
  const auto argument = [&](unsigned k) { return function->getArg(k); };
  llvm::Value *range = code.CreateAlloca(parts.i64, code.getInt64(2));
  code.CreateStore(argument(4), range);
  code.CreateStore(code.CreateAdd(argument(4), argument(5)),
                   code.CreateConstGEP1_64(parts.i64, range, 1));
  llvm::Value *first = code.CreateAdd(
      code.CreateMul(argument(1), code.getInt64(static_cast<std::uint64_t>(step.m))), argument(2));
  llvm::Value *buffers = code.CreateLoad(parts.pointer, argument(0));
  llvm::Value *own =
      code.CreateLoad(parts.pointer, code.CreateConstGEP1_64(parts.pointer, argument(0), 1));
  llvm::Function *kernel = parts.module.getFunction(kernel_of(step.epilogue).function);
  code.CreateCall(kernel, {buffers, own, first, code.CreateAdd(first, argument(3)), range});
  code.CreateRetVoid();
  return function;
}

void EntryBody::step(const ContractStep &step) {
  llvm::Value *null = llvm::ConstantPointerNull::get(b.getPtrTy());
  llvm::Value *context = null, *tile = null;
  if (!step.epilogue.empty()) {
    llvm::Value *list = addresses(step.epilogue_buffers, kernel_of(step.epilogue));
    llvm::Value *own = numbers(step.epilogue_cells);
    context = stack(parts.pointer, 2, "epilogue");
    b.CreateStore(list, context);
    b.CreateStore(own, b.CreateConstGEP1_64(parts.pointer, context, 1));
    tile = epilogue(step);
  }
  llvm::Type *p = parts.pointer;
  llvm::Function *contract =
      parts.from_rt("tj_rt1_contract", parts.none, {p, p, p, p, p, p, p, p, p, parts.i32});
  const bool shared = worth_sharing(step);
  b.CreateCall(contract,
               {parts.words(rt::product_words(describe(step))), address(step.a), address(step.b),
                address(step.c), work, tile, context, shared ? given.parallel : null,
                shared ? given.pool : null, shared ? given.workers : b.getInt32(1)});
}

static std::vector<std::int64_t> call_words(const LibraryStep &step, const Graph &graph) {
  std::vector<OperandType> operands;
  for (const LibraryStep::Operand &operand : step.operands)
    operands.push_back(operand.is_number ? OperandType{nullptr, graph.scalars[operand.slot]}
                                         : OperandType{operand.buffer.meta, ScalarKind::floating});
  std::vector<const Meta *> results;
  for (const Buffer &result : step.results)
    results.push_back(result.meta);
  return rt::call_words(step.attrs, operands, results);
}

std::string EntryBody::step(const LibraryStep &step) {
  if (!rt::is_in_rt(step.op))
    return "op " + std::string(info(step.op).name) + " cannot leave the process";
  llvm::Type *p = parts.pointer;
  llvm::Value *operands = stack(p, step.operands.size(), "operands");
  for (const auto &[k, operand] : llvm::enumerate(step.operands))
    b.CreateStore(operand.is_number ? b.CreateConstGEP1_64(parts.i64, given.numbers, operand.slot)
                                    : address(operand.buffer),
                  b.CreateConstGEP1_64(p, operands, k));
  llvm::Value *results = stack(p, step.results.size(), "results");
  for (const auto &[k, result] : llvm::enumerate(step.results))
    b.CreateStore(address(result), b.CreateConstGEP1_64(p, results, k));
  llvm::Function *function =
      parts.from_rt(rt::function_name(step.op), parts.none, {p, p, p, p, p, p, parts.i32});
  b.CreateCall(function, {parts.words(call_words(step, *lowered.graph)), operands, results, work,
                          given.parallel, given.pool, given.workers});
  return "";
}

/// void serial(pool, pieces, piece, context): for callers without threads.
static llvm::Function *serial_pieces(EntryParts &parts) {
  static constexpr llvm::StringRef name = "pieces_in_turn";
  if (llvm::Function *known = parts.module.getFunction(name))
    return known;
  llvm::Function *function =
      parts.function(parts.none, {parts.pointer, parts.i64, parts.pointer, parts.pointer}, name);
  llvm::IRBuilder<> b(&function->getEntryBlock());
  auto *loop = llvm::BasicBlock::Create(b.getContext(), "loop", function);
  auto *done = llvm::BasicBlock::Create(b.getContext(), "done", function);
  llvm::BasicBlock *entry = b.GetInsertBlock();
  b.CreateBr(loop); // there are two pieces at least
  b.SetInsertPoint(loop);
  llvm::PHINode *number = b.CreatePHI(parts.i64, 2);
  auto *type = llvm::FunctionType::get(parts.none, {parts.pointer, parts.i64}, false);
  b.CreateCall(type, function->getArg(2), {function->getArg(3), number})->setDoesNotThrow();
  llvm::Value *next = b.CreateAdd(number, b.getInt64(1));
  number->addIncoming(b.getInt64(0), entry);
  number->addIncoming(next, loop);
  b.CreateCondBr(b.CreateICmpSLT(next, function->getArg(1)), loop, done);
  b.SetInsertPoint(done);
  b.CreateRetVoid();
  return function;
}

std::string EntryBody::emit_run() {
  llvm::Type *p = parts.pointer;
  run = parts.function(parts.none, {p, p, p, p, p, p, parts.i32}, name);
  b.SetInsertPoint(&run->getEntryBlock());
  given = {run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3),
           run->getArg(4), run->getArg(5), run->getArg(6)};
  for (const std::vector<std::byte> &constant : plan.constants) {
    // Vectors may read, never write, up to a line behind the last element.
    std::vector<std::uint8_t> padded(whole_lines(constant.size()) + line);
    std::memcpy(padded.data(), constant.data(), constant.size());
    constants.push_back(parts.bytes(padded, llvm::Align(line)));
  }
  // The stack is taken in the first block; what is done there comes behind.
  auto *first = llvm::BasicBlock::Create(b.getContext(), "steps", run);
  b.SetInsertPoint(first);
  work = b.CreateConstGEP1_64(b.getInt8Ty(), given.workspace, work_offset());
  serial = b.CreateSelect(b.CreateIsNull(given.parallel), serial_pieces(parts), given.parallel);
  if (!plan.cells.empty())
    cells = stack(parts.i64, plan.cells.size(), "cells");
  const auto numbers = static_cast<std::uint32_t>(lowered.graph->scalars.size());
  for (const auto &[k, cell] : llvm::enumerate(plan.cells)) {
    const std::uint32_t slot = (cell.slot + planted(SeededBug::cell_of_another_number)) % numbers;
    b.CreateStore(number_as(slot, cell.dtype), b.CreateConstGEP1_64(parts.i64, cells, k));
  }
  std::string failure;
  for (const Step &each : plan.steps) {
    if (auto *kernel = std::get_if<KernelStep>(&each.what))
      step(*kernel);
    else if (auto *contract = std::get_if<ContractStep>(&each.what))
      step(*contract);
    else if (failure.empty())
      failure = step(std::get<LibraryStep>(each.what));
  }
  b.CreateRetVoid();
  llvm::IRBuilder<>(&run->getEntryBlock()).CreateBr(first);
  return failure;
}

/// Bytes that libtracejit-rt wants for a step.
llvm::Value *EntryBody::call_scratch(const Step &step, llvm::IRBuilder<> &code,
                                     llvm::Value *workers) {
  llvm::Type *types[] = {parts.pointer, parts.i32};
  if (const auto *contract = std::get_if<ContractStep>(&step.what))
    return code.CreateCall(parts.from_rt("tj_rt1_contract_scratch", parts.i64, types),
                           {parts.words(rt::product_words(describe(*contract))),
                            worth_sharing(*contract) ? workers : code.getInt32(1)});
  const auto &library = std::get<LibraryStep>(step.what);
  return code.CreateCall(parts.from_rt(rt::scratch_function_name(library.op), parts.i64, types),
                         {parts.words(call_words(library, *lowered.graph)), workers});
}

void EntryBody::emit_workspace() {
  workspace = parts.function(parts.i64, {parts.i32}, name + "_bytes");
  llvm::IRBuilder<> code(&workspace->getEntryBlock());
  llvm::Value *most = code.getInt64(0);
  const auto include = [&](llvm::Value *bytes) {
    most = code.CreateIntrinsic(llvm::Intrinsic::umax, {parts.i64}, {most, bytes});
  };
  std::uint64_t fixed = 0;
  for (const Step &step : plan.steps)
    if (asks_rt(step))
      include(call_scratch(step, code, workspace->getArg(0)));
    else
      fixed = std::max(fixed, fixed_scratch(step));
  include(code.getInt64(fixed));
  llvm::Value *lines =
      code.CreateAnd(code.CreateAdd(most, code.getInt64(line - 1)), code.getInt64(~(line - 1)));
  code.CreateRet(code.CreateAdd(lines, code.getInt64(work_offset())));
}

} // namespace jit::cpu
