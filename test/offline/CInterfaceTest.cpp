// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// libtracejit-c: bits of the ops, codes and texts for everything that is wrong, and tensors that
// are freed once.
#include "test/offline/MakeBundle.h"

#include <tracejit/c.h>
#include <tracejit/dlpack_abi.h>
#include <tracejit/mode.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace jit {
namespace {

using Given = DLManagedTensorVersioned;

constexpr std::string_view several = R"(tracejit-trace 1
name "several"
input %in0 : i64[6]
input %in1 : bool[3,2]
number %num0 : int
number %num1 : bool
%0 = multiply(%in0, %num0) : i64[6]
%1 = logical_and(%in1, %num1) : bool[3,2]
%2 = sum(%in0) axis=[0] keepdims=false dtype=i64 : i64[]
output %0
output %1
output %2
end
)";

/// A tensor of C's that counts how often it was deleted.
struct Foreign {
  template <class T>
  Foreign(DLDataType dtype, std::vector<std::int64_t> shape, std::vector<T> elements)
      : shape(std::move(shape)),
        bytes(reinterpret_cast<const std::byte *>(elements.data()),
              reinterpret_cast<const std::byte *>(elements.data() + elements.size())) {
    tensor.version = {1, 0};
    tensor.manager_ctx = this;
    tensor.deleter = [](Given *self) { ++static_cast<Foreign *>(self->manager_ctx)->deleted; };
    tensor.flags = 0;
    tensor.dl_tensor = {bytes.data(),
                        {kDLCPU, 0},
                        static_cast<std::int32_t>(this->shape.size()),
                        dtype,
                        this->shape.data(),
                        nullptr,
                        0};
  }
  Foreign(const Foreign &) = delete;
  DLTensor &operator*() { return tensor.dl_tensor; }
  DLTensor *operator->() { return &tensor.dl_tensor; }

  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  std::atomic<int> deleted{0};
  Given tensor;
};
constexpr DLDataType f32_type{kDLFloat, 32, 1}, i64_type{kDLInt, 64, 1}, bool_type{kDLBool, 8, 1};

std::vector<float> floats_of(const Tensor &tensor) { return tensor.to_vector<float>(); }

bool has_bits(const Given *given, const Tensor &expected) {
  const Tensor rows = expected.contiguous();
  const Impl &impl = *detail::Access::impl(rows);
  synchronize();
  const DLTensor &tensor = given->dl_tensor;
  return Dims(tensor.shape, static_cast<std::size_t>(tensor.ndim)) == rows.shape() &&
         std::memcmp(tensor.data, impl.data(), impl.meta->bytes()) == 0;
}

/// Modules, and what the ops make of mlp.
class CInterface : public testing::Test {
protected:
  static void SetUpTestSuite() { file = new File(bundle_of({mlp, picks, several})); }
  static void TearDownTestSuite() { delete std::exchange(file, nullptr); }
  void SetUp() override {
    ASSERT_EQ(tj_load(file->path.c_str(), TJ_REQUIRE_CODE, nullptr, &module), TJ_OK)
        << tj_last_error();
  }
  void TearDown() override {
    tj_release(module);
    EXPECT_EQ(x.deleted + w.deleted, 0);
  }
  int run_mlp(Given *a, Given *b, Given **out, std::uint32_t flags = 0) {
    Given *inputs[] = {a, b};
    return tj_run(module, 0, inputs, 2, &rate, 1, out, 1, flags);
  }
  /// After a call that was wrong: why, and that the next one is right.
  void expect(int wanted, int code, std::string_view text) {
    EXPECT_EQ(code, wanted) << text;
    EXPECT_NE(std::string_view(tj_last_error()).find(text), std::string_view::npos)
        << tj_last_error() << "\nand not\n"
        << text;
    Given *out = nullptr;
    ASSERT_EQ(run_mlp(&x.tensor, &w.tensor, &out), TJ_OK) << tj_last_error();
    EXPECT_TRUE(has_bits(out, expected.outputs[0]));
    tj_tensor_release(out);
  }

  static File *file;
  const Expected expected{mlp};
  Foreign x{f32_type, {8, 16}, floats_of(expected.inputs.tensors[0])};
  Foreign w{f32_type, {16, 4}, floats_of(expected.inputs.tensors[1])};
  std::uint64_t rate = std::bit_cast<std::uint64_t>(expected.inputs.numbers[0].as_double());
  tj_module *module = nullptr;
};
File *CInterface::file = nullptr;

