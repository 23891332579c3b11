// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions as text: the bits of contract() for every dtype and tile, shapes around tiles and
// chunks, any strides and batches, in each order of the threads; and what compilers make of them.
#include "compiler/cuda/CubinInfo.h"
#include "compiler/cuda/text/Contract.h"
#include "compiler/cuda/text/ContractEpilogue.h"
#include "compiler/cuda/text/TextRules.h"
#include "runtime/cuda/ContractChoice.h"
#include "test/cuda/emu/Compile.h"
#include "test/cuda/emu/Launch.h"
#include "test/cuda/emu/Library.h"
#include "test/cuda/text/Nvrtc.h"
#include "test/cuda/text/Tools.h"
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/NestOracle.h"
#include "test/unit/compiler/TestMemory.h"

#include <gtest/gtest.h>

#include <deque>

namespace jit::gpu::test {
namespace {

using jit::test::Memory;

constexpr DType dtypes[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16, DType::u16,
                            DType::i32,     DType::u32, DType::i64, DType::f32, DType::f64};
constexpr emu::Order orders[] = {
    {emu::Order::ascending}, {emu::Order::descending}, {emu::Order::shuffled, 7}};

std::unique_ptr<emu::Library> emulated(const std::string &text) {
  const emu::Compilation made = emu::compile(text, 90, 13000);
  EXPECT_NE(made.path, "") << made.log;
  std::string why;
  return made.path.empty() ? nullptr : emu::Library::open_file(made.path, why);
}

/// Where the elements of an operand's matrices lie.
enum class Lie { rows, columns, gaps, backwards, repeated };
constexpr Lie lies[] = {Lie::rows, Lie::columns, Lie::gaps, Lie::backwards, Lie::repeated};

struct Strides {
  std::int64_t row, column, origin, size;
};
Strides strides_of(Lie lie, std::int64_t rows, std::int64_t columns) {
  switch (lie) {
  case Lie::rows:
    return {columns, 1, 0, rows * columns};
  case Lie::columns:
    return {1, rows, 0, rows * columns};
  case Lie::gaps:
    return {3 * columns + 1, 3, 0, rows * (3 * columns + 1)};
  case Lie::backwards:
    return {-columns, -1, std::max<std::int64_t>(rows * columns - 1, 0), rows * columns};
  case Lie::repeated:
    return {0, 1, 0, columns};
  }
  return {};
}

struct Case {
  DType dtype = DType::f32;
  std::int64_t m = 1, n = 1, k = 1;
  Lie a = Lie::rows, b = Lie::rows;
  std::int64_t gap = 0; ///< between rows of C
  /// Matrices of the batch along two axes; a is the same for all of the first, b for the second.
  std::int64_t outer = 1, inner = 1;
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
  return out << name(c.dtype) << " " << c.m << "x" << c.n << "x" << c.k << " a "
             << static_cast<int>(c.a) << " b " << static_cast<int>(c.b) << " batch " << c.outer
             << "x" << c.inner;
}

/// Operands of a case, and what the CPU makes of them.
class Problem {
public:
  explicit Problem(const Case &c)
      : a_strides(strides_of(c.a, c.m, c.k)), b_strides(strides_of(c.b, c.k, c.n)),
        a(c.dtype, count(a_strides.size * c.inner)), b(c.dtype, count(b_strides.size * c.outer)),
        c_size(c.outer * c.inner * c.m * (c.n + c.gap)), expected(c.dtype, count(c_size)) {
    a.fill(1);
    b.fill(2);
    expected.fill(3);
    sizes[0] = c.outer;
    sizes[1] = c.inner;
    a_batch[1] = a_strides.size;
    b_batch[0] = b_strides.size;
    c_batch[1] = c.m * (c.n + c.gap);
    c_batch[0] = c_batch[1] * c.inner;
    const auto item = static_cast<std::int64_t>(itemsize(c.dtype));
    args.dtype = c.dtype;
    args.m = c.m;
    args.n = c.n;
    args.k = c.k;
    args.a = a.first() + a_strides.origin * item;
    args.a_row_stride = a_strides.row;
    args.a_col_stride = a_strides.column;
    args.b = b.first() + b_strides.origin * item;
    args.b_row_stride = b_strides.row;
    args.b_col_stride = b_strides.column;
    args.c_row_stride = c.n + c.gap;
    args.batch = {2, sizes, a_batch, b_batch, c_batch};
    got = std::make_unique<Memory>(expected);
    before = std::make_unique<Memory>(expected);
    jit::ContractArgs cpu = args;
    cpu.c = expected.first();
    std::vector<std::byte> scratch(contract_scratch_bytes(cpu, Isa::v3, {}) + 64);
    cpu.scratch = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64);
    contract(cpu, Isa::v3);
  }
  Problem(const Problem &) = delete;

