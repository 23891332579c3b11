// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/NestCase.h"

#include "compiler/cuda/text/TextRules.h"
#include "test/cuda/emu/Compile.h"
#include "test/cuda/emu/Launch.h"
#include "test/cuda/emu/Library.h"
#include "test/unit/compiler/NestOracle.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {

std::string numbered() {
  static int count = 0;
  return "k" + std::to_string(count++);
}

namespace {

void refill(Memory &memory, Fill fill) {
  std::mt19937 random(static_cast<unsigned>(memory.elements));
  for (std::size_t k = 0; k < memory.elements; ++k) {
    const std::uint32_t bits = static_cast<std::uint32_t>(random());
    double x = fill == Fill::zeros ? 0.0 : 1 + (bits >> 1) * 0x1p-33 - 0.125;
    x = bits & 1 ? -x : x;
    const float f = static_cast<float>(x);
    if (memory.dtype == DType::f32)
      std::memcpy(memory.first() + 4 * k, &f, 4);
    else
      std::memcpy(memory.first() + 8 * k, &x, 8);
  }
}

} // namespace

std::vector<Memory> memory_for(const Case &c, std::int64_t shift) {
  std::vector<Memory> memory;
  for (const auto &[dtype, size] : c.buffers) {
    memory.emplace_back(dtype, static_cast<std::size_t>(size + shift));
    memory.back().fill(static_cast<unsigned>(memory.size()));
    if (c.fill != Fill::wild && is_float(dtype))
      refill(memory.back(), c.fill);
    if (c.index_extent != 0 && memory.size() < 3)
      for (std::int64_t i = 0; i < size + shift; ++i) {
        // Whoever takes an element of the table for an index reads far away.
        const std::int64_t index = i * 7 % (2 * c.index_extent) - c.index_extent;
        const std::int64_t value = memory.size() == 1 ? index : index * (std::int64_t{1} << 26);
        std::memcpy(memory.back().first() + 8 * i, &value, 8);
      }
  }
  return memory;
}

/// Addresses of the buffers; inputs moved by `shift` elements.
std::vector<std::byte *> places(const Case &c, std::vector<Memory> &memory, std::int64_t shift,
                                bool may_share) {
  std::vector<bool> stored(memory.size());
  for (const nest::Node &node : c.nest.nodes)
    if (node.kind == nest::NodeKind::store)
      stored[node.access.buffer] = true;
  std::vector<std::byte *> result;
  for (std::size_t k = 0; k < memory.size(); ++k)
    result.push_back(memory[k].first() +
                     (stored[k] ? 0 : static_cast<std::size_t>(shift) * itemsize(memory[k].dtype)));
  if (may_share && c.input_in_place >= 0)
    result.back() = result[static_cast<std::size_t>(c.input_in_place)];
  return result;
}

namespace {

constexpr emu::Order emulated_orders[] = {
    {emu::Order::ascending}, {emu::Order::descending}, {emu::Order::shuffled, 7}};

std::string at(const std::string &kernel, std::size_t buffer, std::size_t element) {
  return kernel + ": buffer " + std::to_string(buffer) + ", element " + std::to_string(element);
}

/// Where buffers differ, or something was written behind one; else nothing.
std::string difference(const Case &c, const std::string &kernel, std::vector<Memory> &expected,
                       std::vector<Memory> &got, std::byte *last) {
  for (std::size_t k = 0; k < got.size(); ++k) {
    if (static_cast<int>(k) == c.input_in_place)
      continue;
    std::byte *place = k + 1 == got.size() ? last : got[k].first();
    const std::size_t size = static_cast<std::size_t>(c.buffers[k].second),
                      item = itemsize(got[k].dtype);
    for (std::size_t i = 0; i < size; ++i)
      if (!jit::test::same(got[k].dtype, expected[k].first() + i * item, place + i * item))
        return at(kernel, k, i);
    if (place == got[k].first() &&
        std::memcmp(got[k].first() + size * item, expected[k].first() + size * item, 64) != 0)
      return at(kernel, k, size) + " is behind it";
  }
  return {};
}

std::string run_as_interpreted(emu::Library &library, const Case &c, const std::string &kernel,
                               std::int64_t shift, emu::Order order, unsigned blocks) {
  std::vector<Memory> expected = memory_for(c, shift), got = expected;
  nest::test::interpret(c.nest, places(c, expected, shift, false), c.scalars);
  const std::vector<std::byte *> addresses = places(c, got, shift, true);
  std::vector<std::uint64_t> argument;
  for (std::byte *address : addresses)
    argument.push_back(reinterpret_cast<std::uint64_t>(address));
  argument.insert(argument.end(), c.scalars.begin(), c.scalars.end());
  if (c.added.kernel.argument_bytes != 8 * argument.size())
    return kernel + " has another argument";
  const tj_emu_kernel *found = library.find(kernel);
  if (!found)
    return kernel + " is not there";
  const emu::Problem problem = emu::run(
      {found, argument.data(), blocks, c.added.kernel.threads, c.added.kernel.shared_bytes, order});
  if (!problem.text.empty())
    return kernel + ": " + problem.text;
  return difference(c, kernel, expected, got, addresses.back());
}

std::unique_ptr<emu::Library> emulated(const std::string &text) {
  const emu::Compilation made = emu::compile(text, 90, 13000);
  EXPECT_NE(made.path, "") << made.log;
  std::string why;
  return made.path.empty() ? nullptr : emu::Library::open_file(made.path, why);
}

std::string first_difference(emu::Library &library, const Case &c) {
  for (const emu::Order &order : emulated_orders) {
    const auto units = static_cast<unsigned>(c.added.kernel.units);
    std::string text = run_as_interpreted(library, c, c.added.kernel.name, 0, order,
                                          order.kind == emu::Order::shuffled ? 1 : units);
    if (text.empty() && !c.added.twin.empty())
      text = run_as_interpreted(library, c, c.added.twin, 1, order, units);
    if (!text.empty())
      return text;
  }
  return {};
}

} // namespace

std::string first_difference(const std::string &text, const Case &c) {
  const std::unique_ptr<emu::Library> library = emulated(text);
  return library ? first_difference(*library, c) : "no library";
}

void expect_as_interpreted(std::vector<Case> &cases) {
  ModuleText module;
  for (Case &c : cases) {
    c.added = add_kernel(module, c.nest);
    ASSERT_EQ(c.added.kernel.failure, "");
  }
  EXPECT_EQ(check_text(module.behind_prelude()), "");
  const std::unique_ptr<emu::Library> library = emulated(module.text(Prelude::nvrtc));
  ASSERT_TRUE(library);
  for (const Case &c : cases)
    EXPECT_EQ(first_difference(*library, c), "");
}

void run_edges(const ModuleText &module, const KernelResult &kernel, const void *input,
               void *result) {
  const std::unique_ptr<emu::Library> library = emulated(module.text(Prelude::nvrtc));
  const tj_emu_kernel *found = library ? library->find(kernel.name) : nullptr;
  ASSERT_TRUE(found) << kernel.name;
  const void *argument[] = {input, result};
  const emu::Problem problem =
      emu::run({found, argument, static_cast<unsigned>(kernel.units), kernel.threads,
                kernel.shared_bytes, emulated_orders[2], 2});
  EXPECT_EQ(problem.text, "");
}

} // namespace jit::gpu::test