TEST_F(CInterface, GivesTheBitsOfTheOps) {
  Given *out = nullptr;
  ASSERT_EQ(run_mlp(&x.tensor, &w.tensor, &out), TJ_OK);
  EXPECT_TRUE(has_bits(out, expected.outputs[0]));
  EXPECT_EQ(out->version.major, 1u);
  EXPECT_EQ(out->flags, DLPACK_FLAG_BITMASK_READ_ONLY);
  EXPECT_EQ(out->dl_tensor.strides[0], 4);
  EXPECT_EQ(out->dl_tensor.strides[1], 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(out->dl_tensor.data) % 64, 0u);
  tj_tensor_release(out);
  tj_tensor_release(nullptr);
}

TEST_F(CInterface, AnyStridesAreTheSameValues) {
  const std::vector<float> values = floats_of(expected.inputs.tensors[1]);
  // Transposed, backwards from an offset, and with a gap after each element.
  std::vector<float> turned(64), back(64), wide(128);
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      turned[j * 16 + i] = back[63 - (i * 4 + j)] = wide[2 * (i * 4 + j)] = values[i * 4 + j];
  Foreign a(f32_type, {16, 4}, turned), b(f32_type, {16, 4}, back), c(f32_type, {16, 4}, wide);
  std::int64_t strides[3][2] = {{1, 16}, {-4, -1}, {8, 2}};
  a->strides = strides[0];
  b->strides = strides[1];
  b->byte_offset = 63 * 4;
  c->strides = strides[2];
  for (Foreign *each : {&a, &b, &c})
    for (const std::uint32_t flags : {0, 1}) {
      Foreign first(f32_type, {8, 16}, floats_of(expected.inputs.tensors[0]));
      Given *out = nullptr;
      ASSERT_EQ(run_mlp(&first.tensor, &each->tensor, &out, flags), TJ_OK) << tj_last_error();
      EXPECT_TRUE(has_bits(out, expected.outputs[0]));
      tj_tensor_release(out);
      tj_synchronize();
      EXPECT_EQ(first.deleted, flags ? 1 : 0);
      EXPECT_EQ(each->deleted, flags ? 1 : 0);
    }
}

TEST_F(CInterface, NumbersAndOutputsInOrder) {
  std::int32_t number = -1;
  ASSERT_EQ(tj_function(module, "several", &number), TJ_OK);
  EXPECT_EQ(number, 2);
  ASSERT_EQ(tj_function(module, nullptr, &number), TJ_OK);
  EXPECT_EQ(number, 0);
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  Foreign a(i64_type, {6}, std::vector<std::int64_t>{1, -2, 3, least, 5, 6});
  // True is any byte but 0, for C.
  Foreign b(bool_type, {3, 2}, std::vector<std::uint8_t>{0, 1, 2, 255, 0, 128});
  Given *inputs[] = {&a.tensor, &b.tensor}, *out[3];
  std::uint64_t numbers[] = {static_cast<std::uint64_t>(-3), 1};
  ASSERT_EQ(tj_run(module, 2, inputs, 2, numbers, 2, out, 3, 0), TJ_OK) << tj_last_error();
  const Tensor values = Tensor::copy_of(std::vector<std::int64_t>{1, -2, 3, least, 5, 6});
  EXPECT_TRUE(has_bits(out[0], values * -3));
  EXPECT_TRUE(has_bits(out[1], Tensor::copy_of({false, true, true, true, false, true}, {3, 2})));
  EXPECT_TRUE(has_bits(out[2], sum(values)));
  EXPECT_EQ(out[2]->dl_tensor.ndim, 0);
  EXPECT_EQ(out[1]->dl_tensor.dtype.code, kDLBool);
  for (Given *each : {out[2], out[0], out[1]})
    tj_tensor_release(each);
  numbers[1] = 2;
  expect(TJ_INVALID_ARGUMENT, tj_run(module, 2, inputs, 2, numbers, 2, out, 3, 0),
         "tj_run: several: num1 is 0 or 1, not 2");
}

