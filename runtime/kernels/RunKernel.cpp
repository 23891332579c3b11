// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The entry to every eager kernel: which family, which instruction set.
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Mxcsr.h"

#include <atomic>

namespace jit {

namespace {

const KernelTable *table_of(Isa isa) noexcept {
  return isa == Isa::v4 ? &v4::table() : &v3::table();
}

/// Null until the first use, so that static constructors may run ops.
std::atomic<const KernelTable *> active{nullptr};

const KernelTable &first_table() noexcept {
  const KernelTable *none = nullptr;
  active.compare_exchange_strong(none, table_of(detected_isa()), std::memory_order_acq_rel);
  return *active.load(std::memory_order_acquire);
}

} // namespace

const KernelTable &active_table() noexcept {
  const KernelTable *table = active.load(std::memory_order_acquire);
  return table != nullptr ? *table : first_table();
}

Isa active_isa() noexcept { return &active_table() == &v3::table() ? Isa::v3 : Isa::v4; }

void set_active_isa(Isa isa) noexcept { active.store(table_of(isa), std::memory_order_release); }

std::size_t scratch_bytes(const KernelCall &call, std::int64_t workers) noexcept {
  const OpInfo &op = info(call.op);
  switch (op.family) {
  case Family::reduction:
    return reduction_scratch(call);
  case Family::row:
    return row_scratch(active_table(), op, call, workers);
  case Family::contraction:
    return contraction_scratch(call, workers);
  case Family::sort:
    return sort_scratch(call, workers);
  case Family::creation:
    return creation_scratch(call);
  case Family::elementwise:
  case Family::scan:
  case Family::view:
  case Family::movement:
  case Family::index:
    return 0;
  }
  return 0;
}

bool run_kernel(const KernelCall &call, const KernelScratch &scratch) noexcept {
  const MxcsrGuard environment;
  const KernelTable &table = active_table();
  const OpInfo &op = info(call.op);
  switch (op.family) {
  case Family::elementwise:
    run_elementwise(table, op, call);
    return true;
  case Family::reduction:
    return run_reduction(table, call, scratch);
  case Family::row:
    return run_row(table, op, call, scratch);
  case Family::scan:
    run_scan(table, call, scratch.workers);
    return true;
  case Family::contraction:
    return run_contraction(table, call, scratch);
  case Family::view: // a reshape whose strides do not allow a view
    copy_strided(*call.operands[0].meta, call.operands[0].data, call.results[0].data);
    return true;
  case Family::movement:
    run_movement(table, call);
    return true;
  case Family::index:
    run_index(table, call);
    return true;
  case Family::sort:
    return run_sort(table, call, scratch);
  case Family::creation:
    return run_creation(table, call, scratch);
  }
  return false;
}

} // namespace jit
