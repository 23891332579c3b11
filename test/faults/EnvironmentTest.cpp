// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The floating-point environment of the caller: no call of the API changes it, and whatever it is,
// results have the same bits, eager and compiled, on this thread and on those of the pool.
#include "runtime/eager/Dispatch.h"
#include "runtime/kernels/ThreadPool.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/OpTable.h"
#include "test/conformance/OpSamples.h"
#include "test/faults/Compilers.h"
#include "test/unit/jit/CompiledTest.h"

#include <tracejit/io.h>

#include <cmath>
#include <filesystem>
#include <immintrin.h>
#include <sstream>

namespace jit::faults {
namespace {

using test::same_bits;

struct Environment {
  const char *name;
  std::uint32_t mxcsr;
};
constexpr Environment environments[] = {
    {"the default", 0x1F80},
    {"denormals are zero", 0x9FC0},
    {"down", 0x3F80},
    {"up", 0x5F80},
    {"toward zero, denormals are zero", 0xFFC0},
    {"exceptions but inexact trap", 0x1000},
};

/// What f returns under the environment, which must be there afterwards.
template <class F> auto under(const Environment &environment, F &&f) {
  _mm_setcsr(environment.mxcsr);
  auto result = f();
  const std::uint32_t after = _mm_getcsr();
  _mm_setcsr(0x1F80);
  EXPECT_EQ(after & 0xFFC0, environment.mxcsr & 0xFFC0) << environment.name;
  return result;
}

class EnvironmentTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    force_thread_count(3);
    set_mode(Mode::on);
  }
};

/// Numbers on which environments differ: tiny, huge, halfway, negative.
Tensor awkward(DType dtype, DimList shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : Dims(shape))
    size *= extent;
  std::vector<double> values(static_cast<std::size_t>(size));
  constexpr double some[] = {0.1, 1e-40, -3.7, 1 / 3.0, 5e-324, 2.5, -0.0, 1e30, 0.7, -1e-41, 1.5};
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = some[i % std::size(some)] * (1 + 0x1p-20 * static_cast<double>(i / 11));
  return Tensor::copy_of(values, shape).astype(dtype);
}

// Every op of the table
// ----------------------------------------------------------------------------------------------

using conformance::Sample;
using conformance::samples;

/// An operand, made under the default environment.
struct Given {
  Tensor tensor; ///< or empty
  Scalar number = 0;
  Operand operand() const { return tensor.empty() ? Operand(number) : Operand(tensor); }
};

/// A tensor for "f64[2,3]" or "[2,3]" (then of the dtype under test), else a number.
Given given(const std::string &text, DType dtype) {
  const std::size_t bracket = text.find('[');
  if (bracket == std::string::npos) {
    if (text.find_first_of(".e") == std::string::npos)
      return {{}, static_cast<std::int64_t>(std::stoll(text))};
    return {{}, std::stod(text)};
  }
  DimList dims;
  std::istringstream extents(text.substr(bracket + 1, text.size() - bracket - 2));
  for (std::string extent; std::getline(extents, extent, ',');)
    dims.push_back(std::stoll(extent));
  if (bracket == 0)
    return {awkward(dtype, dims)};
  const DType own = *dtype_from_name(text.substr(0, bracket));
  return {own == DType::i64 ? zeros(dims, own) : awkward(own, dims)}; // indices are in range
}

/// The sample's results; empty if there are none for the dtype.
std::vector<Tensor> run_sample(const Sample &sample, std::span<Operand> operands) {
  std::vector<std::int64_t> words;
  EXPECT_EQ(attrs_from_string(info(sample.op), sample.attrs, words), std::nullopt);
  std::vector<Tensor> results(max_results);
  try {
    if (operands.empty())
      results[0] = detail::dispatch_at(std::source_location::current(), sample.op, words);
    else
      detail::dispatch_several(sample.op, words, operands, results);
  } catch (const Error &) {
    return {};
  }
  return results;
}