TEST_F(CInterface, EveryEmptyArgumentIsRefused) {
  Given *inputs[] = {&x.tensor, &w.tensor}, *none[] = {&x.tensor, nullptr}, *out = &x.tensor;
  constexpr int invalid = TJ_INVALID_ARGUMENT;
  expect(invalid, tj_run(nullptr, 0, inputs, 2, &rate, 1, &out, 1, 0), "module is NULL");
  EXPECT_EQ(out, nullptr);
  expect(invalid, tj_run(module, 0, nullptr, 2, &rate, 1, &out, 1, 0), "mlp: inputs is NULL");
  expect(invalid, tj_run(module, 0, none, 2, &rate, 1, &out, 1, 0), "mlp: in1 is NULL");
  expect(invalid, tj_run(module, 0, inputs, 2, nullptr, 1, &out, 1, 0), "mlp: numbers is NULL");
  expect(invalid, tj_run(module, 0, inputs, 2, &rate, 1, nullptr, 1, 0), "mlp: outputs is NULL");
  std::int32_t number;
  expect(invalid, tj_function(nullptr, "mlp", &number), "tj_function: module is NULL");
  expect(invalid, tj_function(module, "mlp", nullptr), "function is NULL");
  expect(invalid, tj_describe(nullptr, nullptr, 0, nullptr), "tj_describe: module is NULL");
  expect(invalid, tj_describe(module, nullptr, 10, nullptr), "text is NULL");
  expect(invalid, tj_memory(TJ_MEMORY_LIVE, nullptr), "tj_memory: bytes is NULL");
  expect(invalid, tj_load(file->path.c_str(), 0, nullptr, nullptr), "tj_load: module is NULL");
  tj_module *loaded = module;
  expect(invalid, tj_load(nullptr, 0, nullptr, &loaded), "path is NULL");
  EXPECT_EQ(loaded, nullptr);
  tj_retain(nullptr);
  tj_release(nullptr);
}

TEST_F(CInterface, CountsNumbersAndFlagsThatDoNotFit) {
  Given *inputs[] = {&x.tensor, &w.tensor, &x.tensor}, *out[2];
  constexpr int invalid = TJ_INVALID_ARGUMENT;
  expect(invalid, tj_run(module, 0, inputs, 3, &rate, 1, out, 1, 0), "mlp has 2 inputs, not 3");
  expect(invalid, tj_run(module, 0, inputs, 1, &rate, 1, out, 1, 0), "mlp has 2 inputs, not 1");
  expect(invalid, tj_run(module, 0, inputs, 2, &rate, 0, out, 1, 0), "mlp has 1 numbers, not 0");
  expect(invalid, tj_run(module, 0, inputs, 2, &rate, 1, out, 2, 0), "mlp has 1 outputs, not 2");
  expect(invalid, tj_run(module, 3, inputs, 2, &rate, 1, out, 1, 0),
         "no function has the number 3");
  expect(invalid, tj_run(module, -1, inputs, 2, &rate, 1, out, 1, 0), "has the number -1");
  std::int32_t number;
  expect(invalid, tj_function(module, "none", &number), "no function is called 'none'");
  expect(TJ_UNSUPPORTED, tj_run(module, 0, inputs, 2, &rate, 1, out, 1, 6), "unknown flags 6");
  tj_module *loaded;
  expect(TJ_UNSUPPORTED, tj_load(file->path.c_str(), 8, nullptr, &loaded), "unknown flags 8");
  expect(TJ_UNSUPPORTED, tj_memory(77, &*std::make_unique<std::int64_t>()), "no number 77");
  expect(invalid, tj_set_threads(-1), "tj_set_threads: ");
  EXPECT_EQ(tj_set_threads(0), TJ_OK);
}

