// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME_run checks what it was given and calls the body for this processor.
#include "compiler/cpu/Entry.h"

#include "compiler/cpu/CpuLevel.h"
#include "runtime/program/EntryCodes.h"
#include "runtime/trace/Span.h"

#include <list>

namespace jit::cpu {
namespace {

class EntryCode {
public:
  EntryCode(EntryParts &parts, const EntryFunction &function)
      : parts(parts), wanted(function), graph(*function.graph), b(parts.module.getContext()) {
    for (std::size_t k = 0; k < graph.inputs.size(); ++k)
      if (!function.inputs[k].constant && !function.weights.places.contains(index(k)))
        inputs_given.push_back(graph.inputs[k]);
    if (function.weights.bytes > 0) { // bytes, to the caller
      const auto bytes = static_cast<std::int64_t>(function.weights.bytes);
      inputs_given.push_back(intern_contiguous(DType::u8, {&bytes, 1}));
    }
    for (const std::uint32_t output : graph.outputs)
      outputs_given.push_back(graph.values[output].meta);
  }

  std::string emit() {
    for (const LoweredPlan &plan : wanted.plans) {
      bodies.emplace_back(parts, plan, wanted.name);
      if (std::string failure = bodies.back().emit_run(); !failure.empty())
        return failure;
      bodies.back().emit_workspace();
    }
    emit_workspace();
    emit_run();
    emit_check();
    emit_error();
    if (wanted.weights.bytes > 0)
      emit_weights();
    shown_bytes(wanted.info, "_info");
    return "";
  }

private:
  static std::uint32_t index(std::size_t k) { return static_cast<std::uint32_t>(k); }
  llvm::Function *shown(llvm::Type *result, llvm::ArrayRef<llvm::Type *> types,
                        const char *ending) {
    llvm::Function *function = parts.function(result, types, wanted.name + ending);
    function->setLinkage(llvm::GlobalValue::ExternalLinkage);
    b.SetInsertPoint(&function->getEntryBlock());
    return function;
  }
  void shown_bytes(llvm::StringRef text, const char *ending) {
    auto *data = llvm::ConstantDataArray::getString(parts.module.getContext(), text);
    new llvm::GlobalVariable(parts.module, data->getType(), true,
                             llvm::GlobalValue::ExternalLinkage, data, wanted.name + ending);
  }
  llvm::BasicBlock *block(const char *name) {
    return llvm::BasicBlock::Create(b.getContext(), name, b.GetInsertBlock()->getParent());
  }
  /// Returns the code if `fails`.
  void refuse_if(llvm::Value *fails, EntryError error) {
    llvm::BasicBlock *bad = block("refused"), *good = block("fine");
    b.CreateCondBr(fails, bad, good);
    b.SetInsertPoint(bad);
    b.CreateRet(b.getInt32(static_cast<std::uint32_t>(error)));
    b.SetInsertPoint(good);
  }
  /// `use(body)` for the best body that the processor runs, whose level is known to be enough.
  llvm::Value *by_level(llvm::Value *level, llvm::function_ref<llvm::Value *(EntryBody &)> use) {
    llvm::Value *result = use(bodies.front());
    for (EntryBody &body : llvm::drop_begin(bodies))
      result = b.CreateSelect(b.CreateICmpUGE(level, b.getInt32(4)), use(body), result);
    return result;
  }
  std::uint32_t least_level() const { return wanted.plans.front().isa == Isa::v4 ? 4 : 3; }

  llvm::Value *bytes_wanted(llvm::Value *level, llvm::Value *workers) {
    const bool fixed =
        llvm::all_of(bodies, [](const EntryBody &body) { return body.fixed_workspace(); });
    if (fixed)
      return by_level(level, [&](EntryBody &body) { return b.getInt64(*body.fixed_workspace()); });
    llvm::Value *function = by_level(level, [](EntryBody &body) { return body.workspace; });
    return b.CreateCall(bodies.front().workspace->getFunctionType(), function, {workers});
  }