  /// Where they differ, gaps included; or nothing.
  std::string difference() {
    const std::size_t item = itemsize(args.dtype);
    for (std::int64_t i = 0; i < c_size; ++i)
      if (!jit::test::same(args.dtype, expected.first() + count(i) * item,
                           got->first() + count(i) * item))
        return "element " + std::to_string(i);
    const std::size_t bytes = count(c_size) * item;
    if (std::memcmp(got->first() + bytes, expected.first() + bytes, 64) != 0)
      return "what lies behind C";
    return {};
  }
  void forget() { *got = *before; }

  const Strides a_strides, b_strides;
  Memory a, b;
  const std::int64_t c_size;
  Memory expected;
  std::unique_ptr<Memory> got, before;
  jit::ContractArgs args;

private:
  static std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }
  std::int64_t sizes[2], a_batch[2]{}, b_batch[2]{}, c_batch[2]{};
};

/// A library of kernels by tile, and how they are launched on a problem.
class Kernels {
public:
  explicit Kernels(std::string given = {}) : text(std::move(given)) {
    if (text.empty()) {
      ModuleText module;
      add_all(module);
      text = module.text(Prelude::nvrtc);
    }
    EXPECT_EQ(check_text(text), "");
    library = emulated(text);
  }

  static void add_all(ModuleText &module) {
    for (const DType dtype : dtypes) {
      for (const ContractTile &tile : contract_tiles(dtype))
        add_contract(module, {tile.kernel(name(dtype)), dtype, tile});
    }
    add_contract_join(module, "contract_join_f32", DType::f32);
    add_contract_join(module, "contract_join_f64", DType::f64);
  }

  /// What went wrong, or nothing.
  std::string run(Problem &problem, const ContractChoice &choice, const emu::Order &order,
                  unsigned blocks) const {
    problem.forget();
    const DType dtype = problem.args.dtype;
    ProductArgs p = product_args(problem.args, choice);
    Memory parts(dtype,
                 static_cast<std::size_t>(p.c_part) * static_cast<std::size_t>(choice.parts));
    p.a = problem.args.a;
    p.b = problem.args.b;
    p.c = choice.parts > 1 ? parts.first() : problem.got->first();
    std::string wrong =
        launch(choice.tile.kernel(name(dtype)), &p, std::min<std::uint64_t>(p.units, blocks),
               choice.tile.threads(), contract_shared_bytes(choice.tile, dtype), order);
    if (choice.parts > 1 && wrong.empty()) {
      const JoinArgs join{problem.got->first(), parts.first(),
                          static_cast<unsigned long long>(p.c_part), p.extent[2]};
      wrong = launch("contract_join_" + std::string(name(dtype)), &join, 2, 256, 0, order);
    }
    return wrong.empty() ? problem.difference() : wrong;
  }

  std::string launch(const std::string &kernel, const void *arguments, std::uint64_t blocks,
                     unsigned threads, unsigned shared, const emu::Order &order) const {
    const tj_emu_kernel *found = library ? library->find(kernel) : nullptr;
    if (!found)
      return kernel + " is not there";
    if (blocks == 0)
      return {};
    return emu::run({found, arguments, static_cast<unsigned>(blocks), threads, shared, order}).text;
  }