TEST_F(CInterface, TensorsThatDoNotFit) {
  struct Case {
    int code;
    const char *text;
    void (*damage)(Foreign &);
  };
  static std::int64_t wild[] = {std::numeric_limits<std::int64_t>::max() / 2, 1},
                      far[] = {std::int64_t{1} << 59, -(std::int64_t{1} << 58)};
  const Case cases[] = {
      {TJ_UNSUPPORTED, "in1 is of version 2 of DLPack",
       [](Foreign &f) { f.tensor.version.major = 2; }},
      {TJ_UNSUPPORTED, "in1 is on a device of DLPack's type 2, not on the CPU",
       [](Foreign &f) { f->device.device_type = static_cast<DLDeviceType>(2); }},
      {TJ_UNSUPPORTED, "in1 has elements of 4 lanes", [](Foreign &f) { f->dtype.lanes = 4; }},
      {TJ_UNSUPPORTED, "code 2 with 16 bits", [](Foreign &f) { f->dtype.bits = 16; }},
      {TJ_UNSUPPORTED, "code 1 with 64 bits", [](Foreign &f) { f->dtype = {kDLUInt, 64, 1}; }},
      {TJ_UNSUPPORTED, "code 6 with 1 bits", [](Foreign &f) { f->dtype = {kDLBool, 1, 1}; }},
      {TJ_INVALID_ARGUMENT, "in1 is f32[16,4], not i32[16,4]",
       [](Foreign &f) { f->dtype.code = kDLInt; }},
      {TJ_INVALID_ARGUMENT, "in1 has rank 9, not 0 to 8", [](Foreign &f) { f->ndim = 9; }},
      {TJ_INVALID_ARGUMENT, "in1 has rank -1", [](Foreign &f) { f->ndim = -1; }},
      {TJ_INVALID_ARGUMENT, "not f32[16]", [](Foreign &f) { f->ndim = 1; }},
      {TJ_INVALID_ARGUMENT, "in1 has no shape", [](Foreign &f) { f->shape = nullptr; }},
      {TJ_INVALID_ARGUMENT, "not f32[16,5]", [](Foreign &f) { f.shape[1] = 5; }},
      {TJ_INVALID_ARGUMENT, "not f32[16,-4]", [](Foreign &f) { f.shape[1] = -4; }},
      {TJ_INVALID_ARGUMENT, "in1: its data is NULL", [](Foreign &f) { f->data = nullptr; }},
      {TJ_INVALID_ARGUMENT, "multiple of an element", [](Foreign &f) { f->byte_offset = 2; }},
      {TJ_INVALID_ARGUMENT, "byte_offset leads out of memory",
       [](Foreign &f) { f->byte_offset = ~std::uint64_t{3}; }},
      {TJ_INVALID_ARGUMENT, "strides lead out of memory", [](Foreign &f) { f->strides = wild; }},
      {TJ_INVALID_ARGUMENT, "strides lead out of memory", [](Foreign &f) { f->strides = far; }},
  };
  for (const Case &each : cases)
    for (const std::uint32_t flags : {0, 1}) {
      Foreign first(f32_type, {8, 16}, floats_of(expected.inputs.tensors[0]));
      Foreign wrong(f32_type, {16, 4}, floats_of(expected.inputs.tensors[1]));
      each.damage(wrong);
      Given *out = &x.tensor;
      expect(each.code, run_mlp(&first.tensor, &wrong.tensor, &out, flags), each.text);
      EXPECT_EQ(out, nullptr);
      tj_synchronize();
      EXPECT_EQ(first.deleted, flags ? 1 : 0) << each.text;
      EXPECT_EQ(wrong.deleted, flags ? 1 : 0) << each.text;
    }
}

TEST_F(CInterface, IndicesOutOfRangeAreRefused) {
  const Expected places(picks);
  Foreign values(f32_type, {10}, floats_of(places.inputs.tensors[0]));
  Foreign indices(i64_type, {4}, std::vector<std::int64_t>{0, 1, 2, 10});
  Given *inputs[] = {&values.tensor, &indices.tensor}, *out;
  expect(TJ_INVALID_ARGUMENT, tj_run(module, 1, inputs, 2, nullptr, 0, &out, 1, 0),
         "take: index 10 is out of range");
}

TEST_F(CInterface, FilesThatCannotBeUsed) {
  tj_module *loaded = module;
  expect(TJ_IO, tj_load("/no/such/file.tjb", 0, nullptr, &loaded), "cannot open");
  EXPECT_EQ(loaded, nullptr);
  const auto path = std::filesystem::path(testing::TempDir()) / "damaged.tjb";
  std::vector<std::byte> bytes = bundle_of({picks});
  bytes[40] ^= std::byte{1};
  const std::span<const std::byte> part(bytes);
  ASSERT_FALSE(write_file(path, {&part, 1}));
  expect(TJ_IO, tj_load(path.c_str(), 0, nullptr, &loaded), "damaged.tjb");
  std::filesystem::remove(path);
  expect(TJ_IO, tj_load(file->path.c_str(), 0, std::string(64, '0').c_str(), &loaded),
         "the SHA-256 of its table is");
  expect(TJ_UNSUPPORTED,
         tj_load(file->path.c_str(), TJ_NO_CODE | TJ_REQUIRE_CODE, nullptr, &loaded),
         "the file was opened without its code");
}

