// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulator on kernels written by hand: what they compute, and what it reports.
#include "test/cuda/emu/Compile.h"
#include "test/cuda/emu/Launch.h"
#include "test/cuda/emu/Library.h"
#include "test/cuda/emu/Sanitizers.h"
#include "test/cuda/emu/Text.h"
#include "test/cuda/fake/WithoutSymbol.h"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <unistd.h>
#include <vector>

namespace jit::emu {
namespace {

constexpr char prelude[] = "//--- prelude nvrtc\n#error cut this\n//--- kernels\n";

/// A kernel that uses TJ_* macros, opened.
std::unique_ptr<Library> library_of(const std::string &kernels) {
  const Compilation made = compile(prelude + kernels, 90, 13000);
  EXPECT_NE(made.path, "") << made.log;
  std::string why;
  std::unique_ptr<Library> library = Library::open_file(made.path, why);
  EXPECT_TRUE(library) << why;
  return library;
}

const Order orders[] = {{Order::ascending, 0}, {Order::descending, 0}, {Order::shuffled, 7}};

/// Runs the kernel `k` of `library`.
Problem run_k(Library &library, const void *arguments, unsigned grid, unsigned threads,
              unsigned shared, Order order) {
  const tj_emu_kernel *const kernel = library.find("k");
  EXPECT_TRUE(kernel);
  return run({kernel, arguments, grid, threads, shared, order});
}

struct Pointers {
  float *out;
  const float *in;
  unsigned n;
};

const char *const arguments_struct =
    "struct k_args { float *out; const float *in; unsigned n; };\n";

// Each thread takes the value of the one at the mirrored place of its block.
std::string mirror(const char *barrier) {
  return std::string("// k: form mirror, 64 threads, 256 bytes shared, barriers\n") +
         arguments_struct + R"(
TJ_KERNEL(64) k(TJ_ARGS(k_args) p) {
  float *s = (float *)TJ_SHARED;
  for (unsigned unit = TJ_BLOCK; unit < p.n / 64; unit += TJ_BLOCKS) {
    s[TJ_THREAD] = p.in[unit * 64 + TJ_THREAD];
    )" + barrier +
         R"(
    p.out[unit * 64 + TJ_THREAD] = s[63 - TJ_THREAD];
    TJ_BARRIER();
  }
}
)";
}

TEST(EmuTest, BarriersOrderSharedMemory) {
  const auto library = library_of(mirror("TJ_BARRIER();"));
  std::vector<float> in(640), out(640);
  for (unsigned i = 0; i < 640; ++i)
    in[i] = static_cast<float>(i);
  for (const Order &order : orders) {
    std::fill(out.begin(), out.end(), -1.0f);
    const Pointers p = {out.data(), in.data(), 640};
    EXPECT_EQ(run_k(*library, &p, 3, 64, 256, order).text, "");
    for (unsigned i = 0; i < 640; ++i)
      ASSERT_EQ(out[i], in[i / 64 * 64 + 63 - i % 64]) << i << " in order " << order.kind;
  }
}

TEST(EmuTest, LostBarrierIsSeenInEveryOrder) {
  const auto library = library_of(mirror(""));
  std::vector<float> in(64, 1.0f), out(64);
  const Pointers p = {out.data(), in.data(), 64};
  for (const Order &order : orders) {
    EXPECT_EQ(run_k(*library, &p, 1, 64, 256, order).text, "");
    EXPECT_NE(out, in) << order.kind;
  }
}

TEST(EmuTest, ShufflesHaveCudasMeaning) {
  const auto library =
      library_of(std::string("// k: form s, 64 threads, 0 bytes shared, barriers\n"
                             "struct k_args { int *out; };\n"
                             "TJ_KERNEL(64) k(TJ_ARGS(k_args) p) {\n"
                             "  const int t = TJ_THREAD;\n"
                             "  int *o = p.out + 4 * t;\n"
                             "  o[0] = TJ_SHUFFLE_DOWN(t, 3, 16);\n"
                             "  o[1] = TJ_SHUFFLE_XOR(t, 5, 32);\n"
                             "  o[2] = TJ_SHUFFLE(t, 2, 8);\n"
                             "  long long wide = (long long)t << 40;\n"
                             "  for (int i = 0; i < 9; ++i) wide = TJ_SHUFFLE_XOR(wide, 1, 32);\n"
                             "  o[3] = (int)(wide >> 40);\n"
                             "}\n"));
  for (const Order &order : orders) {
    std::vector<int> out(256);
    int *const p = out.data();
    EXPECT_EQ(run_k(*library, &p, 1, 64, 0, order).text, "");
    for (int t = 0; t < 64; ++t) {
      EXPECT_EQ(out[4 * t], t % 16 + 3 < 16 ? t + 3 : t);
      EXPECT_EQ(out[4 * t + 1], t ^ 5);
      EXPECT_EQ(out[4 * t + 2], t / 8 * 8 + 2);
      EXPECT_EQ(out[4 * t + 3], t ^ 1);
    }
  }
}