  std::string text;

private:
  std::unique_ptr<emu::Library> library;
};

const Kernels &kernels() {
  static const Kernels all;
  return all;
}

/// Every tile of the dtype, chunks as parts and not, each in one of the orders.
void check(const Case &c) {
  Problem problem(c);
  unsigned number = static_cast<unsigned>(c.m + c.n + c.k);
  const std::int64_t chunks = units_of(c.k, contract_chunk);
  for (const ContractTile &tile : contract_tiles(c.dtype)) {
    const emu::Order &order = orders[number++ % 3];
    EXPECT_EQ(kernels().run(problem, {tile, 1}, order, 3), "") << c << " " << tile.kernel("");
    if (is_float(c.dtype) && chunks > 1 && has_dense_c(problem.args)) {
      EXPECT_EQ(kernels().run(problem, {tile, chunks}, order, 5), "")
          << c << " in parts, " << tile.kernel("");
    }
  }
}

TEST(ContractText, ShapesAroundTilesAndChunks) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const std::int64_t k : {0, 1, 7, 16, 97, 383, 384, 385, 768, 1153})
      check({.dtype = dtype, .m = 13, .n = 37, .k = k});
    for (const std::int64_t m : {1, 2, 31, 64, 131})
      for (const std::int64_t n : {1, 3, 32, 67, 128})
        check({.dtype = dtype, .m = m, .n = n, .k = 19});
  }
}

TEST(ContractText, EveryDtype) {
  for (const DType dtype : dtypes) {
    check({.dtype = dtype, .m = 33, .n = 41, .k = 401});
    check({.dtype = dtype, .m = 5, .n = 64, .k = 0});
    check({.dtype = dtype, .m = 64, .n = 32, .k = 16, .b = Lie::columns});
    check({.dtype = dtype, .m = 17, .n = 8, .k = 9, .a = Lie::columns, .gap = 3, .inner = 3});
  }
}

TEST(ContractText, EveryLayout) {
  for (const DType dtype : {DType::f32, DType::f64, DType::u8, DType::i64})
    for (const Lie a : lies)
      for (const Lie b : lies)
        check({.dtype = dtype, .m = 35, .n = 29, .k = 43, .a = a, .b = b, .gap = 1});
}

TEST(ContractText, Batches) {
  for (const DType dtype : {DType::f32, DType::f64, DType::boolean})
    for (const std::int64_t outer : {1, 2, 5})
      for (const std::int64_t inner : {1, 3, 4}) {
        check({.dtype = dtype, .m = 9, .n = 11, .k = 400, .outer = outer, .inner = inner});
        check({.dtype = dtype,
               .m = 40,
               .n = 1,
               .k = 7,
               .a = Lie::columns,
               .gap = 2,
               .outer = outer,
               .inner = inner});
      }
}

/// Tiny negative products, which are -0 once rounded, in a step that is not full.
struct NegativeZeros : Problem {
  NegativeZeros() : Problem({.m = 3, .n = 5, .k = 1}) {
    put(a, -1e-30f);
    put(b, 1e-30f);
    put(expected, -0.0f);
  }
  static void put(Memory &memory, float x) {
    for (std::size_t i = 0; i < memory.elements; ++i)
      std::memcpy(memory.first() + 4 * i, &x, 4);
  }
};

TEST(ContractText, KeepsNegativeZero) {
  NegativeZeros problem;
  for (const ContractTile &tile : contract_tiles(DType::f32))
    EXPECT_EQ(kernels().run(problem, {tile, 1}, orders[0], 1), "");
}