TEST_F(CInterface, DescribesModules) {
  std::size_t bytes = 0;
  ASSERT_EQ(tj_describe(module, nullptr, 0, &bytes), TJ_OK);
  std::string text(bytes, 'x');
  ASSERT_EQ(tj_describe(module, text.data(), bytes, nullptr), TJ_OK);
  EXPECT_EQ(text.find('\0'), bytes - 1);
  EXPECT_NE(text.find(R"({"name": "mlp", "way": "code", "reason": "", "inputs": [{"name": "in0", )"
                      R"("dtype": "f32", "shape": [8, 16]}, {"name": "in1", "dtype": "f32", )"
                      R"("shape": [16, 4]}], "numbers": [{"name": "num0", "kind": "float"}], )"
                      R"("outputs": [{"name": "out0", "dtype": "f32", "shape": [8, 4]}]})"),
            std::string::npos)
      << text;
  char few[8] = "yyyyyyy";
  ASSERT_EQ(tj_describe(module, few, 5, &bytes), TJ_OK);
  EXPECT_EQ(std::string(few), text.substr(0, 4));
  EXPECT_EQ(few[5], 'y');
  EXPECT_EQ(bytes, text.size());
}

TEST_F(CInterface, GivenInputsAreDeletedOnce) {
  for (const std::uint32_t load : {std::uint32_t{TJ_REQUIRE_CODE}, std::uint32_t{TJ_NO_CODE}}) {
    tj_module *loaded;
    ASSERT_EQ(tj_load(file->path.c_str(), load, nullptr, &loaded), TJ_OK);
    std::vector<std::unique_ptr<Foreign>> all;
    for (int i = 0; i < 20; ++i) {
      Given *inputs[2], *out;
      for (int k = 0; k < 2; ++k) {
        const std::vector<float> values = floats_of(expected.inputs.tensors[k]);
        all.push_back(std::make_unique<Foreign>(f32_type, k ? w.shape : x.shape, values));
        all.back()->tensor.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
        inputs[k] = &all.back()->tensor;
      }
      ASSERT_EQ(tj_run(loaded, 0, inputs, 2, &rate, 1, &out, 1, TJ_GIVE_INPUTS), TJ_OK);
      EXPECT_TRUE(has_bits(out, expected.outputs[0]));
      tj_tensor_release(out);
    }
    tj_release(loaded);
    tj_synchronize();
    for (const auto &each : all)
      EXPECT_EQ(each->deleted, 1);
  }
}

TEST_F(CInterface, GivenInputsOfCallsThatFailAreDeletedOnce) {
  const std::vector<float> values = floats_of(expected.inputs.tensors[0]);
  Foreign a(f32_type, x.shape, values), b(f32_type, x.shape, values), c(f32_type, x.shape, values);
  Given *out, *twice[] = {&a.tensor, &a.tensor}, *three[] = {&b.tensor, nullptr, &c.tensor};
  EXPECT_EQ(tj_run(module, 0, twice, 2, &rate, 1, &out, 1, TJ_GIVE_INPUTS), TJ_INVALID_ARGUMENT);
  EXPECT_NE(std::string_view(tj_last_error()).find("in1 is given up twice"),
            std::string_view::npos);
  EXPECT_EQ(tj_run(nullptr, 0, three, 3, &rate, 1, &out, 1, TJ_GIVE_INPUTS), TJ_INVALID_ARGUMENT);
  tj_synchronize();
  EXPECT_EQ(a.deleted, 1);
  EXPECT_EQ(b.deleted, 1);
  EXPECT_EQ(c.deleted, 1);
  Foreign d(f32_type, x.shape, values), e(f32_type, w.shape, floats_of(expected.inputs.tensors[1]));
  d.tensor.deleter = e.tensor.deleter = nullptr; // nothing to be done
  EXPECT_EQ(run_mlp(&d.tensor, &e.tensor, &out, TJ_GIVE_INPUTS), TJ_OK);
  tj_tensor_release(out);
  tj_synchronize();
}