  /// uint64 NAME_workspace(workers)
  void emit_workspace() {
    llvm::Function *function = shown(parts.i64, {parts.i32}, "_workspace");
    llvm::Value *level = b.CreateCall(cpu_level(parts));
    llvm::BasicBlock *bad = block("old"), *good = block("fine");
    b.CreateCondBr(b.CreateICmpULT(level, b.getInt32(least_level())), bad, good);
    b.SetInsertPoint(bad);
    b.CreateRet(b.getInt64(0));
    b.SetInsertPoint(good);
    b.CreateRet(bytes_wanted(level, function->getArg(0)));
  }

  llvm::Value *element(llvm::Value *list, std::size_t k) {
    return b.CreateLoad(parts.i64, b.CreateConstGEP1_64(parts.i64, list, k));
  }
  llvm::Value *is_zero(llvm::Value *word) { return b.CreateICmpEQ(word, b.getInt64(0)); }

  /// What is null though it has elements, and what lies beside its elements.
  void check_pointers(llvm::Value *list, llvm::ArrayRef<const Meta *> metas, llvm::Value *&null,
                      llvm::Value *&low_bits) {
    for (const auto &[k, meta] : llvm::enumerate(metas)) {
      if (meta->size == 0)
        continue;
      llvm::Value *address = element(list, k);
      null = b.CreateOr(null, is_zero(address));
      low_bits = b.CreateOr(low_bits, b.CreateAnd(address, itemsize(meta->dtype) - 1));
    }
  }

  /// int32 NAME_run(in, out, numbers, workspace, workspace_bytes, par, pool, workers)
  void emit_run() {
    llvm::Type *p = parts.pointer;
    run = shown(parts.i32, {p, p, p, p, parts.i64, p, p, parts.i32}, "_run");
    const auto argument = [&](unsigned k) { return run->getArg(k); };
    llvm::Value *inputs = argument(0), *outputs = argument(1), *numbers = argument(2),
                *workspace = argument(3);
    llvm::Value *level = b.CreateCall(cpu_level(parts));
    refuse_if(b.CreateICmpULT(level, b.getInt32(least_level())), EntryError::no_isa);

    llvm::Value *null = b.getFalse(), *low_bits = b.getInt64(0);
    for (const auto &[list, count] :
         {std::pair(inputs, inputs_given.size()), std::pair(outputs, graph.outputs.size()),
          std::pair(numbers, graph.scalars.size())})
      if (count > 0)
        null = b.CreateOr(null, b.CreateIsNull(list));
    refuse_if(null, EntryError::null);
    null = b.getFalse();
    check_pointers(inputs, inputs_given, null, low_bits);
    check_pointers(outputs, outputs_given, null, low_bits);
    if (wanted.weights.bytes > 0)
      low_bits = b.CreateOr(low_bits, b.CreateAnd(element(inputs, inputs_given.size() - 1), 63));
    refuse_if(null, EntryError::null);
    refuse_if(b.CreateNot(is_zero(low_bits)), EntryError::misaligned);

    llvm::Value *workers =
        b.CreateIntrinsic(llvm::Intrinsic::smax, {parts.i32}, {argument(7), b.getInt32(1)});
    check_workspace(bytes_wanted(level, workers), workspace, argument(4));
    check_demands(inputs, numbers);

    const EnvironmentCode environment(b);
    b.CreateCall(bodies.front().run->getFunctionType(),
                 by_level(level, [](EntryBody &body) { return body.run; }),
                 {inputs, outputs, numbers, workspace, argument(5), argument(6), workers});
    environment.restore(b);
    b.CreateRet(b.getInt32(0));
  }

