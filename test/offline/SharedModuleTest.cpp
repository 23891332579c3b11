// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One bundle on many threads, from C++ and from C, without a compiler and without code: what is
// shared is read by all, and errors stay with their threads. For sanitizers above all.
#include "test/offline/MakeBundle.h"

#include <tracejit/c.h>
#include <tracejit/dlpack_abi.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <thread>

namespace jit {
namespace {

constexpr int threads = 16, rounds = 20;

template <class Body> void on_threads(Body body) {
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&body, t] { body(t); });
  for (std::thread &thread : all)
    thread.join();
}

TEST(SharedModule, ThreadsCallOne) {
  const File file(bundle_of({mlp, picks}, {}));
  const Module module = load_program(file.path);
  EXPECT_EQ(module.how().way, ModuleRun::Way::eager);
  const Expected expected(mlp);
  std::atomic<int> wrong{0};
  on_threads([&](int) {
    const Module own = module;
    for (int i = 0; i < rounds; ++i) {
      wrong += !same_bits(
          own(expected.inputs.tensors[0], expected.inputs.tensors[1], expected.inputs.numbers[0])
              .at(0),
          expected.outputs[0]);
      wrong += own.inputs("picks").size() != 2;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(SharedModule, ThreadsLoadOneFile) {
  const std::vector<std::byte> weights(16 * 4 * sizeof(float), std::byte{1});
  const File file(bundle_of({mlp}, {}, {{0, 1, weights}}));
  std::atomic<int> wrong{0};
  on_threads([&](int) {
    const Module own = load_program(file.path, {.code = false, .verify = true});
    wrong += own.inputs().size() != 1;
  });
  EXPECT_EQ(wrong, 0);
}

/// What a thread gives to mlp by C, on the heap for AddressSanitizer.
struct Arguments {
  explicit Arguments(const Expected &expected)
      : elements{expected.inputs.tensors[0].to_vector<float>(),
                 expected.inputs.tensors[1].to_vector<float>()},
        shapes{{8, 16}, {16, 4}} {
    for (int k = 0; k < 2; ++k) {
      tensors[k].version = {1, 0};
      tensors[k].manager_ctx = &deleted;
      tensors[k].deleter = [](DLManagedTensorVersioned *self) {
        ++*static_cast<std::atomic<int> *>(self->manager_ctx);
      };
      tensors[k].flags = 0;
      tensors[k].dl_tensor = {elements[k].data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1},
                              shapes[k].data(),   nullptr,     0};
    }
  }
  std::vector<float> elements[2];
  std::vector<std::int64_t> shapes[2];
  std::atomic<int> deleted{0};
  DLManagedTensorVersioned tensors[2] = {};
};

TEST(SharedModule, ThreadsCallOneByC) {
  const File file(bundle_of({mlp}, {}));
  tj_module *module = nullptr;
  ASSERT_EQ(tj_load(file.path.c_str(), TJ_NO_CODE, nullptr, &module), TJ_OK) << tj_last_error();
  const Expected expected(mlp);
  const std::uint64_t rate = std::bit_cast<std::uint64_t>(expected.inputs.numbers[0].as_double());
  const std::vector<float> wanted = expected.outputs[0].to_vector<float>();
  std::atomic<int> wrong{0};
  on_threads([&](int t) {
    tj_retain(module);
    const std::string name = "none" + std::to_string(t);
    for (int i = 0; i < rounds; ++i) {
      Arguments given(expected);
      DLManagedTensorVersioned *inputs[] = {&given.tensors[0], &given.tensors[1]}, *out = nullptr;
      const std::uint32_t flags = i % 2 ? TJ_GIVE_INPUTS : 0;
      wrong += tj_run(module, 0, inputs, 2, &rate, 1, &out, 1, flags) != TJ_OK;
      wrong += !out || std::memcmp(out->dl_tensor.data, wanted.data(), wanted.size() * 4) != 0;
      tj_tensor_release(out);
      std::int32_t number;
      wrong += tj_function(module, name.c_str(), &number) != TJ_INVALID_ARGUMENT ||
               std::string_view(tj_last_error()).find(name) == std::string_view::npos;
      tj_synchronize();
      wrong += given.deleted != (flags ? 2 : 0);
    }
    tj_release(module);
  });
  EXPECT_EQ(wrong, 0);
  tj_release(module);
}

} // namespace
} // namespace jit