TEST_F(CInterface, OutputsAreTakenAsInputsAndOutliveTheModule) {
  constexpr std::string_view next = "tracejit-trace 1\nname \"next\"\ninput %in0 : f32[4]\n"
                                    "%0 = add(%in0, %in0) : f32[4]\noutput %0\nend\n";
  const File step(bundle_of({next}));
  tj_module *loaded;
  ASSERT_EQ(tj_load(step.path.c_str(), 0, nullptr, &loaded), TJ_OK);
  tj_retain(loaded);
  tj_release(loaded);
  Foreign first(f32_type, {4}, std::vector<float>{1, -2, 0, -0.0f});
  Given *value = &first.tensor, *second = nullptr;
  for (int i = 0; i < 10; ++i) {
    Given *out;
    ASSERT_EQ(tj_run(loaded, 0, &value, 1, nullptr, 0, &out, 1, i % 2), TJ_OK) << tj_last_error();
    if (i == 1)
      second = out;
    else if (i % 2 == 0 && i > 2)
      tj_tensor_release(value);
    value = out;
  }
  tj_release(loaded);
  EXPECT_TRUE(has_bits(value, Tensor::copy_of({1024.0f, -2048.0f, 0.0f, -0.0f})));
  EXPECT_TRUE(has_bits(second, Tensor::copy_of({4.0f, -8.0f, 0.0f, -0.0f})));
  tj_tensor_release(value);
  tj_tensor_release(second);
  EXPECT_EQ(first.deleted, 0);
}

TEST_F(CInterface, WithoutCodeTheTraceIsCompiled) {
  tj_module *loaded;
  ASSERT_EQ(tj_load(file->path.c_str(), TJ_NO_CODE, nullptr, &loaded), TJ_OK);
  ASSERT_EQ(tj_enable_compiler(), TJ_OK) << tj_last_error();
  const auto describe = [&] {
    char text[4096];
    EXPECT_EQ(tj_describe(loaded, text, sizeof text, nullptr), TJ_OK);
    return std::string(text);
  };
  EXPECT_NE(describe().find(R"("way": "eager", "reason": "the file was opened without its code")"),
            std::string::npos);
  for (int i = 0; i < 400 && describe().find("compiled") == std::string::npos; ++i) {
    Given *inputs[] = {&x.tensor, &w.tensor}, *out;
    ASSERT_EQ(tj_run(loaded, 0, inputs, 2, &rate, 1, &out, 1, 0), TJ_OK);
    EXPECT_TRUE(has_bits(out, expected.outputs[0]));
    tj_tensor_release(out);
    wait_compiled();
  }
  EXPECT_NE(describe().find(R"("way": "compiled")"), std::string::npos) << describe();
  Given *inputs[] = {&x.tensor, &w.tensor}, *out;
  ASSERT_EQ(tj_run(loaded, 0, inputs, 2, &rate, 1, &out, 1, 0), TJ_OK);
  EXPECT_TRUE(has_bits(out, expected.outputs[0]));
  tj_release(loaded);
  EXPECT_TRUE(has_bits(out, expected.outputs[0]));
  tj_tensor_release(out);
}

TEST_F(CInterface, SixteenThreadsCallOneAndKeepTheirErrors) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      tj_retain(module);
      const std::string name = "none" + std::to_string(t);
      wrong += *tj_last_error() != 0;
      for (int i = 0; i < 50; ++i) {
        Foreign a(f32_type, x.shape, floats_of(expected.inputs.tensors[0]));
        Given *inputs[] = {&a.tensor, &w.tensor}, *out = nullptr;
        wrong += tj_run(module, 0, inputs, 2, &rate, 1, &out, 1, 0) != TJ_OK ||
                 !has_bits(out, expected.outputs[0]);
        tj_tensor_release(out);
        std::int32_t number;
        wrong += tj_function(module, name.c_str(), &number) != TJ_INVALID_ARGUMENT;
        wrong += std::string_view(tj_last_error()).find("'" + name + "'") == std::string_view::npos;
      }
      tj_release(module);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(CLibrary, TellsItsVersionAndMemory) {
  EXPECT_TRUE(std::string_view(tj_version()).starts_with("0."));
  std::int64_t live = -1, peak = -1, cached = -1;
  EXPECT_EQ(tj_memory(TJ_MEMORY_LIVE, &live), TJ_OK);
  EXPECT_EQ(tj_memory(TJ_MEMORY_PEAK, &peak), TJ_OK);
  EXPECT_EQ(tj_memory(TJ_MEMORY_CACHED, &cached), TJ_OK);
  EXPECT_GE(live, 0);
  EXPECT_GE(peak, live);
  EXPECT_GE(cached, 0);
}

} // namespace
} // namespace jit