  void check_workspace(llvm::Value *wanted_bytes, llvm::Value *workspace, llvm::Value *given) {
    llvm::Value *address = b.CreatePtrToInt(workspace, parts.i64);
    llvm::Value *needed = b.CreateNot(is_zero(wanted_bytes));
    llvm::Value *lacks = b.CreateOr(is_zero(address), b.CreateICmpULT(given, wanted_bytes));
    refuse_if(b.CreateAnd(needed, lacks), EntryError::workspace);
    refuse_if(b.CreateAnd(needed, b.CreateNot(is_zero(b.CreateAnd(address, 63)))),
              EntryError::misaligned);
  }

  llvm::Value *is_outside(llvm::Value *number, IndexRange range) {
    const auto word = [&](std::int64_t value) {
      return b.getInt64(static_cast<std::uint64_t>(value));
    };
    if (range.min > range.max)
      return b.getTrue();
    return b.CreateICmpUGT(b.CreateSub(number, word(range.min)),
                           b.CreateSub(word(range.max), word(range.min)));
  }

  /// Scalar::as_int().
  llvm::Value *whole_number(llvm::Value *numbers, std::size_t k) {
    llvm::Value *number = element(numbers, k);
    if (graph.scalars[k] != ScalarKind::floating)
      return number;
    return b.CreateIntrinsic(llvm::Intrinsic::fptosi_sat, {parts.i64, b.getDoubleTy()},
                             {b.CreateBitCast(number, b.getDoubleTy())});
  }

  void check_demands(llvm::Value *inputs, llvm::Value *numbers) {
    for (const auto &[k, range] : llvm::enumerate(wanted.demands.numbers)) {
      if (!range)
        continue;
      refuse_if(is_outside(whole_number(numbers, k), *range), EntryError::index);
    }
    for (const auto &[k, kind] : llvm::enumerate(graph.scalars))
      if (kind == ScalarKind::boolean)
        refuse_if(is_outside(element(numbers, k), is_bool), EntryError::number);
    for (const auto &[k, range] : llvm::enumerate(wanted.demands.held))
      if (range && (graph.scalars[k] == ScalarKind::integer || wanted.demands.fills[k]))
        refuse_if(is_outside(whole_number(numbers, k), *range), EntryError::number);
    for (const auto &[k, range] : llvm::enumerate(wanted.demands.inputs)) {
      const Meta &meta = *graph.inputs[k];
      if (!range || !is_integer(meta.dtype) || meta.size == 0)
        continue;
      llvm::Value *place = b.CreateLoad(
          parts.pointer, b.CreateConstGEP1_64(parts.pointer, inputs, wanted.inputs[k].slot));
      refuse_if(b.CreateCall(range_check(meta, *range), {place}), EntryError::index);
    }
  }

  /// i1 outside(data): whether an element is outside of the range.
  llvm::Function *range_check(const Meta &meta, IndexRange range) {
    llvm::Function *function =
        parts.function(b.getInt1Ty(), {parts.pointer}, wanted.name + "_outside");
    llvm::IRBuilderBase::InsertPointGuard guard(b);
    b.SetInsertPoint(&function->getEntryBlock());
    auto *bad = block("outside");
    check_axis(meta, range, 0, function->getArg(0), bad);
    b.CreateRet(b.getFalse());
    b.SetInsertPoint(bad);
    b.CreateRet(b.getTrue());
    return function;
  }