TEST_F(EnvironmentTest, OfEveryOp) {
  std::uint64_t compiled = 0;
  int number = 0;
  for (const Sample &sample : samples)
    for (const DType dtype : {DType::f32, DType::f64, DType::i64}) {
      SCOPED_TRACE(std::string(info(sample.op).name) + " " + std::string(name(dtype)));
      std::vector<Given> operands;
      std::istringstream list{std::string(sample.operands)};
      for (std::string text; list >> text;)
        operands.push_back(given(text, dtype));
      const auto f = [&] {
        std::vector<Operand> passed;
        for (const Given &operand : operands)
          passed.push_back(operand.operand());
        return run_sample(sample, passed);
      };
      const std::vector<Tensor> expected = test::plainly(f);
      auto traced = trace(f, {"sample " + std::to_string(++number)});
      for (const Environment &environment : environments) {
        SCOPED_TRACE(environment.name);
        const auto eager = under(environment, [&] { return test::plainly(f); });
        const auto swapped = under(environment, traced);
        ASSERT_TRUE(wait_compiled());
        ASSERT_EQ(expected.size(), eager.size());
        ASSERT_EQ(expected.size(), swapped.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
          if (!expected[i].empty()) {
            EXPECT_TRUE(same_bits(expected[i], eager[i])) << "eager";
            EXPECT_TRUE(same_bits(expected[i], swapped[i])) << "traced";
          }
      }
      compiled += test::hits(traced) >= 3;
    }
  EXPECT_GT(compiled, std::size(samples));
}

// Chains, on the threads of the pool too
// ----------------------------------------------------------------------------------------------

TEST_F(EnvironmentTest, OfChainsOnSeveralThreads) {
  for (const std::int64_t rows : {7, 600}) {
    const auto body = [&](const Tensor &x, double rate) {
      const Tensor y = exp(x * 0.1) * rate + x * 1e-3;
      const Tensor z =
          softmax(y) +
          matmul(y, permute_dims(y(slice(0, 7)), {1, 0})).astype(x.dtype())(slice(), slice(0, 1));
      return std::vector<Tensor>{z, sum(z * 1e-38), mean(tanh(z), {.axis = 0})};
    };
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor x = awkward(dtype, {rows, 301});
      const auto expected = test::plainly([&] { return body(x, 0.3); });
      auto traced = trace(body, {"chain " + std::to_string(rows) + std::string(name(dtype))});
      for (const Environment &environment : environments)
        for (const auto &got :
             {under(environment, [&] { return test::plainly([&] { return body(x, 0.3); }); }),
              under(environment, [&] { return traced(x, 0.3); })}) {
          SCOPED_TRACE(environment.name);
          ASSERT_TRUE(wait_compiled());
          for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_TRUE(same_bits(expected[i], got[i])) << i;
        }
      EXPECT_EQ(test::hits(traced), std::size(environments) - 2);
    }
  }
}

// Every function
// ----------------------------------------------------------------------------------------------

