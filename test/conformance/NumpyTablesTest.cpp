// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumPy's validation sets (umath-validation-set-*.csv of its tests): exact inputs, correctly
// rounded outputs and a tolerance in units of the last place. All rows of the functions we have,
// eager and compiled for every instruction set.
#include "runtime/eager/Dispatch.h"
#include "runtime/kernels/Isa.h"
#include "test/unit/jit/CompiledTest.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace jit::conformance {
namespace {

/// The rows of one dtype.
template <class T> struct Table {
  std::vector<T> inputs, outputs;
  std::vector<int> tolerances;
};

/// Elements are written as the hexadecimal digits of their bits.
template <class T> T element(std::string_view text) {
  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> bits{};
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16);
  EXPECT_TRUE(text.starts_with("0x") && error == std::errc() && end == text.data() + text.size());
  return std::bit_cast<T>(bits);
}

/// Lines "np.float32,input,output,tolerance"; others are comments or the heading.
template <class T> Table<T> read_table(const std::filesystem::path &path) {
  Table<T> table;
  std::ifstream file(path);
  const std::string type = sizeof(T) == 4 ? "np.float32" : "np.float64";
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string first, input, output, tolerance;
    std::getline(fields, first, ',');
    if (first != type)
      continue;
    std::getline(std::getline(std::getline(fields, input, ','), output, ','), tolerance);
    table.inputs.push_back(element<T>(input));
    table.outputs.push_back(element<T>(output));
    table.tolerances.push_back(std::stoi(tolerance));
  }
  return table;
}

/// The op of a file "umath-validation-set-NAME.csv", if it is one of ours.
const OpInfo *op_of(const std::filesystem::path &path) {
  constexpr std::string_view prefix = "umath-validation-set-";
  std::string name = path.stem().string();
  if (!name.starts_with(prefix) || path.extension() != ".csv")
    return nullptr;
  name.erase(0, prefix.size());
  if (name.starts_with("arc"))
    name.erase(1, 2); // NumPy's arcsin is the array API's asin
  const std::optional<OpKind> kind = op_from_name(name);
  return kind ? &info(*kind) : nullptr;
}

/// How many elements of the dtype lie between; NaN is as far as it gets from numbers.
template <class T> double distance(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : INFINITY;
  const auto place = [](T x) {
    using Word = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    const Word bits = std::bit_cast<Word>(x);
    return static_cast<double>(bits < 0 ? std::numeric_limits<Word>::min() - bits : bits);
  };
  return std::fabs(place(a) - place(b));
}

class NumpyTables : public test::CompiledTest {
protected:
  void TearDown() override {
    set_active_isa(detected_isa());
    CompiledTest::TearDown();
  }

  template <class T> void check(const OpInfo &op, const Table<T> &table) {
    const auto size = static_cast<std::int64_t>(table.inputs.size());
    const Tensor x = Tensor::copy_of(table.inputs, {size});
    const auto body = [&op](const Tensor &operand) {
      Operand first(operand);
      return detail::dispatch(op.kind, {}, first);
    };
    for (const Isa isa : {Isa::v3, Isa::v4}) {
      if (!isa_supported(isa))
        continue;
      set_active_isa(isa);
      const Tensor eager = test::plainly([&] { return body(x); });
      check_bounds(op, table, eager.to_vector<T>());
      auto compiled = trace(body, {"table of " + std::string(op.name)});
      test::repeat(5, [&](int) { EXPECT_TRUE(test::same_bits(eager, compiled(x))) << op.name; });
      EXPECT_GE(test::hits(compiled), 3u) << op.name;
    }
  }

  template <class T>
  void check_bounds(const OpInfo &op, const Table<T> &table, const std::vector<T> &got) {
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_LE(distance(got[i], table.outputs[i]), table.tolerances[i])
          << op.name << "(" << table.inputs[i] << ") = " << got[i] << ", not " << table.outputs[i];
  }
};

TEST_F(NumpyTables, EveryRowIsWithinItsTolerance) {
  std::size_t functions = 0, rows = 0;
  for (const auto &entry : std::filesystem::directory_iterator(NUMPY_TABLES)) {
    const OpInfo *op = op_of(entry.path());
    if (!op)
      continue;
    const auto f32 = read_table<float>(entry.path());
    const auto f64 = read_table<double>(entry.path());
    EXPECT_GE(std::min(f32.inputs.size(), f64.inputs.size()), 100u) << op->name;
    check(*op, f32);
    check(*op, f64);
    ++functions;
    rows += f32.inputs.size() + f64.inputs.size();
  }
  EXPECT_GE(functions, 19u);
  EXPECT_GE(rows, 25000u);
}

} // namespace
} // namespace jit::conformance
