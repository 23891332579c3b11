#include "runtime/kernels/Families.h"
namespace jit { bool run_row(const KernelTable &, const OpInfo &, const KernelCall &) noexcept { return false; } }