/// The same kernel with its sizes in the text.
TEST(ContractText, ConstantSizes) {
  std::deque<Problem> problems;
  std::deque<ProductArgs> sizes;
  std::vector<ContractChoice> choices;
  ModuleText module;
  for (const Case &c :
       {Case{.m = 67, .n = 130, .k = 400, .b = Lie::columns},
        Case{.m = 128, .n = 64, .k = 32, .a = Lie::columns},
        Case{.m = 5, .n = 77, .k = 800, .gap = 1, .outer = 2, .inner = 3},
        Case{.dtype = DType::f64, .m = 19, .n = 23, .k = 390, .a = Lie::backwards, .inner = 2},
        Case{.dtype = DType::i16, .m = 40, .n = 50, .k = 60, .outer = 2}}) {
    for (const ContractTile &tile : contract_tiles(c.dtype)) {
      problems.emplace_back(c);
      choices.push_back({tile, 1});
      sizes.push_back(product_args(problems.back().args, choices.back()));
      add_contract(module, {"k" + std::to_string(sizes.size()), c.dtype, tile, &sizes.back()});
    }
  }
  const Kernels constant(module.text(Prelude::nvrtc));
  for (std::size_t i = 0; i < problems.size(); ++i)
    for (const emu::Order &order : orders) {
      Problem &problem = problems[i];
      problem.forget();
      const void *addresses[] = {problem.args.a, problem.args.b, problem.got->first()};
      EXPECT_EQ(constant.launch("k" + std::to_string(i + 1), addresses, sizes[i].units,
                                choices[i].tile.threads(),
                                contract_shared_bytes(choices[i].tile, problem.args.dtype), order),
                "");
      EXPECT_EQ(problem.difference(), "") << i;
    }
}

/// relu(c + bias) * number, and whether c is positive.
nest::Nest layer(DType dtype, std::int64_t m, std::int64_t n) {
  nest::test::NestBuilder k("layer");
  k.parallel(m).parallel(n);
  const unsigned c = k.load(dtype, 0, {n, 1}), bias = k.load(dtype, 1, {0, 1});
  const unsigned sum = k.element(ScalarFunction::add, dtype, {c, bias});
  const unsigned y = k.element(ScalarFunction::relu, dtype, {sum});
  const unsigned zero = k.element(ScalarFunction::subtract, dtype, {bias, bias});
  k.store(k.element(ScalarFunction::multiply, dtype, {y, k.argument(dtype, 0)}), 2, {n, 1});
  k.store(k.element(ScalarFunction::greater, DType::boolean, {c, zero}), 3, {n, 1});
  return k.nest;
}

// Also where C is the memory of a result, and its sums of chunks with it.
TEST(ContractText, Epilogues) {
  for (const Case &c : {Case{.m = 67, .n = 45, .k = 40}, Case{.m = 9, .n = 130, .k = 900},
                        Case{.dtype = DType::f64, .m = 70, .n = 33, .k = 400, .b = Lie::columns},
                        Case{.m = 5, .n = 6, .k = 7, .outer = 3, .inner = 2}}) {
    const std::int64_t m = c.m * c.outer * c.inner, size = m * c.n;
    const nest::Nest nest = layer(c.dtype, m, c.n);
    EXPECT_TRUE(may_follow_contraction(nest, size));
    EXPECT_FALSE(may_follow_contraction(nest, size + c.n));
    ModuleText module;
    std::deque<ProductArgs> sizes;
    Problem problem(c);
    for (const ContractTile &tile : contract_tiles(c.dtype)) {
      sizes.push_back(product_args(problem.args, {tile, 1}));
      EXPECT_EQ(
          add_contract(module,
                       {"k" + std::to_string(sizes.size()), c.dtype, tile, &sizes.back(),
                        [&](Lines &out) { return print_epilogue(module, out, nest, tile, c.n); }}),
          "");
    }
    const Kernels made(module.text(Prelude::nvrtc));
    Memory bias(c.dtype, static_cast<std::size_t>(c.n));
    bias.fill(7);
    const std::uint64_t half = c.dtype == DType::f32 ? 0x3f000000u : 0x3fe0000000000000u;
    const auto elements = static_cast<std::size_t>(size);
    Memory expected(c.dtype, elements), positive(DType::boolean, elements);
    std::byte *const buffers[] = {problem.expected.first(), bias.first(), expected.first(),
                                  positive.first()};
    nest::test::interpret(nest, buffers, {&half, 1});
    for (std::size_t tile = 0; tile < sizes.size(); ++tile)
      for (const emu::Order &order : orders)
        for (const bool shared : {false, true}) {
          problem.forget();
          Memory other(c.dtype, elements), flags(DType::boolean, elements);
          Memory &result = shared ? *problem.got : other;
          const void *addresses[] = {problem.args.a,
                                     problem.args.b,
                                     problem.got->first(),
                                     bias.first(),
                                     result.first(),
                                     flags.first(),
                                     reinterpret_cast<const void *>(half)};
          const ContractTile &used = contract_tiles(c.dtype)[tile];
          EXPECT_EQ(made.launch("k" + std::to_string(tile + 1), addresses,
                                std::min(sizes[tile].units, 4ull), used.threads(),
                                contract_shared_bytes(used, c.dtype), order),
                    "");
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < elements; ++i)
            wrong += !jit::test::same(c.dtype, expected.first() + i * itemsize(c.dtype),
                                      result.first() + i * itemsize(c.dtype)) ||
                     positive.first()[i] != flags.first()[i];
          EXPECT_EQ(wrong, 0u) << c << " tile " << tile << (shared ? ", in C" : "");
        }
  }
}

