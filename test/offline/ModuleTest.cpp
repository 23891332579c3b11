// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundles through load_program: every way of running gives the bits of the ops, and no file,
// however damaged, does harm.
#include "runtime/kernels/KernelCall.h"
#include "test/offline/MakeBundle.h"

#include <tracejit/autograd.h>
#include <tracejit/compiler.h>
#include <tracejit/program.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

namespace jit {
namespace {

ErrorCode code_of(const std::function<void()> &f, std::string_view text) {
  try {
    f();
  } catch (const Error &error) {
    EXPECT_NE(std::string_view(error.what()).find(text), std::string_view::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown: " << text;
  return ErrorCode::internal;
}

TEST(Module, CodeGivesTheBitsOfTheOps) {
  const File file(bundle_of({mlp, picks}, {Isa::v3, Isa::v4}));
  const Module module = load_program(file.path, {.require_code = true});
  EXPECT_EQ(module.functions(), (std::vector<std::string>{"mlp", "picks"}));
  const Expected expected(mlp);
  const Tensor &x = expected.inputs.tensors[0], &w = expected.inputs.tensors[1];
  const double rate = expected.inputs.numbers[0].as_double();
  EXPECT_EQ(module.how().way, ModuleRun::Way::code);
  EXPECT_TRUE(same_bits(module(x, w, rate).at(0), expected.outputs[0]));
  EXPECT_TRUE(same_bits(module(rate, x, w).at(0), expected.outputs[0]));
  // A tensor that lies in memory in another way.
  const Tensor turned = w.T().contiguous().T();
  EXPECT_TRUE(same_bits(module(x, turned, rate).at(0), expected.outputs[0]));
  // One that is not computed yet.
  auto traced = trace([&](const Tensor &value) { return module(value * 1.0f, w, rate).at(0); });
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(same_bits(traced(x), expected.outputs[0]));
  const Expected places(picks);
  EXPECT_TRUE(
      same_bits(module.call("picks", {places.inputs.tensors[0], places.inputs.tensors[1]}).at(0),
                places.outputs[0]));
}

TEST(Module, SaysWhatItTakesAndGives) {
  const File file(bundle_of({mlp}));
  const Module module = load_program(file.path);
  const auto inputs = module.inputs();
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].name, "in0");
  EXPECT_EQ(inputs[0].shape, (std::vector<std::int64_t>{8, 16}));
  EXPECT_EQ(module.outputs("mlp").at(0).dtype, DType::f32);
  ASSERT_EQ(module.numbers().size(), 1u);
  EXPECT_EQ(module.numbers()[0].name, "num0");
  EXPECT_EQ(module.numbers()[0].kind, ScalarKind::floating);
}

TEST(Module, RefusesWhatDoesNotFit) {
  const File file(bundle_of({mlp, picks}));
  const Module module = load_program(file.path);
  const Tensor x = ones({8, 16}), w = ones({16, 4});
  constexpr auto invalid = ErrorCode::invalid_argument;
  EXPECT_EQ(code_of([&] { module(x, w); }, "mlp: takes 2 tensors and 1 numbers"), invalid);
  EXPECT_EQ(code_of([&] { module(x, w, 1.0, 2.0); }, "takes 2 tensors"), invalid);
  EXPECT_EQ(code_of([&] { module(x, w, x, 1.0); }, "takes 2 tensors"), invalid);
  EXPECT_EQ(code_of([&] { module(x, x, 1.0); }, "in1 is f32[16,4], not f32[8,16]"), invalid);
  EXPECT_EQ(code_of([&] { module(x, astype(w, DType::f64), 1.0); }, "not f64[16,4]"), invalid);
  EXPECT_EQ(code_of([&] { module(x, Tensor(), 1.0); }, "in1 is an empty tensor"), invalid);
  EXPECT_EQ(code_of([&] { module.call("none", {x}); }, "no function is called 'none'"), invalid);
  const Tensor places = Tensor::copy_of(std::vector<std::int64_t>{0, 1, 2, 10});
  EXPECT_EQ(code_of([&] { module.call("picks", {ones({10}), places}); },
                    "take: index 10 is out of range"),
            invalid);
  EXPECT_EQ(module(x, w, 1).size(), 1u);
}

TEST(Module, NumbersThatADtypeDoesNotHold) {
  const File file(bundle_of({R"(tracejit-trace 1
name "less"
input %in0 : i8[3]
number %num0 : int
%0 = less(%in0, %num0) : bool[3]
output %0
end
)",
                             R"(tracejit-trace 1
name "sum"
input %in0 : i8[3]
number %num0 : int
%0 = add(%in0, %num0) : i8[3]
output %0
end
)"}));
  const Module module = load_program(file.path, {.require_code = true});
  const Tensor x = Tensor::copy_of(std::vector<std::int8_t>{-128, 0, 127});
  for (const std::int64_t number : {300, -300, 127, 5})
    EXPECT_TRUE(same_bits(module.call("less", {x, number}).at(0), x < number)) << number;
  EXPECT_TRUE(same_bits(module.call("sum", {x, 5}).at(0), x + 5));
  EXPECT_EQ(code_of([&] { module.call("sum", {x, 300}); }, "300"), ErrorCode::invalid_argument);
}

TEST(Module, SlicesStartInside) {
  constexpr std::string_view text = R"(tracejit-trace 1
name "part"
input %in0 : f32[20]
number %num0 : int
%0 = slice(%in0, %num0) extents=[5] steps=[1] : f32[5] strides=[1]
%1 = add(%0, %0) : f32[5]
output %1
end
)";
  const File file(bundle_of({text}));
  const Tensor x = arange(20.0f);
  for (const bool code : {true, false}) {
    Module module = load_program(file.path, {.code = code});
    EXPECT_EQ(module(x, 15).at(0)(4).item<float>(), 38);
    for (const std::int64_t start : {std::int64_t{16}, std::int64_t{-1}, std::int64_t{1} << 40})
      EXPECT_EQ(code_of([&] { module(x, start); }, "where a slice starts: it must be in [0, 15]"),
                ErrorCode::invalid_argument);
    const Module taken = std::move(module);
    EXPECT_EQ(code_of([&] { module.how(); }, "it was moved away"), ErrorCode::invalid_argument);
  }
}

TEST(Module, WithoutCodeTheOpsRunAndAreCompiled) {
  const File file(bundle_of({mlp}, {}));
  const Module module = load_program(file.path);
  const Expected expected(mlp);
  const auto call = [&] {
    return module(expected.inputs.tensors[0], expected.inputs.tensors[1],
                  expected.inputs.numbers[0])
        .at(0);
  };
  EXPECT_TRUE(same_bits(call(), expected.outputs[0]));
  EXPECT_EQ(module.how().way, ModuleRun::Way::eager);
  EXPECT_EQ(module.how().reason, "the file has no code for this processor");
  EXPECT_EQ(code_of([&] { load_program(file.path, {.require_code = true}); },
                    "the file has no code for this processor"),
            ErrorCode::unsupported);
  ASSERT_TRUE(enable_compiler());
  for (int i = 0; i < 200 && module.how().way != ModuleRun::Way::compiled; ++i) {
    EXPECT_TRUE(same_bits(call(), expected.outputs[0]));
    wait_compiled();
  }
  const auto reports = explain();
  EXPECT_TRUE(std::ranges::any_of(
      reports, [](const TraceReport &report) { return report.name == "mlp" && report.hits > 0; }));
  EXPECT_TRUE(same_bits(call(), expected.outputs[0]));
}

TEST(Module, CodeOfStrangersIsNotUsed) {
  const File file(bundle_of({picks}));
  const Module module = load_program(file.path, {.code = false});
  EXPECT_EQ(module.how().reason, "the file was opened without its code");
  const Expected expected(picks);
  EXPECT_TRUE(same_bits(module(expected.inputs.tensors[0], expected.inputs.tensors[1]).at(0),
                        expected.outputs[0]));
}

TEST(Module, ATapeSeesTheOps) {
  const File file(bundle_of({mlp}));
  const Module module = load_program(file.path);
  const Expected expected(mlp);
  Variable w(expected.inputs.tensors[1]);
  const Tensor x = expected.inputs.tensors[0];
  Tape first, second;
  const Tensor by_module = first.gradient(sum(module(x, w, 0.5).at(0)), {w}).at(0);
  const Tensor by_ops = second.gradient(sum(tanh(matmul(x, w) * 0.5)), {w}).at(0);
  EXPECT_TRUE(same_bits(by_module, by_ops));
}

TEST(Module, ConstantsAreMappedOrCopied) {
  for (const std::int64_t rows : {16, 512 * 1024}) {
    const std::string text = "tracejit-trace 1\nname \"scaled\"\ninput %in0 : f32[4]\n"
                             "input %in1 : f32[" +
                             std::to_string(rows) + ",4]\n%0 = multiply(%in1, %in0) : f32[" +
                             std::to_string(rows) + ",4]\noutput %0\nend\n";
    const Expected expected(text);
    const Impl &constant = *detail::Access::impl(expected.inputs.tensors[1]);
    const File file(
        bundle_of({text}, {Isa::v3}, {{0, 1, {constant.data(), constant.meta->bytes()}}}));
    const Module module = load_program(file.path, {.verify = true});
    EXPECT_EQ(module.inputs().size(), 1u);
    EXPECT_TRUE(same_bits(module(expected.inputs.tensors[0]).at(0), expected.outputs[0]));
    EXPECT_EQ(module.how().way, ModuleRun::Way::code);
  }
}

TEST(Module, TheDigestOfTheTablePinsTheFile) {
  const std::vector<std::byte> bytes = bundle_of({mlp});
  const File file(bytes);
  EXPECT_NO_THROW(load_program(file.path, {.sha256 = table_digest(bytes)}));
  EXPECT_EQ(code_of([&] { load_program(file.path, {.sha256 = std::string(64, '0')}); },
                    "the SHA-256 of its table is " + table_digest(bytes)),
            ErrorCode::io);
}

TEST(Module, DamagedFilesAreRefusedOrRunTheirTrace) {
  const std::vector<std::byte> whole = bundle_of({picks});
  const File file(whole);
  const Expected expected(picks);
  std::size_t refused = 0, served = 0;
  const auto try_it = [&](const std::vector<std::byte> &bytes) {
    file.write(bytes);
    try {
      const Module module = load_program(file.path);
      EXPECT_TRUE(same_bits(module(expected.inputs.tensors[0], expected.inputs.tensors[1]).at(0),
                            expected.outputs[0]));
      ++served;
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::io);
      ++refused;
    }
  };
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::vector<std::byte> flipped = whole;
    flipped[at] ^= std::byte{0x10};
    try_it(flipped);
  }
  for (std::size_t size = 0; size < whole.size(); size += 101)
    try_it({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  EXPECT_GT(refused, 0u);
  EXPECT_GT(served, 0u); // code that does not have its digest
  EXPECT_EQ(code_of([] { load_program("/no/such/file.tjb"); }, "cannot open"), ErrorCode::io);
}

TEST(Module, CodeForABetterProcessorIsNotUsed) {
  const File file(bundle_of({picks}, {Isa::v4}));
  const Isa here = active_isa();
  set_active_isa(Isa::v3);
  EXPECT_EQ(code_of([&] { load_program(file.path, {.require_code = true}); },
                    "the file has no code for this processor"),
            ErrorCode::unsupported);
  set_active_isa(here);
}

TEST(Module, SixteenThreadsCallOne) {
  const File file(bundle_of({mlp}));
  const Module module = load_program(file.path, {.require_code = true});
  const Expected expected(mlp);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        wrong += !same_bits(module(expected.inputs.tensors[0], expected.inputs.tensors[1],
                                   expected.inputs.numbers[0])
                                .at(0),
                            expected.outputs[0]);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace jit