  /// Loops over axes from `axis` on; what is behind a merged run of axes is contiguous.
  void check_axis(const Meta &meta, IndexRange range, unsigned axis, llvm::Value *place,
                  llvm::BasicBlock *bad) {
    const auto bytes = static_cast<std::int64_t>(itemsize(meta.dtype));
    if (axis == meta.rank) {
      llvm::Type *type = b.getIntNTy(static_cast<unsigned>(8 * bytes));
      llvm::Value *number = b.CreateAlignedLoad(type, place, llvm::Align(itemsize(meta.dtype)));
      number = is_unsigned(meta.dtype) ? b.CreateZExt(number, parts.i64)
                                       : b.CreateSExt(number, parts.i64);
      auto *next = block("inside");
      b.CreateCondBr(is_outside(number, range), bad, next);
      b.SetInsertPoint(next);
      return;
    }
    // All of a contiguous tensor is one axis.
    const bool whole = meta.contiguous;
    const std::int64_t extent = whole ? meta.size : meta.dims()[axis];
    const std::int64_t stride = bytes * (whole ? 1 : meta.strides()[axis]);
    llvm::BasicBlock *before = b.GetInsertBlock(), *loop = block("axis"), *done = block("passed");
    b.CreateBr(loop);
    b.SetInsertPoint(loop);
    llvm::PHINode *number = b.CreatePHI(parts.i64, 2);
    number->addIncoming(b.getInt64(0), before);
    llvm::Value *offset = b.CreateMul(number, b.getInt64(static_cast<std::uint64_t>(stride)));
    check_axis(meta, range, whole ? meta.rank : axis + 1, b.CreateGEP(b.getInt8Ty(), place, offset),
               bad);
    llvm::Value *next = b.CreateAdd(number, b.getInt64(1));
    number->addIncoming(next, b.GetInsertBlock());
    b.CreateCondBr(b.CreateICmpSLT(next, b.getInt64(static_cast<std::uint64_t>(extent))), loop,
                   done);
    b.SetInsertPoint(done);
  }

  /// Where the bytes of a tensor begin and end; both 0 if there are none.
  struct Extent {
    std::size_t number; ///< among the caller's
    llvm::Value *begin, *end;
  };
  Extent extent_of(llvm::Value *list, std::size_t k, const Meta &meta) {
    const auto bytes = static_cast<std::int64_t>(itemsize(meta.dtype));
    const Span span = span_of(meta);
    llvm::Value *address = element(list, k);
    const auto at = [&](std::int64_t elements) {
      llvm::Value *place =
          b.CreateAdd(address, b.getInt64(static_cast<std::uint64_t>(elements * bytes)));
      return b.CreateSelect(is_zero(address), b.getInt64(0), place);
    };
    return {k, at(-span.origin), at(span.elements - span.origin)};
  }

  /// Refuses bool inputs with bytes that are neither 0 nor 1.
  void check_bools(llvm::Value *inputs) {
    for (const auto &[k, meta] : llvm::enumerate(inputs_given)) {
      if (meta->dtype != DType::boolean || meta->size == 0)
        continue;
      llvm::Value *place =
          b.CreateLoad(parts.pointer, b.CreateConstGEP1_64(parts.pointer, inputs, k));
      auto *look = block("bools"), *next = block("passed");
      b.CreateCondBr(b.CreateIsNull(place), next, look); // NAME_run says so
      b.SetInsertPoint(look);
      refuse_if(b.CreateCall(range_check(*meta, is_bool), {place}), EntryError::number);
      b.CreateBr(next);
      b.SetInsertPoint(next);
    }
  }