// What follows a product adds its parts first, or reads C.
TEST(ContractText, JoinedEpilogues) {
  for (const Case &c :
       {Case{.m = 9, .n = 130, .k = 900}, Case{.m = 5, .n = 6, .k = 1537, .inner = 3},
        Case{.dtype = DType::f64, .m = 17, .n = 33, .k = 400}}) {
    const std::int64_t m = c.m * c.inner;
    const nest::Nest nest = layer(c.dtype, m, c.n);
    ModuleText module;
    EXPECT_EQ(add_joined_epilogue(module, "joined", c.dtype, nest), "");
    const Kernels made(module.text(Prelude::nvrtc));
    Problem problem(c);
    const auto elements = static_cast<std::size_t>(m * c.n);
    Memory bias(c.dtype, static_cast<std::size_t>(c.n)), expected(c.dtype, elements),
        positive(DType::boolean, elements);
    bias.fill(7);
    const std::uint64_t half = c.dtype == DType::f32 ? 0x3f000000u : 0x3fe0000000000000u;
    std::byte *const buffers[] = {problem.expected.first(), bias.first(), expected.first(),
                                  positive.first()};
    nest::test::interpret(nest, buffers, {&half, 1});
    const ContractTile &tile = contract_tiles(c.dtype)[1];
    for (const std::int64_t count : {std::int64_t{1}, units_of(c.k, contract_chunk)})
      for (const emu::Order &order : orders) {
        problem.forget();
        ProductArgs p = product_args(problem.args, {tile, count});
        Memory sums(c.dtype, elements * static_cast<std::size_t>(count));
        Memory result(c.dtype, elements), flags(DType::boolean, elements);
        p.a = problem.args.a;
        p.b = problem.args.b;
        p.c = count == 1 ? problem.got->first() : sums.first();
        EXPECT_EQ(kernels().launch(tile.kernel(name(c.dtype)), &p, p.units, tile.threads(),
                                   contract_shared_bytes(tile, c.dtype), order),
                  "");
        const void *words[] = {p.c,
                               reinterpret_cast<const void *>(count),
                               problem.got->first(),
                               bias.first(),
                               count == 1 ? problem.got->first() : result.first(),
                               flags.first(),
                               reinterpret_cast<const void *>(half)};
        EXPECT_EQ(made.launch("joined", words, 3, joined_points, 0, order), "");
        std::byte *got = count == 1 ? problem.got->first() : result.first();
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < elements; ++i)
          wrong += !jit::test::same(c.dtype, expected.first() + i * itemsize(c.dtype),
                                    got + i * itemsize(c.dtype)) ||
                   positive.first()[i] != flags.first()[i];
        EXPECT_EQ(wrong, 0u) << c << ", parts " << count;
      }
  }
}