/// The problem of a kernel whose body is given.
Problem problem_of(const char *waits, const char *body, unsigned threads = 64,
                   const float *in = nullptr) {
  const auto library =
      library_of(std::string("// k: form x, 64 threads, 16 bytes shared, ") + waits + "\n" +
                 arguments_struct + "TJ_KERNEL(64) k(TJ_ARGS(k_args) p) {" + body + "}\n");
  float out[4] = {};
  const Pointers p = {out, in, 0};
  Problem first;
  for (const Order &order : orders) {
    const Problem problem = run_k(*library, &p, 2, threads, 16, order);
    if (first.text.empty())
      first = problem;
    EXPECT_EQ(problem.kind, first.kind);
  }
  return first;
}

TEST(EmuTest, DivergenceIsReported) {
  const Problem barrier = problem_of("barriers", "if (TJ_THREAD < 40) TJ_BARRIER();");
  EXPECT_EQ(barrier.kind, Problem::divergence);
  EXPECT_EQ(barrier.text, "k: a barrier or shuffle in block 0 that not all threads reach: 40 at a "
                          "barrier, thread 0 first; 24 done, thread 40 first");
  EXPECT_EQ(problem_of("barriers", "if (TJ_THREAD != 33) TJ_SHUFFLE(1, 0, 32);").kind,
            Problem::divergence);
  EXPECT_EQ(
      problem_of("barriers", "if (TJ_THREAD & 1) TJ_BARRIER(); else TJ_SHUFFLE(1, 0, 32);").kind,
      Problem::divergence);
  EXPECT_EQ(problem_of("no barriers", "TJ_BARRIER();").text,
            "k: a barrier in a kernel that is said to have no barriers");
  EXPECT_EQ(problem_of("barriers", "TJ_SHUFFLE(1, 0, 32);", 48).text,
            "k: a shuffle in a block that is not whole warps");
  EXPECT_EQ(problem_of("barriers", "TJ_BARRIER();", 48).text, "");
  // A block after one that diverged is as good as new.
  EXPECT_EQ(problem_of("barriers", "TJ_BARRIER(); TJ_SHUFFLE(1, 0, 32); TJ_BARRIER();").text, "");
}

TEST(EmuTest, MisalignedAccessIsReported) {
  alignas(16) const float in[8] = {};
  const char *const body = "*p.out = TJ_LOAD16(tj_f32x4, p.in).x;";
  EXPECT_EQ(problem_of("no barriers", body, 1, in).text, "");
  const Problem problem = problem_of("no barriers", body, 1, in + 1);
  EXPECT_EQ(problem.kind, Problem::misaligned);
  EXPECT_EQ(problem.text, "k: an access at an address that is 4 bytes behind a multiple of 16, by "
                          "thread 0 of block 0");
}

TEST(EmuTest, AccessToNothingIsReported) {
  if (with_sanitizer)
    GTEST_SKIP() << "ends the process";
  const auto nothing = reinterpret_cast<const float *>(0x10);
  const Problem problem = problem_of("no barriers", "*p.out = *p.in;", 1, nothing);
  EXPECT_EQ(problem.kind, Problem::illegal_address);
  EXPECT_EQ(problem.text, "k: access to 0x10, where no memory is, by thread 0 of block 0");
  // In a fiber, behind a barrier, beyond the 16 bytes of shared memory.
  EXPECT_EQ(problem_of("barriers", "TJ_BARRIER(); *p.out = ((float *)TJ_SHARED)[4];", 64).kind,
            Problem::illegal_address);
  EXPECT_EQ(problem_of("barriers", "*p.out = ((float *)TJ_SHARED)[3]; TJ_BARRIER();", 64).text, "");
}