  /// int32 NAME_check(...): NAME_run, after a look at what overlaps, and at bools.
  void emit_check() {
    llvm::Function *function =
        shown(parts.i32, llvm::to_vector(run->getFunctionType()->params()), "_check");
    std::vector<Extent> outputs, inputs;
    auto *look = block("look"), *go = block("go");
    llvm::Value *null = b.getFalse();
    if (!graph.outputs.empty())
      null = b.CreateOr(null, b.CreateIsNull(function->getArg(1)));
    if (!inputs_given.empty())
      null = b.CreateOr(null, b.CreateIsNull(function->getArg(0)));
    b.CreateCondBr(null, go, look); // NAME_run says so
    b.SetInsertPoint(look);
    for (const auto &[k, meta] : llvm::enumerate(outputs_given))
      if (meta->size > 0)
        outputs.push_back(extent_of(function->getArg(1), k, *meta));
    for (const auto &[k, meta] : llvm::enumerate(inputs_given))
      if (meta->size > 0)
        inputs.push_back(extent_of(function->getArg(0), k, *meta));
    llvm::Value *begin = b.CreatePtrToInt(function->getArg(3), parts.i64);
    const Extent workspace{
        0, begin, b.CreateSelect(is_zero(begin), begin, b.CreateAdd(begin, function->getArg(4)))};
    llvm::Value *overlaps = b.getFalse();
    const auto compare = [&](const Extent &one, const Extent &other, bool may_be_one = false) {
      llvm::Value *meet =
          b.CreateAnd(b.CreateICmpULT(one.begin, other.end), b.CreateICmpULT(other.begin, one.end));
      if (may_be_one)
        meet = b.CreateAnd(meet, b.CreateICmpNE(one.begin, other.begin));
      overlaps = b.CreateOr(overlaps, meet);
    };
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      for (std::size_t other = k + 1; other < outputs.size(); ++other)
        compare(outputs[k], outputs[other]);
      for (const Extent &input : inputs)
        compare(outputs[k], input, is_donated(outputs[k].number, input.number));
      compare(outputs[k], workspace);
    }
    for (const Extent &input : inputs)
      compare(input, workspace);
    refuse_if(overlaps, EntryError::overlap);
    if (!inputs_given.empty())
      check_bools(function->getArg(0));
    b.CreateBr(go);
    b.SetInsertPoint(go);
    llvm::SmallVector<llvm::Value *> arguments;
    for (llvm::Argument &each : function->args())
      arguments.push_back(&each);
    b.CreateRet(b.CreateCall(run, arguments));
  }

  bool is_donated(std::size_t output, std::size_t given) const {
    const auto pair = wanted.donated.find(index(output));
    return pair != wanted.donated.end() && wanted.inputs[pair->second].slot == given;
  }

  /// const uint8_t *NAME_weights_open(path), void NAME_weights_close(weights)
  void emit_weights() {
    std::array<std::int64_t, 5> words{static_cast<std::int64_t>(wanted.weights.bytes)};
    std::memcpy(&words[1], wanted.weights.digest.data(), sizeof wanted.weights.digest);
    llvm::Constant *file = parts.words(words);
    llvm::Type *p = parts.pointer;
    llvm::Function *open = shown(p, {p}, "_weights_open");
    b.CreateRet(
        b.CreateCall(parts.from_rt("tj_rt1_weights_open", p, {p, p}), {file, open->getArg(0)}));
    llvm::Function *close = shown(parts.none, {p}, "_weights_close");
    b.CreateCall(parts.from_rt("tj_rt1_weights_close", parts.none, {p, p}),
                 {file, close->getArg(0)});
    b.CreateRetVoid();
  }

  /// const char *NAME_error(code)
  void emit_error() {
    llvm::Function *function = shown(parts.pointer, {parts.i32}, "_error");
    const auto text = [&](const char *sentence) {
      return b.CreateGlobalString(sentence, "sentence", 0, &parts.module);
    };
    llvm::Value *result = text("no such code");
    for (const EntryErrorText &row : entry_errors)
      result = b.CreateSelect(
          b.CreateICmpEQ(function->getArg(0), b.getInt32(static_cast<std::uint32_t>(row.error))),
          text(row.sentence), result);
    b.CreateRet(result);
  }

  static constexpr IndexRange is_bool{0, 1};
  EntryParts &parts;
  const EntryFunction &wanted;
  const Graph &graph;
  llvm::IRBuilder<> b;
  std::vector<const Meta *> inputs_given, outputs_given; ///< by the caller
  std::list<EntryBody> bodies;
  llvm::Function *run = nullptr;
};

} // namespace

std::string emit_entry(EntryParts &parts, const EntryFunction &function) {
  return EntryCode(parts, function).emit();
}

} // namespace jit::cpu