std::string replaced(std::string text, const std::string &from, const std::string &to,
                     std::size_t number) {
  std::size_t at = text.find(from);
  for (; number > 0 && at != text.npos; --number)
    at = text.find(from, at + from.size());
  return at == text.npos ? std::string() : text.replace(at, from.size(), to);
}

// The second barrier keeps the next unit's elements away from late readers: blocks of more units
// than one, with an odd number of steps.
TEST(ContractText, MistakesAreSeen) {
  const ContractTile tile = contract_tiles(DType::f32)[2];
  ModuleText module;
  add_contract(module, {tile.kernel("f32"), DType::f32, tile});
  const std::string text = module.text(Prelude::nvrtc);
  const std::size_t begin = text.find("TJ_KERNEL(", text.find("//--- kernels"));
  const auto is_seen = [&](const std::string &from, const std::string &to, std::size_t number) {
    const std::string kernel = replaced(text.substr(begin), from, to, number);
    EXPECT_NE(kernel, "") << from;
    const Kernels mutated(text.substr(0, begin) + kernel);
    bool seen = false;
    for (const Case &c : {Case{.m = 70, .n = 40, .k = 33}, Case{.m = 70, .n = 40, .k = 1000},
                          Case{.m = 32, .n = 32, .k = 16, .inner = 5}}) {
      Problem problem(c);
      for (const emu::Order &order : orders)
        seen |= !mutated.run(problem, {tile, 1}, order, 1).empty();
    }
    NegativeZeros zeros;
    seen |= !mutated.run(zeros, {tile, 1}, orders[0], 1).empty();
    EXPECT_TRUE(seen) << from << " " << number;
  };
  is_seen("TJ_BARRIER();", ";", 0);
  is_seen("TJ_BARRIER();", ";", 1);
  is_seen("step % 24u == 0", "step % 48u == 0", 0);
  is_seen("!first", "first", 0);
  is_seen(": -0x0p+0f", ": 0x1p+0f", 0);
  is_seen("row < a_left", "row <= a_left", 0);
}

TEST(ContractText, Ptx) {
  if (!has_ptx_clang())
    GTEST_SKIP() << "there is no " TEST_CUDA_CLANG " with the target nvptx64";
  ModuleText module;
  Kernels::add_all(module);
  const std::string ptx = ptx_by_clang(module.text(Prelude::clang));
  ASSERT_NE(ptx, "");
  EXPECT_EQ(check_ptx(ptx), "");
}

void expect_to_fit(const std::string &text, const char *target, std::size_t least) {
  const auto info = cubin_info(compile_by_nvrtc(text, target));
  ASSERT_TRUE(info);
  EXPECT_GE(info->size(), least);
  for (const auto &[kernel, resources] : *info) {
    EXPECT_LE(resources.registers, 128u) << kernel << " on " << target;
    EXPECT_EQ(resources.frame_bytes, 0u) << kernel << " on " << target;
  }
}

TEST(ContractText, Registers) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  expect_to_fit(kernels().text, "sm_80", 17);
}

TEST(ContractText, RegistersWithEpilogues) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  ModuleText module;
  for (const DType dtype : {DType::f32, DType::f64}) {
    const nest::Nest nest = layer(dtype, 4000, 4099);
    const Problem problem({.dtype = dtype, .m = 4, .n = 5, .k = 6});
    for (const ContractTile &tile : contract_tiles(dtype)) {
      jit::ContractArgs args = problem.args;
      args.batch.rank = 0;
      args.m = 4000;
      args.n = 4099;
      args.k = 1000;
      args.a_row_stride = args.k;
      args.b_row_stride = args.c_row_stride = args.n;
      const ProductArgs sizes = product_args(args, {tile, 1});
      add_contract(module, {tile.kernel(name(dtype)), dtype, tile, &sizes, [&](Lines &out) {
                              return print_epilogue(module, out, nest, tile, args.n);
                            }});
    }
  }
  expect_to_fit(module.text(Prelude::nvrtc), "sm_90", 9);
}

} // namespace
} // namespace jit::gpu::test