template <class... T> std::string text_of(const T &...parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

struct Call {
  const char *name;
  std::vector<Tensor> (*run)();
};
Tensor text(const std::string &string) {
  return Tensor::copy_of(std::vector<std::uint8_t>(string.begin(), string.end()),
                         {static_cast<std::int64_t>(string.size())});
}
const Tensor &tiny() {
  static const Tensor tensor = Tensor::copy_of({1e-40f, -0.1f, 2.5f, 1e30f}, {2, 2});
  return tensor;
}
std::string file() { return testing::TempDir() + "faults-environment.npy"; }

template <class Optimizer> std::vector<Tensor> optimize(Optimizer optimizer) {
  const Tensor wide = tiny().astype(DType::f64); // shows the last bits of factors
  Variable w(wide);
  for (int i = 0; i < 3; ++i)
    optimizer.step({w}, {wide * 0.3});
  return {w.value()};
}

const Call calls[] = {
    {"numbers",
     [] { return std::vector{tiny() * 0.1, 0.1 / tiny(), tiny() + 1e-40, tiny() * 16777217}; }},
    {"small tensors",
     [] { return std::vector{Tensor(0.1), Tensor(1e-40, DType::f32), full({3}, 0.7)}; }},
    {"arange",
     [] {
       const std::int64_t odd = (std::int64_t{1} << 53) + 1; // lies between two doubles
       return std::vector{arange(0, 1, 0.1), arange(0, 0.05, 0.01),
                          arange(odd, odd + 8, 2, DType::f64)};
     }},
    {"adopt", [] { return std::vector{Tensor::adopt(std::vector<float>{1e-40f}, {1}) * 0.5}; }},
    {"item",
     [] {
       const double x = tiny()(0, 0).item<double>();
       const float y = Tensor(0.1, DType::f64).item<float>();
       return std::vector{Tensor::copy_of({x}, {1}), Tensor::copy_of({y}, {1}),
                          Tensor(tiny()(0, 0).item<bool>()), Tensor(bool(tiny()(0, 0)))};
     }},
    {"reading",
     [] {
       const auto copied = tiny().to_vector<float>();
       const auto span = tiny().data<float>();
       return std::vector{Tensor::copy_of(copied, {4}), Tensor::copy_of(span, {4})};
     }},
    {"printing", [] { return std::vector{text(text_of(tiny(), Tensor(0.1)))}; }},
    {"views",
     [] {
       return std::vector{tiny()(slice(), 1), tiny().contiguous(), tiny().astype(DType::i64)};
     }},
    {"Variable",
     [] {
       Variable w(tiny(), {"w"});
       w += 0.1;
       w *= 0.3;
       w -= 1e-40;
       return std::vector{w.value()};
     }},
    {"gradients",
     [] {
       const auto f = [](const Tensor &x) {
         return mean(gelu(x)) + sum(square(softmax(x * 0.1))) + mean(pow(abs(x) + 0.1, 0.3));
       };
       Tape tape;
       const Tensor wide = Tensor::copy_of({0.1, -2.5, 7.0}, {3}); // shows the last bits of factors
       tape.watch(wide);
       const Tensor y = f(wide) + sum(var(wide));
       return std::vector{
           tape.gradient(y, {wide})[0], grad(f)(tiny()), value_and_grad(f)(tiny()).first,
           grad(grad([](const Tensor &x) { return sum(x * x * x * 0.1); }))(tiny() * 1e-20)};
     }},
    {"layer norm",
     [] {
       const auto f = [](const Tensor &x) {
         return sum(layer_norm(x, ones({2}), zeros({2}), 1e-5) * x);
       };
       return std::vector{f(tiny()), grad(f)(tiny())};
     }},
    {"Sgd", [] { return optimize(Sgd{.rate = 0.1, .momentum = 0.9}); }},
    {"Adam", [] { return optimize(Adam{}); }},
    {"random numbers",
     [] {
       Generator generator(7);
       return std::vector{uniform(generator, {9}), normal(generator, {9}),
                          normal(generator, {3}, DType::f64)};
     }},
    {"files",
     [] {
       save(file(), tiny());
       return std::vector{load(file())};
     }},
    {"errors",
     [] {
       try {
         return std::vector{tiny() + zeros({3, 3})};
       } catch (const Error &error) {
         return std::vector{text(error.what())};
       }
     }},
    {"housekeeping",
     [] {
       set_mode(Mode::on);
       synchronize();
       wait_compiled();
       std::ostringstream stream;
       for (const TraceReport &report : explain())
         stream << report;
       save_trace(stream);
       static_cast<void>(memory_stats());
       reset_memory_peak();
       release_cached_memory();
       return std::vector<Tensor>{};
     }},
};

TEST_F(EnvironmentTest, OfEveryFunction) {
  for (const Call &call : calls) {
    SCOPED_TRACE(call.name);
    const auto expected = call.run();
    auto traced = trace([&] { return call.run(); }, {call.name});
    for (const Environment &environment : environments) {
      SCOPED_TRACE(environment.name);
      for (const auto &got : {under(environment, call.run), under(environment, traced)}) {
        ASSERT_EQ(expected.size(), got.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
          EXPECT_TRUE(same_bits(expected[i], got[i])) << i;
      }
      ASSERT_TRUE(wait_compiled());
    }
  }
  std::filesystem::remove(file());
}

} // namespace
} // namespace jit::faults
