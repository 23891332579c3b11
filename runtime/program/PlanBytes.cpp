// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What each struct consists of, once for writing and reading.
#include "runtime/program/PlanBytes.h"

#include "runtime/program/Bytes.h"
#include "runtime/program/CheckPlan.h"
#include "runtime/trace/Span.h"

#include <concepts>

namespace jit {
namespace {

constexpr std::uint32_t version = 1;
constexpr std::uint64_t max_scratch_bytes = std::uint64_t{1} << 40;

template <class T, class Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

void fail_unless(ByteReader &archive, bool good) {
  if (!good)
    archive.fail();
}
void fail_unless(ByteWriter &, bool) {}

bool is_dtype(DType dtype) { return dtype <= DType::f64 && is_supported(dtype); }

void meta(ByteWriter &archive, const Meta *meta) {
  archive(meta->dtype, meta->rank);
  for (const Dims list : {meta->dims(), meta->strides()})
    for (const std::int64_t number : list)
      archive(number);
}

void meta(ByteReader &archive, const Meta *&meta) {
  DType dtype{};
  std::uint8_t rank = 0;
  archive(dtype, rank);
  fail_unless(archive, is_dtype(dtype) && rank <= max_rank);
  DimList lists[2];
  for (DimList &list : lists)
    for (std::uint8_t axis = 0; axis < rank && archive.good(); ++axis) {
      std::int64_t number = 0;
      archive(number);
      list.push_back(number);
    }
  if (!archive.good() || !checked_size(dtype, lists[0]) || !span_of(dtype, lists[0], lists[1]))
    return archive.fail();
  meta = intern_meta(dtype, lists[0], lists[1]);
  const bool same = std::ranges::equal(meta->strides(), lists[1]); // canonical ones
  if (meta->interned && same)
    return;
  if (!meta->interned)
    release_meta(std::exchange(meta, nullptr));
  archive.fail();
}

template <class Archive, Is<Buffer> T> void fields(Archive &archive, T &buffer) {
  archive(buffer.base, buffer.index, buffer.arena_offset, buffer.block_bytes, buffer.offset);
  fail_unless(archive, buffer.base <= Buffer::Base::constant);
  archive.list(buffer.terms, [&](auto &term) { archive(term.slot, term.stride); });
  meta(archive, buffer.meta);
}

template <class Archive> auto each_buffer(Archive &archive) {
  return [&archive](auto &buffer) { fields(archive, buffer); };
}

template <class Archive, Is<KernelStep> T> void fields(Archive &archive, T &step) {
  archive(step.kernel, step.inputs, step.cells);
  archive.list(step.buffers, each_buffer(archive));
}

template <class Archive, Is<ContractStep> T> void fields(Archive &archive, T &step) {
  archive(step.dtype, step.m, step.n, step.k);
  fail_unless(archive, is_dtype(step.dtype));
  for (auto *buffer : {&step.a, &step.b, &step.c})
    fields(archive, *buffer);
  archive(step.a_row_stride, step.a_col_stride, step.b_row_stride, step.b_col_stride,
          step.c_row_stride, step.batch_sizes, step.a_batch_strides, step.b_batch_strides,
          step.c_batch_strides, step.epilogue, step.whole_rows, step.epilogue_cells);
  archive.list(step.epilogue_buffers, each_buffer(archive));
}

template <class Archive, Is<LibraryStep> T> void fields(Archive &archive, T &step) {
  archive(step.op, step.attrs);
  fail_unless(archive, static_cast<std::size_t>(step.op) < all_ops().size());
  archive.list(step.operands, [&](auto &operand) {
    archive(operand.is_number);
    if (operand.is_number)
      archive(operand.slot);
    else
      fields(archive, operand.buffer);
  });
  archive.list(step.results, each_buffer(archive));
}

void which(ByteWriter &archive, const Step &step) {
  archive(static_cast<std::uint8_t>(step.what.index()));
}
void which(ByteReader &archive, Step &step) {
  std::uint8_t index = 0;
  archive(index);
  fail_unless(archive, index < std::variant_size_v<decltype(step.what)>);
  if (index == 1)
    step.what = ContractStep();
  else if (index == 2)
    step.what = LibraryStep();
}

template <class Archive, Is<Plan> T> void fields(Archive &archive, T &plan) {
  archive.list(plan.steps, [&](auto &step) {
    which(archive, step);
    std::visit([&](auto &what) { fields(archive, what); }, step.what);
    archive(step.ops);
  });
  archive.list(plan.cells, [&](auto &cell) {
    archive(cell.slot, cell.dtype);
    fail_unless(archive, is_dtype(cell.dtype));
  });
  archive.list(plan.constants, [&](auto &bytes) { archive(bytes); });
  archive(plan.arena_bytes, plan.donated_input, plan.kernels_before);
  archive.list(plan.refusals,
               [&](auto &refusal) { archive(refusal.producer, refusal.consumer, refusal.reason); });
}

template <class Archive, Is<StoredKernel> T> void fields(Archive &archive, T &stored) {
  archive.list(stored.names, [&](auto &name) { archive(name); });
  auto &kernel = stored.kernel;
  archive(stored.key, kernel.units, kernel.grain, kernel.range, kernel.scratch_bytes,
          kernel.part_units, kernel.part_grain, stored.has_update, stored.has_parts, stored.place,
          stored.bytes, stored.entries);
}

bool is_sound(const StoredKernel &stored, std::size_t code_bytes) {
  const CompiledKernel &kernel = stored.kernel;
  if (kernel.units < 0 || kernel.grain < 1 || kernel.range < 1 || kernel.part_units < 0 ||
      kernel.part_grain < 1 || kernel.units > INT64_MAX - kernel.grain ||
      kernel.part_units > INT64_MAX - kernel.part_grain)
    return false;
  std::uint64_t scratch = 0;
  if (kernel.scratch_bytes % KernelBlob::alignment != 0 ||
      __builtin_mul_overflow(kernel.scratch_bytes, static_cast<std::uint64_t>(kernel.chunks()),
                             &scratch) ||
      scratch > max_scratch_bytes || (stored.has_parts && kernel.chunks() > 1))
    return false;
  return stored.place % KernelBlob::alignment == 0 && stored.place <= code_bytes &&
         stored.bytes <= code_bytes - stored.place &&
         stored.entries.size() == std::size_t{1} + stored.has_update + stored.has_parts &&
         std::ranges::all_of(stored.entries,
                             [&](std::uint64_t entry) { return entry < stored.bytes; });
}

} // namespace

std::vector<std::byte> plan_to_bytes(const Plan &plan) {
  ByteWriter archive;
  archive(version);
  fields(archive, plan);
  return std::move(archive.bytes);
}

/// Reads the version and the rest by `read`; false if that is not all.
template <class Read> static bool read_all(std::span<const std::byte> bytes, Read read) {
  ByteReader archive(bytes);
  std::uint32_t found = 0;
  archive(found);
  if (found != version)
    return false;
  read(archive);
  return archive.good() && archive.at_end();
}

Result<Plan> plan_from_bytes(std::span<const std::byte> bytes, const Graph &graph) {
  Plan plan;
  if (!read_all(bytes, [&](ByteReader &archive) { fields(archive, plan); }))
    return Failure{"the bytes of the plan are damaged"};
  if (std::optional<std::string> problem = check_plan(plan, graph))
    return Failure{"the plan does not fit its trace: " + std::move(*problem)};
  return plan;
}

KernelBytes kernels_to_bytes(const PlanKernels &kernels) {
  std::vector<const KernelCode *> different;
  std::vector<StoredKernel> list;
  KernelBytes result;
  for (const auto &[name, code] : kernels) {
    const auto known = std::ranges::find(different, code.get());
    if (known != different.end()) {
      list[static_cast<std::size_t>(known - different.begin())].names.push_back(name);
      continue;
    }
    different.push_back(code.get());
    const CompiledKernel &kernel = code->kernel;
    const std::span<const std::byte> blob = code->code();
    StoredKernel stored{{name},
                        code->key,
                        kernel,
                        kernel.update != nullptr,
                        kernel.parts != nullptr,
                        result.code.size(),
                        blob.size(),
                        {}};
    for (KernelFunction *function : {kernel.function, kernel.update, kernel.parts})
      if (function)
        stored.entries.push_back(static_cast<std::uint64_t>(
            reinterpret_cast<const std::byte *>(function) - blob.data()));
    list.push_back(std::move(stored));
    result.code.insert(result.code.end(), blob.begin(), blob.end());
    const std::size_t alignment = KernelBlob::alignment;
    result.code.resize((result.code.size() + alignment - 1) / alignment * alignment);
  }
  ByteWriter archive;
  archive(version);
  archive.list(list, [&](const StoredKernel &stored) { fields(archive, stored); });
  result.kernels = std::move(archive.bytes);
  return result;
}

Result<std::vector<StoredKernel>> kernels_from_bytes(std::span<const std::byte> bytes,
                                                     std::size_t code_bytes) {
  std::vector<StoredKernel> kernels;
  const bool good = read_all(bytes, [&](ByteReader &archive) {
    archive.list(kernels, [&](StoredKernel &stored) {
      fields(archive, stored);
      fail_unless(archive, is_sound(stored, code_bytes));
    });
  });
  if (!good)
    return Failure{"the bytes of the kernels are damaged"};
  return kernels;
}

} // namespace jit