TEST(EmuTest, OrdersAreWhatTheyAreCalled) {
  const auto library = library_of(
      "// k: form order, 8 threads, 0 bytes shared, no barriers\n"
      "struct k_args { unsigned *out; unsigned *count; };\n"
      "TJ_KERNEL(8) k(TJ_ARGS(k_args) p) { p.out[(*p.count)++] = TJ_BLOCK * 8 + TJ_THREAD; }\n");
  std::set<std::vector<unsigned>> seen;
  for (const Order &order : {orders[0], orders[1], orders[2], Order{Order::shuffled, 8}}) {
    std::vector<unsigned> out(24);
    unsigned count = 0;
    struct {
      unsigned *out, *count;
    } p = {out.data(), &count};
    EXPECT_EQ(run_k(*library, &p, 3, 8, 0, order).text, "");
    EXPECT_EQ(count, 24u);
    EXPECT_EQ(std::set<unsigned>(out.begin(), out.end()).size(), 24u);
    EXPECT_EQ(std::is_sorted(out.begin(), out.end()), order.kind == Order::ascending);
    EXPECT_EQ(std::is_sorted(out.rbegin(), out.rend()), order.kind == Order::descending);
    seen.insert(out);
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST(EmuTest, OnlyTheEdgesOfAGridRun) {
  const auto library = library_of("// k: form edge, 1 threads, 0 bytes shared, no barriers\n"
                                  "struct k_args { unsigned *sum; };\n"
                                  "TJ_KERNEL(1) k(TJ_ARGS(k_args) p) { *p.sum += TJ_BLOCK; }\n");
  unsigned sum = 0;
  unsigned *const p = &sum;
  EXPECT_EQ(run({library->find("k"), &p, 1000, 1, 0, {}, 2}).text, "");
  EXPECT_EQ(sum, 0u + 1 + 998 + 999);
}

TEST(EmuTest, LibrariesMayLackATable) {
#ifdef TRACEJIT_EMU_ASAN
  GTEST_SKIP() << "the library itself looks for a name of the sanitizer's that ends in the table's";
#endif
  const std::string copy = ::testing::TempDir() + "emu-copy-" + std::to_string(::getpid());
  const Compilation made = compile(prelude + mirror("TJ_BARRIER();"), 90, 13000);
  ASSERT_TRUE(gpu::fake::without_symbol(made.path, "tj_emu_image", copy)) << made.log;
  std::string why;
  const auto library = Library::open_file(copy, why);
  ASSERT_TRUE(library) << why;
  EXPECT_EQ(library->image().count, 0u);
  EXPECT_FALSE(library->find("j"));
  EXPECT_EQ(library->find("k"), library->find("k"));
  std::vector<float> in(64), out(64);
  in[63] = 5;
  const Pointers p = {out.data(), in.data(), 64};
  EXPECT_EQ(run_k(*library, &p, 1, 64, 256, {}).text, "");
  EXPECT_EQ(out[0], 5.0f);
  EXPECT_FALSE(Library::open_file("libm.so.6", why));
  EXPECT_EQ(why, "libm.so.6 is no emulated library");
  ::unlink(copy.c_str());
}

TEST(EmuTest, TextsAreRead) {
  const std::vector<KernelLine> lines =
      kernel_lines("// a: form row block, 2 rows, 128 threads, 49152 bytes shared, barriers\n"
                   "// no kernel\n// b: form flat, 256 threads, 0 bytes shared, no barriers");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].name, "a");
  EXPECT_EQ(lines[0].threads, 128u);
  EXPECT_EQ(lines[0].shared_bytes, 49152u);
  EXPECT_TRUE(lines[0].waits);
  EXPECT_EQ(lines[1].name, "b");
  EXPECT_FALSE(lines[1].waits);
  EXPECT_NE(compile("int f();", 90, 13000).log.find("has no prelude"), std::string::npos);
  EXPECT_NE(compile("// a title\n" + std::string(prelude) + "int f();", 90, 13000).path, "");
  const Compilation wrong = compile(std::string(prelude) + "int f() { return nothing; }\n", 90, 0);
  EXPECT_EQ(wrong.path, "");
  EXPECT_EQ(wrong.log.find("kernels:4:18: error:"), 0u) << wrong.log;
}

} // namespace
} // namespace jit::emu
