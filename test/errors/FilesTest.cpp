// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are missing, malformed, cut or hostile, and paths that cannot be written.
#include "runtime/trace/Text.h"
#include "test/errors/Expect.h"

#include <tracejit/io.h>

#include <cstring>
#include <fstream>
#include <unistd.h>

namespace jit {
namespace {

/// A fresh folder, removed at the end.
class Folder {
public:
  Folder() {
    char name[] = "tracejit-errors-XXXXXX";
    path = std::filesystem::absolute(mkdtemp(name));
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
  std::filesystem::path path;
};

void expect_io(const std::string &message, const std::function<void()> &call,
               std::source_location near = std::source_location::current()) {
  expect_error(ErrorCode::io, message, call, near);
}

std::string npy(const std::string &header, const std::string &elements) {
  std::string text = "\x93NUMPY\x01";
  text += '\0';
  text += static_cast<char>(header.size());
  text += '\0';
  return text + header + elements;
}

TEST(FileErrors, SavedTensorsComeBackBitForBit) {
  const Folder folder;
  const std::filesystem::path file = folder.path / "x.npy";
  for (const DType dtype : {DType::boolean, DType::i8, DType::u8, DType::i16, DType::u16,
                            DType::i32, DType::u32, DType::i64, DType::f32, DType::f64})
    for (const DimList &shape :
         {DimList{}, DimList{0}, DimList{1}, DimList{7}, DimList{2, 0, 3}, DimList{3, 5}}) {
      Generator generator(3);
      const Tensor x = astype(normal(generator, shape) * 3, dtype);
      save(file, x);
      const Tensor back = load(file);
      EXPECT_EQ(back.dtype(), dtype);
      EXPECT_TRUE(std::ranges::equal(back.shape(), Dims(shape)));
      save(folder.path / "y.npy", back);
      std::ifstream a(file), b(folder.path / "y.npy");
      const std::string first(std::istreambuf_iterator<char>(a), {});
      EXPECT_EQ(first, std::string(std::istreambuf_iterator<char>(b), {}));
    }
  const float specials[] = {0.0f, -0.0f, 1e-45f, __builtin_nanf("7"), __builtin_inff()};
  save(file, Tensor::copy_of(specials, {5}));
  const Tensor back = load(file);
  EXPECT_EQ(std::memcmp(back.data<float>().data(), specials, sizeof specials), 0);
}

TEST(FileErrors, ViewsAreSavedInRowMajorOrder) {
  const Folder folder;
  const Tensor x = reshape(arange(6), {2, 3});
  save(folder.path / "t.npy", permute_dims(x, {1, 0}));
  EXPECT_EQ(load(folder.path / "t.npy").to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{0, 3, 1, 4, 2, 5}));
  save(folder.path / "b.npy", broadcast_to(ones({1, 2}), {2, 2}));
  EXPECT_EQ(load(folder.path / "b.npy").to_vector<float>(), (std::vector<float>{1, 1, 1, 1}));
}

TEST(FileErrors, PathsThatCannotBeWritten) {
  const Folder folder;
  const std::string nowhere = (folder.path / "none" / "x.npy").string();
  expect_io("save: " + nowhere + ": cannot write: No such file or directory",
            [&] { save(nowhere, ones({2})); });
  expect_io("save: " + folder.path.string() + ": cannot write: Is a directory",
            [&] { save(folder.path, ones({2})); });
  expect_invalid("save: operand is an empty tensor",
                 [&] { save(folder.path / "x.npy", Tensor()); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path)); // no drafts are left behind
}

TEST(FileErrors, PathsThatCannotBeRead) {
  const Folder folder;
  const std::string missing = (folder.path / "x.npy").string();
  expect_io("load: " + missing + ": cannot open: No such file or directory",
            [&] { load(missing); });
  expect_io("load: " + folder.path.string() + ": not a regular file", [&] { load(folder.path); });
  expect_io("load_idx: " + missing + ": cannot open: No such file or directory",
            [&] { load_idx(missing); });
}

TEST(FileErrors, Npy) {
  const Folder folder;
  const auto expect_refused = [&](const std::string &bytes, const std::string &rule) {
    const std::filesystem::path file = folder.write("x.npy", bytes);
    expect_io("load: " + file.string() + ": npy: " + rule, [&] { load(file); });
  };
  const std::string f4 = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  expect_refused("", "not a .npy file: it does not begin with \\x93NUMPY");
  expect_refused(npy(f4 + "(2,)}", "1234"), "f32[2] needs 8 bytes, the file has 4");
  expect_refused(npy(f4 + "(2,)}", "123456789"),
                 "f32[2] needs 8 bytes, the file has 9; load_all reads several arrays");
  expect_refused(npy(f4 + "(1152921504606846976,)}", "1234"),
                 "f32[1152921504606846976] needs 4611686018427387904 bytes, the file has 4");
  expect_refused(npy(f4 + "(1152921504606846976,16)}", "1234"),
                 "the bytes of f32[1152921504606846976,16] do not fit 64 bits");
  expect_refused(npy(f4 + "(-1,)}", ""), "negative extent -1");
  expect_refused(npy(f4 + "(1,1,1,1,1,1,1,1,1)}", "1234"), "rank above 8");
  expect_refused(npy(f4 + "((((((((1,", ""), "'shape' must be a tuple of integers");
  expect_refused(npy("{'descr': '>u8', 'fortran_order': False, 'shape': ()}", "12345678"),
                 "dtype '>u8' is not supported; bool, int8 to int64, uint8 to uint32, float32 and "
                 "float64 are");
  expect_refused(npy("{'descr': '<c8', 'fortran_order': False, 'shape': ()}", "12345678"),
                 "dtype '<c8' is not supported; bool, int8 to int64, uint8 to uint32, float32 and "
                 "float64 are");
}

TEST(FileErrors, Idx) {
  const Folder folder;
  const auto expect_refused = [&](const std::string &bytes, const std::string &rule) {
    const std::filesystem::path file = folder.write("x.idx", bytes);
    expect_io("load_idx: " + file.string() + ": idx: " + rule, [&] { load_idx(file); });
  };
  using namespace std::string_literals;
  const std::filesystem::path good = folder.write("good", "\0\0\x08\x01\0\0\0\3\1\2\xff"s);
  EXPECT_EQ(load_idx(good).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 2, 255}));
  expect_refused("", "not an IDX file: it does not begin with two zero bytes, type and rank");
  expect_refused("\0\0\x0d\x01\0\0\0\1\1\2\3\4"s,
                 "element type 13 is not supported; 8 (unsigned byte) is");
  expect_refused("\0\0\x08\x09"s + std::string(36, '\0'), "rank 9 is above 8");
  expect_refused("\0\0\x08\x02\0\0"s, "file ends in its header");
  expect_refused("\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff"s, "more than 1073741824 elements");
  // No elements, yet no tensor has this shape.
  expect_refused("\0\0\x08\x04\0\0\0\0"s + std::string(12, '\xff'),
                 "more than 1073741824 elements");
  expect_refused("\0\0\x08\x01\x3f\xff\xff\xff"s,
                 "the header says 1073741823 elements, the file is too short for them");
}

/// Trace files are read by tracec; here: whatever they hold, ops run afterwards.
TEST(FileErrors, TracesLeaveTheRuntimeUsable) {
  for (const std::string &text :
       {std::string("tracejit-trace 1\nname \"\"\n%0 = add(%0, %0) : f32[]\nend\n"),
        std::string("tracejit-trace 1\nname \"\"\ninput %in0 : f32[1152921504606846976,16]\n"),
        "tracejit-trace 1\nname \"" + std::string(60'000, '['), std::string(100, '\0')}) {
    EXPECT_NE(parse_traces(text, "t").error, "");
    EXPECT_EQ(sum(ones({3})).item<float>(), 3);
  }
}

} // namespace
} // namespace jit
