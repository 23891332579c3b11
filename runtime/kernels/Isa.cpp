// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the instruction set level; the compiler's model asks cpuid and the saved register state.
#include "runtime/kernels/Isa.h"

namespace jit {

static std::optional<Isa> find_isa() noexcept {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4"))
    return Isa::v4;
  if (__builtin_cpu_supports("x86-64-v3"))
    return Isa::v3;
  return std::nullopt;
}

static std::optional<Isa> &machine_isa() noexcept {
  static std::optional<Isa> isa = find_isa();
  return isa;
}

bool isa_supported(Isa isa) noexcept { return machine_isa() && *machine_isa() >= isa; }
Isa detected_isa() noexcept { return machine_isa().value_or(Isa::v3); }
void pretend_machine_isa(std::optional<Isa> isa) noexcept { machine_isa() = isa; }

std::optional<std::string> machine_refusal() {
  if (isa_supported(Isa::v3))
    return std::nullopt;
  return "this processor is below x86-64-v3, the least that tracejit runs on (AVX2, FMA, BMI2: "
         "Intel since Haswell, AMD since Zen)";
}

} // namespace jit
