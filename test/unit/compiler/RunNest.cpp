// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/unit/compiler/RunNest.h"

#include "compiler/cpu/Engine.h"
#include "compiler/cpu/Lowering.h"
#include "runtime/program/CodeMapping.h"
#include "runtime/scalar/LargeAngle.h"
#include "test/unit/compiler/NestOracle.h"

#include <gtest/gtest.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

namespace jit::cpu::test {

using jit::test::Memory;
using jit::test::same;

static std::vector<std::byte *> pointers_of(std::vector<Memory> &memory) {
  std::vector<std::byte *> pointers;
  for (Memory &one : memory)
    pointers.push_back(one.first());
  return pointers;
}

std::vector<Memory> interpreted(const Nest &nest, std::vector<Memory> memory,
                                const std::vector<std::uint64_t> &scalars) {
  nest::test::interpret(nest, pointers_of(memory), scalars);
  return memory;
}

void run_compiled(const Nest &nest, std::vector<std::byte *> pointers, Isa isa, Traffic traffic,
                  std::int64_t grain, const std::vector<std::uint64_t> &scalars,
                  const ScheduleChanges &changes) {
  pointers.push_back(
      reinterpret_cast<std::byte *>(const_cast<scalar::OutsideFunction *>(scalar::outside_table)));
  std::string error;
  static std::unique_ptr<Engine> engines[2];
  std::unique_ptr<Engine> &engine = engines[isa == Isa::v4];
  if (!engine)
    engine = Engine::create(isa, error);
  ASSERT_TRUE(engine) << error;
  auto module = engine->make_module("test");
  const Schedule schedule = choose_schedule(nest, {isa, {}}, {false, 0, traffic}, changes);
  Lowering lowering(nest, schedule, isa, *module,
                    schedule.parts > 0 ? Lowering::Stage::rest : Lowering::Stage::whole);
  ASSERT_EQ(lowering.run(), "");
  std::vector<std::string> names{lowering.symbol()};
  if (schedule.parts > 0) {
    Lowering first(nest, schedule, isa, *module, Lowering::Stage::parts);
    ASSERT_EQ(first.run(), "");
    names.push_back(first.symbol());
  }
  std::string message;
  llvm::raw_string_ostream out(message);
  ASSERT_FALSE(llvm::verifyModule(*module, &out)) << message;
  std::vector<KernelBlob> blobs;
  ASSERT_EQ(engine->compile(*module, names, blobs), "");
  const auto code = CodeMapping::create(blobs, error);
  ASSERT_TRUE(code) << error;
  using Kernel =
      void(std::byte *const *, const std::uint64_t *, std::int64_t, std::int64_t, std::byte *);
  auto *kernel = reinterpret_cast<Kernel *>(code->function(0, 0));
  auto *parts = schedule.parts > 0 ? reinterpret_cast<Kernel *>(code->function(0, 1)) : nullptr;
  std::vector<std::byte> scratch(lowering.scratch_bytes() + 64);
  std::byte *aligned =
      scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64);
  for (std::int64_t begin = 0; begin < schedule.units * schedule.parts; begin += grain)
    parts(pointers.data(), scalars.data(), begin,
          std::min(begin + grain, schedule.units * schedule.parts), aligned);
  for (std::int64_t begin = 0; begin < schedule.units; begin += grain)
    kernel(pointers.data(), scalars.data(), begin, std::min(begin + grain, schedule.units),
           aligned);
}

void expect_equal(const Nest &nest, std::vector<Memory> memory, std::vector<Memory> expected,
                  Isa isa, Traffic traffic, std::int64_t grain,
                  const std::vector<std::uint64_t> &scalars, const ScheduleChanges &changes) {
  if (!isa_supported(isa))
    return;
  const std::vector<std::byte *> pointers = pointers_of(memory);
  const std::vector<std::byte *> expected_pointers = pointers_of(expected);
  SCOPED_TRACE(to_string(choose_schedule(nest, {isa, {}}, {false, 0, traffic}, changes)));
  ASSERT_NO_FATAL_FAILURE(run_compiled(nest, pointers, isa, traffic, grain, scalars, changes));
  for (std::size_t k = 0; k < memory.size(); ++k) {
    const std::size_t size = itemsize(memory[k].dtype);
    for (std::size_t i = 0; i < memory[k].elements; ++i)
      ASSERT_TRUE(same(memory[k].dtype, pointers[k] + i * size, expected_pointers[k] + i * size))
          << "buffer " << k << " element " << i << " isa " << static_cast<int>(isa);
    const std::byte *end = pointers[k] + memory[k].elements * size;
    for (std::size_t i = 0; i < 128; ++i)
      ASSERT_EQ(end[i], std::byte{0}) << "wrote behind buffer " << k;
  }
}

std::vector<Memory> memory_of(const std::vector<std::pair<DType, std::size_t>> &sizes) {
  std::vector<Memory> memory;
  for (auto [dtype, size] : sizes) {
    memory.emplace_back(dtype, size);
    memory.back().fill(static_cast<unsigned>(memory.size()));
  }
  return memory;
}

void expect_equal_everywhere(const Nest &nest, const std::vector<Memory> &memory,
                             const std::vector<std::uint64_t> &scalars) {
  const std::vector<Memory> expected = interpreted(nest, memory, scalars);
  for (Isa isa : {Isa::v3, Isa::v4})
    for (auto [traffic, grain] : {std::pair(Traffic::near, std::int64_t{1} << 40),
                                  std::pair(Traffic::stream, std::int64_t{3})})
      expect_equal(nest, memory, expected, isa, traffic, grain, scalars);
}

} // namespace jit::cpu::test
